//! Entra's refusals by number: what is the cause, and what to do.
//! See "Microsoft Entra authentication and authorization error codes".

use super::Reason;

/// What an AADSTS number means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// The number.
    code: u32,
    pub(super) reason: Reason,
    /// Why Entra refused.
    pub(super) cause: &'static str,
    /// The next thing to do.
    pub(super) hint: &'static str,
}

/// Looks a number up.
pub(super) fn advice(code: u32) -> Option<&'static Advice> {
    TABLE.iter().find(|row| row.code == code)
}

const fn row(code: u32, reason: Reason, cause: &'static str, hint: &'static str) -> Advice {
    Advice {
        code,
        reason,
        cause,
        hint,
    }
}

#[rustfmt::skip]
const TABLE: &[Advice] = &[
    // The application's proof: secrets, certificates, federated tokens.
    row(7_000_215, Reason::WrongSecret, "the client secret is wrong",
        "AZURE_CLIENT_SECRET, or the secret that `--client-secret-from` names, must hold the secret's value, not its id"),
    row(7_000_222, Reason::SecretExpired, "the client secret, or the certificate, of the application has expired",
        "make a new secret for the application, or register a new certificate with it"),
    row(700_027, Reason::CertificateNotRegistered, "the application does not know this certificate, or the certificate has expired",
        "register the certificate (its public part) with the application, and compare the thumbprints; the clock must be right too"),
    row(700_024, Reason::AssertionNotValidNow, "the assertion is not valid now: a clock is wrong, or the federated token is too old",
        "set this machine's clock; get a federated token just before it is used"),
    row(700_021, Reason::InvalidAssertion, "the assertion was made for another application",
        "check that `--client-id` is the application that the assertion names"),
    row(700_030, Reason::CertificateSubject, "the application trusts another subject or issuer than this certificate's",
        "compare subject and issuer with the application's trusted ones; `--send-chain` must be given"),
    row(7_000_213, Reason::CertificateChain, "Entra does not trust the certificate chain that was sent",
        "send leaf and intermediates (`--send-chain`; with `--sign-in-vault` also `--chain-file FILE`)"),
    row(7_000_218, Reason::NoProof, "the application must sign in with a secret or a certificate",
        "name a certificate or `--client-secret-from`; or allow public client flows for the application"),
    row(700_025, Reason::PublicClient, "the application is a public client, which cannot use a secret or an assertion",
        "leave the certificate or secret out (`--flow device-code`, `--flow browser`), or register a web redirect"),
    row(700_213, Reason::NoFederatedCredential, "no federated credential of the application matches issuer, subject and audience of the token",
        "add a federated credential to the application with exactly the subject that the message shows"),
    row(70_021, Reason::NoFederatedCredential, "no federated credential of the application matches issuer, subject and audience of the token",
        "add a federated credential to the application with exactly the subject that the message shows"),
    row(50_012, Reason::InvalidAssertion, "the assertion cannot be verified",
        "check that the certificate's key made it, and that the tenant and `--client-id` are the application's"),
    row(50_013, Reason::InvalidAssertion, "the assertion cannot be used by this application",
        "on behalf of a person: the person's token must be for this application (its `aud`), by the same tenant"),
    row(500_133, Reason::AssertionExpired, "the token of the person to act for has expired",
        "get a new one from the caller and put it into the file of `--assertion-file`"),
    // The application and the tenant.
    row(700_016, Reason::UnknownApplication, "application not found in this tenant",
        "check the client id (AZURE_CLIENT_ID, `--client-id`) and the tenant; it is not the object id"),
    row(7_000_112, Reason::ApplicationDisabled, "the application is disabled in this tenant",
        "enable its service principal (Enterprise applications, Properties)"),
    row(7_000_114, Reason::ApplicationNotAllowed, "the application may not act on behalf of others",
        "use the application's own permissions (leave out `--assertion-file`), or ask its owner"),
    row(90_002, Reason::NoSuchTenant, "tenant not found in this cloud",
        "check the tenant (AZURE_TENANT_ID, `--tenant`) and `--cloud`; a GUID or a verified domain"),
    row(9_001_023, Reason::TenantNeeded, "this flow needs one tenant, not `common` or `organizations`",
        "give the tenant's GUID or domain with `--tenant`"),
    // What is asked for.
    row(500_011, Reason::NoSuchResource, "the tenant does not know the API that the scope names",
        "check `--scope` and `--cloud`, or add the API's service principal to the tenant"),
    row(650_057, Reason::ResourceNotConfigured, "the application does not list permissions for this API",
        "add the API's permission to the application (API permissions), and consent to it"),
    row(65_005, Reason::ResourceNotConfigured, "the application does not list permissions for this API",
        "add the API's permission to the application (API permissions), and consent to it"),
    row(65_001, Reason::ConsentNeeded, "nobody has consented to these permissions",
        "ask an administrator to grant consent (API permissions, Grant admin consent)"),
    row(90_094, Reason::AdminConsentNeeded, "only an administrator can consent to these permissions",
        "ask an administrator to grant consent (API permissions, Grant admin consent)"),
    row(70_011, Reason::MalformedScope, "the scope is malformed, or this flow does not accept it",
        "give the API and `/.default`, such as `--scope https://graph.microsoft.com/.default`"),
    row(700_022, Reason::SeveralResources, "the scope names several APIs; a token is for one",
        "run it once for each API"),
    row(700_023, Reason::ScopeOfAnother, "the scope does not belong to the API",
        "use the scope that ends with `/.default`"),
    row(50_001, Reason::InvalidResource, "the API is disabled or does not exist",
        "check `--scope` and `--cloud`"),
    row(50_003, Reason::NoSigningKey, "Entra has no key to sign tokens for this API",
        "ask the owner of the API to check its signing certificates"),
    row(900_144, Reason::FieldMissing, "the request lacks a field",
        "please report the message and the version of kvcert"),
    row(90_014, Reason::FieldMissing, "the request lacks a field",
        "please report the message and the version of kvcert"),
    // People.
    row(50_020, Reason::OtherDirectory, "the account belongs to another directory",
        "sign in with an account of this tenant, or have the account invited as a guest"),
    row(50_076, Reason::SecondFactor, "multifactor authentication is required, which this flow cannot do",
        "sign in again in a browser: `--auth device-code`, or for `kvcert token` `--flow browser` or `--flow device-code`"),
    row(50_079, Reason::SecondFactor, "the account must first register a second factor",
        "sign in once in a browser, register it there, and run this again"),
    row(53_003, Reason::ConditionalAccess, "a conditional access policy blocked the sign-in",
        "find the policy in the tenant's sign-in log; use a device, network or identity that it allows"),
    row(70_008, Reason::RefreshTokenExpired, "the code or refresh token has expired",
        "sign in again: `--auth device-code`, or for `kvcert token` `--flow browser` or `--flow device-code`"),
    row(700_082, Reason::RefreshTokenExpired, "the refresh token was not used for too long",
        "sign in again: `--auth device-code`, or for `kvcert token` `--flow browser` or `--flow device-code`"),
    row(70_018, Reason::DeviceCode, "the code was mistyped",
        "run it again, and type the code as it is shown"),
    row(70_019, Reason::DeviceCode, "the code has expired",
        "run it again, and use the code before it expires"),
    row(70_016, Reason::DeviceCode, "nobody has used the code yet",
        "run it again, and use the code before it expires"),
    row(70_003, Reason::UnsupportedGrant, "the sign-in service does not support this flow",
        "choose another `--flow`"),
    // Temporary failures.
    row(90_033, Reason::ServiceFailed, "Entra failed temporarily",
        "wait a minute, then run it again"),
    row(90_024, Reason::Throttled, "Entra is throttling",
        "wait a minute, then run it again"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that the reference of the token step lists.
    const KNOWN: [u32; 37] = [
        7_000_215, 7_000_222, 700_027, 700_024, 700_030, 700_022, 700_023, 700_025, 7_000_218,
        700_213, 70_021, 50_012, 50_013, 500_133, 700_016, 7_000_112, 7_000_114, 90_002, 500_011,
        650_057, 65_005, 65_001, 90_094, 70_011, 9_001_023, 90_014, 900_144, 50_020, 50_076,
        50_079, 53_003, 70_008, 700_082, 70_016, 70_018, 70_019, 50_001,
    ];

    #[test]
    fn every_code_has_a_cause_and_a_next_step() {
        for code in KNOWN {
            let row = advice(code).unwrap_or_else(|| panic!("no advice on {code}"));
            assert!(row.cause.len() > 15 && row.hint.len() > 15, "{row:?}");
            assert!(![row.cause, row.hint].iter().any(|text| text.ends_with('.')));
        }
    }

    #[test]
    fn every_code_is_there_once() {
        let mut codes: Vec<u32> = TABLE.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TABLE.len());
        assert_eq!(advice(1), None);
    }
}
