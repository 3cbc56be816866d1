//! Entra's refusals by number: what is the cause, and what to do.
//! See "Microsoft Entra authentication and authorization error codes".

use super::Reason;

/// What an AADSTS number means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// The numbers.
    codes: &'static [u32],
    pub(super) reason: Reason,
    /// Why Entra refused.
    pub(super) cause: &'static str,
    /// The next thing to do.
    pub(super) hint: &'static str,
}

/// Looks a number up.
pub(super) fn advice(code: u32) -> Option<&'static Advice> {
    TABLE.iter().find(|row| row.codes.contains(&code))
}

const fn row(
    codes: &'static [u32],
    reason: Reason,
    cause: &'static str,
    hint: &'static str,
) -> Advice {
    Advice {
        codes,
        reason,
        cause,
        hint,
    }
}

const SIGN_IN_AGAIN: &str = "sign in again: `az login`, `--auth device-code`, or for `kvcert token` `--flow browser` or `--flow device-code`";

#[rustfmt::skip]
const TABLE: &[Advice] = &[
    // The application's secret or certificate.
    row(&[7_000_215], Reason::WrongSecret, "the client secret is wrong",
        "AZURE_CLIENT_SECRET, or the secret that `--client-secret-from` names, must hold the secret's value, not its id"),
    row(&[70_002], Reason::WrongSecret, "the client secret or the grant is wrong",
        "check AZURE_CLIENT_SECRET, and that AZURE_CLIENT_ID and AZURE_TENANT_ID are of the same application"),
    row(&[7_000_222], Reason::SecretExpired, "the client secret, or the certificate, of the application has expired",
        "make a new secret for the application, or register a new certificate with it"),
    row(&[700_027], Reason::CertificateNotRegistered, "the application does not know this certificate, or the certificate has expired",
        "register the certificate (its public part) with the application, and compare the thumbprints; the clock must be right too"),
    row(&[700_024], Reason::AssertionNotValidNow, "the assertion is not valid now: a clock is wrong, or the federated token is too old",
        "set this machine's clock; get a federated token just before it is used"),
    row(&[700_021], Reason::InvalidAssertion, "the assertion was made for another application",
        "check that `--client-id` is the application that the assertion names"),
    row(&[50_048], Reason::InvalidAssertion, "issuer and subject of the assertion differ",
        "check that AZURE_CLIENT_ID is the application that the assertion names"),
    row(&[700_030], Reason::CertificateSubject, "the application trusts another subject or issuer than this certificate's",
        "compare subject and issuer with the application's trusted ones; `--send-chain` or AZURE_CLIENT_SEND_CERTIFICATE_CHAIN=true must be given"),
    row(&[7_000_213], Reason::CertificateChain, "Entra does not trust the certificate chain that was sent",
        "send leaf and intermediates (`--send-chain`; with `--sign-in-vault` also `--chain-file FILE`)"),
    row(&[7_000_214], Reason::CertificateNotRegistered, "the certificate has been revoked by its CA",
        "renew the certificate in the vault, and register the new one with the application"),
    row(&[50_017], Reason::CertificateChain, "Entra cannot check the certificate: its issuer is not trusted, or its revocation list cannot be fetched",
        "ask the tenant's administrator to check the trusted certificate authorities and their revocation lists"),
    row(&[7_000_218, 7_000_216], Reason::NoProof, "the application must sign in with a secret or a certificate",
        "set AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH; for `kvcert token`, name a certificate or `--client-secret-from`, or allow public client flows for the application"),
    row(&[700_025], Reason::PublicClient, "the application is a public client, which cannot use a secret or an assertion",
        "leave the certificate or secret out (`--flow device-code`, `--flow browser`), or register a web redirect"),
    row(&[900_384], Reason::InvalidAssertion, "the signature of a token or assertion cannot be verified",
        "get a new token; check that the certificate's key belongs to the registered certificate"),
    row(&[50_012], Reason::InvalidAssertion, "the assertion cannot be verified",
        "check that the certificate's key made it, and that the tenant and `--client-id` are the application's"),
    row(&[50_013], Reason::InvalidAssertion, "the assertion cannot be used by this application",
        "on behalf of a person: the person's token must be for this application (its `aud`), by the same tenant"),
    row(&[500_133], Reason::AssertionExpired, "the token of the person to act for has expired",
        "get a new one from the caller and put it into the file of `--assertion-file`"),
    row(&[7_000_113], Reason::InvalidAssertion, "acting for a person needs a person's token, and this is an application's",
        "put a token that a person got into the file of `--assertion-file`, or leave it out"),
    // Federated tokens: Kubernetes, GitHub Actions, and other issuers.
    row(&[700_211], Reason::NoFederatedCredential, "no federated credential of the application has this issuer",
        "set the issuer of a federated credential to exactly the `iss` of the token, which the message shows; a slash at the end counts"),
    row(&[700_212], Reason::NoFederatedCredential, "no federated credential of the application has this audience",
        "set the audience of the federated credential, or of the token, to `api://AzureADTokenExchange` (the message shows the token's)"),
    row(&[700_213], Reason::NoFederatedCredential, "no federated credential of the application has this subject",
        "add a federated credential to the application with exactly the subject that the message shows"),
    row(&[70_021], Reason::NoFederatedCredential, "no federated credential of the application matches issuer, subject and audience of the token",
        "add a federated credential to the application with exactly the issuer, subject and audience that the message shows; a new one takes some minutes to work"),
    row(&[70_025], Reason::NoFederatedCredential, "the application has no federated credentials",
        "add a federated credential to the application with the issuer, subject and audience of the token; check AZURE_CLIENT_ID"),
    row(&[700_222, 700_229, 700_231, 700_236], Reason::InvalidAssertion, "the federated token was issued by Entra, which does not accept its own tokens here",
        "AZURE_FEDERATED_TOKEN_FILE must hold the token of the cluster or CI system, not an access token of Entra"),
    row(&[700_223, 700_238, 7_002_381], Reason::NoFederatedCredential, "a policy of the tenant does not allow federated tokens of this issuer",
        "ask the tenant's administrator to allow workload identity federation for the issuer, or use a managed identity or a certificate"),
    row(&[50_027, 5_002_723], Reason::InvalidAssertion, "the token that was sent is not a valid JWT for this",
        "check that AZURE_FEDERATED_TOKEN_FILE holds the whole token and nothing else, and that it has not expired"),
    row(&[90_061, 50_166, 900_612], Reason::InvalidAssertion, "Entra cannot fetch the keys of the issuer of the federated token",
        "make the issuer's `/.well-known/openid-configuration` and its keys reachable from the internet over https"),
    // The application and the tenant.
    row(&[700_016, 700_011, 70_001], Reason::UnknownApplication, "application not found in this tenant",
        "check the client id (AZURE_CLIENT_ID, `--client-id`) and the tenant (AZURE_TENANT_ID, `--tenant`); it is not the object id"),
    row(&[7_000_229], Reason::UnknownApplication, "the application has no service principal in this tenant",
        "check the tenant (AZURE_TENANT_ID, `--tenant`); if it is right, add the enterprise application: `az ad sp create --id CLIENT-ID`"),
    row(&[7_000_112, 1_000_031], Reason::ApplicationDisabled, "the application is disabled in this tenant",
        "enable its service principal (Enterprise applications, Properties)"),
    row(&[7_000_114], Reason::ApplicationNotAllowed, "the application may not act on behalf of others",
        "use the application's own permissions (leave out `--assertion-file`), or ask its owner"),
    row(&[90_099], Reason::ApplicationNotAllowed, "the application is not authorised in this tenant",
        "ask an administrator of the tenant to consent to the application"),
    row(&[50_105], Reason::NotAssigned, "the application admits only users, groups and applications that are assigned to it",
        "ask an administrator to assign this user or application (Enterprise applications, Users and groups), or to turn off `Assignment required`"),
    row(&[90_002], Reason::NoSuchTenant, "tenant not found in this cloud",
        "check the tenant (AZURE_TENANT_ID, `--tenant`) and `--cloud`; a GUID or a verified domain"),
    row(&[900_023, 900_021], Reason::NoSuchTenant, "the tenant is not valid",
        "set AZURE_TENANT_ID or `--tenant` to the tenant's GUID or to one of its verified domains, such as `contoso.onmicrosoft.com`"),
    row(&[50_059, 50_128, 90_019], Reason::TenantNeeded, "the request does not say which tenant is meant",
        "set AZURE_TENANT_ID, or give the tenant's GUID or domain with `--tenant`"),
    row(&[9_001_023, 50_194, 90_124, 90_130], Reason::TenantNeeded, "this flow needs one tenant, not `common` or `organizations`",
        "give the tenant's GUID or domain with `--tenant`"),
    row(&[90_038, 900_382, 900_432, 900_439, 1_000_104, 90_043, 90_051], Reason::NoSuchTenant, "the tenant, or the application, is in another cloud",
        "choose the tenant's cloud with `--cloud`, and unset AZURE_AUTHORITY_HOST or set it to that cloud's"),
    row(&[50_049], Reason::NoSuchTenant, "Entra does not know the sign-in authority",
        "unset AZURE_AUTHORITY_HOST, and choose the cloud with `--cloud`"),
    row(&[500_021, 500_022, 50_002], Reason::ConditionalAccess, "this network restricts which tenants may be signed in to",
        "ask the network's administrator to add the tenant to the tenant restrictions of the proxy, or use another network"),
    row(&[500_212, 500_213], Reason::ConditionalAccess, "a cross-tenant access policy does not allow the sign-in",
        "ask the administrators of both tenants to allow it (External Identities, Cross-tenant access settings)"),
    row(&[7_000_012, 700_005], Reason::OtherTenant, "the code or refresh token is of another tenant",
        "sign in again in the tenant of AZURE_TENANT_ID or `--tenant`"),
    // What is asked for.
    row(&[500_011], Reason::NoSuchResource, "the tenant does not know the API that the scope names",
        "check AZURE_TENANT_ID, `--cloud` and, for `kvcert token`, `--scope`; or add the API's service principal to the tenant"),
    row(&[500_014], Reason::ResourceDisabled, "the API's service principal is disabled in this tenant",
        "ask an administrator to enable it (Enterprise applications, `Azure Key Vault` for a vault, Properties, `Enabled for users to sign-in`)"),
    row(&[650_057, 65_005, 650_056], Reason::ResourceNotConfigured, "the application does not list permissions for this API",
        "add the API's permission to the application (API permissions), and consent to it"),
    row(&[650_052, 650_051, 650_054], Reason::NoSuchResource, "the API is not available in this tenant",
        "ask an administrator to add the API's service principal to the tenant, or check the tenant and `--scope`"),
    row(&[650_053], Reason::RefusedScope, "the API does not have the permission that the scope names",
        "check the last part of `--scope`; `/.default` asks for all permissions that are granted"),
    row(&[65_001], Reason::ConsentNeeded, "nobody has consented to these permissions",
        "ask an administrator to grant consent (API permissions, Grant admin consent)"),
    row(&[65_002], Reason::ConsentNeeded, "this application of Microsoft may not ask for tokens of this API",
        "sign in with an application of your own: `--client-id`"),
    row(&[65_004, 9_002_341], Reason::ConsentNeeded, "the person declined to consent",
        "sign in again and accept, or ask an administrator to grant consent"),
    row(&[90_008, 90_093], Reason::ConsentNeeded, "the application has no consent to sign people in",
        "add the permission `User.Read` of Microsoft Graph to the application, and consent to it"),
    row(&[90_094, 90_095], Reason::AdminConsentNeeded, "only an administrator can consent to these permissions",
        "ask an administrator to grant consent (API permissions, Grant admin consent)"),
    row(&[70_011, 28_002, 28_003], Reason::RefusedScope, "the scope is malformed, or this flow does not accept it",
        "give the API and `/.default`, such as `--scope https://graph.microsoft.com/.default`"),
    row(&[1_002_012], Reason::RefusedScope, "Entra does not accept the scope for an application",
        "for a vault, check `--cloud` and AZURE_AUTHORITY_HOST, and report it if they are right; for `kvcert token`, give a `--scope` that ends with `/.default`"),
    row(&[700_022], Reason::SeveralResources, "the scope names several APIs; a token is for one",
        "run it once for each API"),
    row(&[700_023], Reason::ScopeOfAnother, "the scope does not belong to the API",
        "use the scope that ends with `/.default`"),
    row(&[50_001, 90_056], Reason::InvalidResource, "the API is disabled or does not exist",
        "check `--scope` and `--cloud`"),
    row(&[90_009], Reason::InvalidResource, "the application asks for a token for itself",
        "give the API's client id instead of its URI in `--scope`"),
    row(&[901_002], Reason::InvalidResource, "the sign-in authority does not accept the field `resource`",
        "check AZURE_AUTHORITY_HOST"),
    row(&[50_003, 50_146, 501_461], Reason::NoSigningKey, "Entra has no key to sign tokens for this API",
        "ask the owner of the API to check its signing certificates and `acceptMappedClaims`"),
    row(&[900_144, 90_014, 9_002_313, 90_013, 90_023, 90_100, 90_004], Reason::FieldMissing, "Entra does not accept the request: a field is missing or malformed",
        "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_AUTHORITY_HOST; if they are right, report the message and the version of kvcert"),
    row(&[70_003], Reason::UnsupportedGrant, "the sign-in service does not support this flow",
        "choose another `--flow`"),
    row(&[1_002_016], Reason::SignInRefused, "something on the way uses TLS 1.0 or 1.1, which Entra does not accept",
        "kvcert uses TLS 1.2 and 1.3: update the proxy that inspects TLS, or go around it with NO_PROXY"),
    row(&[5_000_224], Reason::NoSuchTenant, "the tenant is not available: it may have been deleted or blocked",
        "check AZURE_TENANT_ID or `--tenant`; if they are right, an administrator of the tenant has to ask Microsoft's support"),
    row(&[51_005], Reason::SignInRefused, "Entra sends this sign-in to another address",
        "check AZURE_AUTHORITY_HOST and `--cloud`: the tenant may belong to another cloud"),
    row(&[650_059], Reason::OtherDirectory, "the application is for its own tenant only, which is another one",
        "sign in to the application's own tenant (AZURE_TENANT_ID, `--tenant`), or have its owner set the supported account types to several tenants"),
    row(&[7_000_118], Reason::InvalidResource, "the API may not be used by this tenant",
        "check `--scope` and `--tenant`; ask the provider of the API to allow the tenant"),
    row(&[501_241], Reason::SignInRefused, "a rule for the claims of the token needs a value that is not there",
        "ask the owner of the API to check its claims mapping policy (Enterprise applications, Single sign-on, Attributes & Claims)"),
    row(&[90_010], Reason::UnsupportedGrant, "Entra does not support this sign-in for the application or the endpoint",
        "name the tenant with `--tenant` (AZURE_TENANT_ID), or choose another `--flow`"),
    row(&[90_092], Reason::SignInRefused, "Entra could not read the tenant's directory",
        "run it again later; if it fails again, an administrator of the tenant has to ask Microsoft's support"),
    row(&[100_007], Reason::SignInRefused, "the regional sign-in service does not serve this application",
        "unset AZURE_REGIONAL_AUTHORITY_NAME and AZURE_AUTHORITY_HOST"),
    row(&[50_011, 500_113, 900_971, 70_004, 700_009], Reason::RedirectNotRegistered, "the application has not registered the redirect address",
        "add `http://localhost` to the application's redirect addresses (Authentication, Mobile and desktop applications)"),
    row(&[700_054], Reason::UnsupportedGrant, "the application does not allow the implicit flow",
        "use the authorization code flow, `--flow browser`, which needs no ID tokens from the implicit flow"),
    row(&[9_002_325, 9_002_326, 9_002_327, 700_084], Reason::RedirectNotRegistered, "the redirect address is registered for a single-page application",
        "register `http://localhost` for mobile and desktop applications instead"),
    row(&[501_481, 54_005, 50_147, 501_491], Reason::RefreshTokenExpired, "the code of the browser was used before, or is for another sign-in",
        "run it again, and finish in the browser window that opens"),
    // People: second factors and policies.
    row(&[50_076, 50_074, 50_078, 50_158, 500_121, 50_072, 700_020], Reason::SecondFactor, "multifactor authentication is required, which this flow cannot do",
        "sign in again in a browser: `--auth device-code`, `az login --tenant TENANT`, or for `kvcert token` `--flow browser` or `--flow device-code`"),
    row(&[50_079, 53_004, 53_010], Reason::SecondFactor, "the account must first register a second factor",
        "sign in once in a browser, register it there, and run this again"),
    row(&[50_088], Reason::SecondFactor, "too many calls or messages were sent for the second factor",
        "wait a few minutes, or use the authenticator app"),
    row(&[53_003, 530_032, 50_131, 53_002, 50_005], Reason::ConditionalAccess, "a conditional access policy blocked the sign-in",
        "find the policy in the tenant's sign-in log; use a device, network or identity that it allows"),
    row(&[53_000, 53_001, 530_003, 50_097, 50_129, 50_155, 50_187, 135_011, 530_084], Reason::ConditionalAccess, "a conditional access policy demands a device that is managed and compliant",
        "sign in on such a device with `az login`, or use an application or a managed identity, to which the policy does not apply"),
    row(&[530_004], Reason::ConditionalAccess, "a policy demands a compliant device, and the tenant does not trust the devices of guests",
        "ask the tenant's administrator to trust compliant devices of your home tenant (Cross-tenant access settings, Trust settings), or sign in with an account of the tenant"),
    row(&[530_035], Reason::ConditionalAccess, "the tenant's security defaults blocked the sign-in",
        "sign in in a browser with a second factor: `az login`, or for `kvcert token` `--flow browser`"),
    row(&[53_011, 530_034, 50_135], Reason::ConditionalAccess, "the account is blocked for its risk",
        "ask an administrator to check the risky user and to unblock the account"),
    // People: accounts.
    row(&[50_020, 90_072, 50_034, 51_004, 50_014, 16_000, 16_003, 500_208, 50_177, 50_178], Reason::OtherDirectory, "the account does not belong to this tenant",
        "sign in with an account of this tenant, check `--tenant`, or have the account invited as a guest"),
    row(&[50_126, 50_056, 50_064], Reason::SignInRefused, "user name or password is wrong",
        "sign in again: `az login --tenant TENANT`"),
    row(&[50_053], Reason::SignInRefused, "the account is locked, or this address is blocked, after too many failed attempts",
        "wait a while before the next attempt, or ask an administrator to unblock the account"),
    row(&[50_055, 50_144, 50_125], Reason::SignInRefused, "the password has expired",
        "change it in a browser, then sign in again: `az login`"),
    row(&[50_057], Reason::SignInRefused, "the account is disabled",
        "ask an administrator to enable it, or sign in with another"),
    row(&[50_058, 160_021, 16_001, 16_002], Reason::SignInRefused, "nobody is signed in in this browser",
        "sign in again: `az login`, or `--auth device-code`"),
    row(&[70_008, 50_173, 70_000, 50_085, 50_089], Reason::RefreshTokenExpired, "the code or refresh token has expired or was revoked",
        SIGN_IN_AGAIN),
    row(&[700_082], Reason::RefreshTokenExpired, "the refresh token was not used for too long",
        SIGN_IN_AGAIN),
    row(&[70_043, 70_044], Reason::RefreshTokenExpired, "a policy demands to sign in more often",
        SIGN_IN_AGAIN),
    row(&[50_132, 50_133, 700_003], Reason::RefreshTokenExpired, "the session has ended: the password was changed, the device was removed, or it was revoked",
        SIGN_IN_AGAIN),
    row(&[700_007, 7_000_110], Reason::RefreshTokenExpired, "the code, token or assertion was issued for another application",
        "give the `--client-id` (AZURE_CLIENT_ID) of the application that it was issued for, or sign in again"),
    row(&[50_107], Reason::SignInRefused, "the federation of the account's domain does not exist in the tenant",
        "ask the tenant's administrator to check the federation of the domain, or sign in with another account"),
    row(&[50_180, 51_006], Reason::SecondFactor, "the tenant demands Integrated Windows authentication, which this flow cannot do",
        "sign in in a browser on a machine of the domain: `az login`, or for `kvcert token` `--flow browser`"),
    // Device codes.
    row(&[70_018, 90_119], Reason::DeviceCode, "the code was mistyped",
        "run it again, and type the code as it is shown"),
    row(&[70_019, 70_020], Reason::DeviceCode, "the code has expired",
        "run it again, and use the code before it expires"),
    row(&[70_016], Reason::DeviceCode, "nobody has used the code yet",
        "run it again, and use the code before it expires"),
    row(&[90_120], Reason::DeviceCode, "the code was used or declined before",
        "run it again, and use the new code"),
    row(&[50_199, 50_140], Reason::SignInRefused, "the browser asked a question that was not answered",
        "run it again, and answer what the browser asks"),
    // Temporary failures.
    row(&[90_033, 90_006, 90_012, 90_090, 90_091, 50_033, 50_087, 50_000, 70_012], Reason::ServiceFailed, "Entra failed temporarily",
        "wait a minute, then run it again"),
    row(&[90_024, 90_055], Reason::Throttled, "Entra is throttling",
        "wait a minute, then run it again"),
    row(&[50_196], Reason::Throttled, "Entra stopped answering the same request, which came too often",
        "wait some minutes, and call kvcert less often, or keep the token: `--token-cache`"),
];

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    /// The codes that the reference of the token step lists, and those of public reports.
    const KNOWN: [u32; 85] = [
        7_000_215, 7_000_222, 700_027, 700_024, 700_030, 700_022, 700_023, 700_025, 7_000_218,
        700_213, 70_021, 50_012, 50_013, 500_133, 700_016, 7_000_112, 7_000_114, 90_002, 500_011,
        650_057, 65_005, 65_001, 90_094, 70_011, 9_001_023, 90_014, 900_144, 50_020, 50_076,
        50_079, 53_003, 70_008, 700_082, 70_016, 70_018, 70_019, 50_001, 700_211, 700_212,
        7_000_229, 700_222, 1_002_012, 900_023, 500_014, 50_105, 50_173, 70_043, 50_078, 50_074,
        50_034, 50_053, 50_055, 50_057, 50_058, 50_059, 50_126, 50_194, 50_196, 53_000, 53_001,
        530_003, 65_002, 700_003, 7_000_216, 700_223, 900_382, 9_002_313, 90_072, 50_107, 50_180,
        51_005, 650_059, 700_007, 700_009, 7_000_110, 7_000_118, 7_000_214, 530_004, 501_241,
        700_054, 70_020, 90_010, 90_056, 90_092, 5_000_224,
    ];

    #[test]
    fn every_code_has_a_cause_and_a_next_step() {
        for code in KNOWN {
            let row = advice(code).unwrap_or_else(|| panic!("no advice on {code}"));
            assert!(row.cause.len() > 15 && row.hint.len() > 15, "{row:?}");
            assert!(![row.cause, row.hint].iter().any(|text| text.ends_with('.')));
        }
    }

    /// A sign-in that Entra refuses fails with the exit code of a sign-in, unless a later try may
    /// succeed.
    #[test]
    fn a_refusal_is_a_failed_sign_in() {
        for row in TABLE {
            let is_temporary = matches!(row.reason, Reason::Throttled | Reason::ServiceFailed);
            let kind = if is_temporary {
                Kind::Unavailable
            } else {
                Kind::SignIn
            };
            assert_eq!(row.reason.kind(), kind, "{row:?}");
        }
    }

    #[test]
    fn every_code_is_there_once() {
        let mut codes: Vec<u32> = TABLE.iter().flat_map(|row| row.codes).copied().collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert_eq!(advice(1), None);
    }
}
