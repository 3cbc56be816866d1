use super::*;
use crate::cli::Vaults;
use crate::session::cloud;

/// The ways as settings give them, or the hint of the failure.
fn ways(flags: Global, variables: &[(&str, &str)]) -> Result<Vec<SignIn>, String> {
    let environment = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    super::ways(&flags, &environment, cloud(&flags, &environment, &[]))
        .map_err(|failure| failure.hint.unwrap())
}

fn auth(auth: AuthArg) -> Global {
    Global {
        auth: Some(auth),
        ..Global::default()
    }
}

fn app(authority: &str, tenant: &str, client_id: &str) -> App {
    App {
        authority: authority.to_owned(),
        tenant: tenant.to_owned(),
        client_id: client_id.to_owned(),
    }
}

#[track_caller]
fn first(flags: Global, variables: &[(&str, &str)], expected: SignIn) {
    assert_eq!(ways(flags, variables).unwrap()[0], expected);
}

const PUBLIC: &str = "https://login.microsoftonline.com";
const APP: [(&str, &str); 3] = [
    ("AZURE_TENANT_ID", "t"),
    ("AZURE_CLIENT_ID", "c"),
    ("AZURE_CLIENT_SECRET", "s"),
];

#[test]
fn flags_before_environment_before_defaults() {
    let secret = |authority, tenant| SignIn::ClientSecret(app(authority, tenant, "c"));
    first(Global::default(), &APP, secret(PUBLIC, "t"));
    let flags = Global {
        tenant: Some("flag".into()),
        ..Global::default()
    };
    first(flags, &APP, secret(PUBLIC, "flag"));
    let flags = Global {
        cloud: Some(Cloud::China),
        ..Global::default()
    };
    first(flags, &APP, secret("https://login.chinacloudapi.cn", "t"));
    let usgov = "https://x.vault.usgovcloudapi.net";
    let flags = || Global {
        vault: Vaults(vec!["name".into(), usgov.into()]),
        ..Global::default()
    };
    first(
        flags(),
        &APP,
        secret("https://login.microsoftonline.us", "t"),
    );
    let variable = [&APP[..], &[("KVCERT_VAULT", usgov)]].concat();
    first(
        Global::default(),
        &variable,
        secret("https://login.microsoftonline.us", "t"),
    );
    let flags = Global {
        cloud: Some(Cloud::Public),
        ..flags()
    };
    first(flags, &APP, secret(PUBLIC, "t"));
    let own = [&APP[..], &[("AZURE_AUTHORITY_HOST", "https://l.example")]].concat();
    first(Global::default(), &own, secret("https://l.example", "t"));
    let token = [&APP[..], &[("KVCERT_ACCESS_TOKEN", "x")]].concat();
    assert_eq!(
        ways(Global::default(), &token).unwrap(),
        [SignIn::TokenVariable]
    );
    let one = ways(auth(AuthArg::Environment), &token).unwrap();
    assert_eq!(one, [secret(PUBLIC, "t")]);
    let flags = Global {
        token_file: Some("f".into()),
        ..Global::default()
    };
    first(flags, &token, SignIn::TokenFile("f".into()));
}

#[test]
fn what_is_missing_is_named() {
    let missing = |way, variables: &[(&str, &str)]| ways(auth(way), variables).unwrap_err();
    let both = "AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)";
    assert_eq!(
        missing(AuthArg::Environment, &APP[1..]),
        "set AZURE_TENANT_ID (or `--tenant`)"
    );
    let empty = [APP[0], APP[1], ("AZURE_CLIENT_SECRET", "")];
    assert_eq!(missing(AuthArg::Environment, &empty), format!("set {both}"));
    assert_eq!(
        missing(AuthArg::Token, &APP),
        "set KVCERT_ACCESS_TOKEN, or give `--token-file FILE`"
    );
    assert_eq!(
        missing(AuthArg::WorkloadIdentity, &APP),
        "set AZURE_FEDERATED_TOKEN_FILE"
    );
    assert!(missing(AuthArg::Github, &APP).contains("id-token: write"));
    let passed = SignIn::PassedOver {
        way: "environment",
        reason: format!("not set: {both}"),
    };
    first(Global::default(), &APP[..2], passed);
    assert!(ways(Global::default(), &[("AZURE_TENANT_ID", "-x")]).is_err());
    assert!(ways(Global::default(), &[("AZURE_TENANT_ID", "a/b")]).is_err());
}

#[test]
fn the_chain_and_what_narrows_it() {
    let names = |wanted: &str| -> Vec<String> {
        let variables = [&APP[..], &[("AZURE_TOKEN_CREDENTIALS", wanted)]].concat();
        let ways = ways(Global::default(), &variables).unwrap();
        let name = |way: &SignIn| {
            let text = format!("{way:?}");
            text.split([' ', '(']).next().unwrap().to_owned()
        };
        ways.iter().map(name).collect()
    };
    let deployed = ["ClientSecret", "PassedOver", "ManagedIdentity"];
    let tools = ["AzureCli", "Azd"];
    assert_eq!(names(""), [&deployed[..], &tools].concat());
    assert_eq!(names("prod"), deployed);
    assert_eq!(names("dev"), tools);
    assert_eq!(names("AzureCliCredential"), ["AzureCli"]);
    assert_eq!(names("azuredeveloperclicredential"), ["Azd"]);
    assert_eq!(names("EnvironmentCredential"), ["ClientSecret"]);
    assert_eq!(names("ManagedIdentityCredential"), ["ManagedIdentity"]);
    let odd = [("AZURE_TOKEN_CREDENTIALS", "VisualStudioCodeCredential")];
    assert!(
        ways(Global::default(), &odd)
            .unwrap_err()
            .contains("--auth")
    );
}

#[test]
fn a_certificate_is_second_to_a_secret() {
    let file = ("AZURE_CLIENT_CERTIFICATE_PATH", "c.pem");
    let with = |chain: &'static str| {
        let chain = ("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", chain);
        ways(Global::default(), &[APP[0], APP[1], file, chain]).unwrap()[0].clone()
    };
    let certificate = |send_chain| SignIn::ClientCertificate {
        app: app(PUBLIC, "t", "c"),
        file: "c.pem".into(),
        send_chain,
    };
    assert_eq!(with(""), certificate(false));
    assert_eq!(with("false"), certificate(false));
    assert_eq!(with("True"), certificate(true));
    assert_eq!(with("1"), certificate(true));
    let both = [&APP[..], &[file]].concat();
    first(
        Global::default(),
        &both,
        SignIn::ClientSecret(app(PUBLIC, "t", "c")),
    );
}

#[test]
fn the_platform_is_told_by_the_environment() {
    let check = |names: &[&str], platform, endpoint: &str| {
        let variables: Vec<_> = names.iter().map(|name| (*name, *name)).collect();
        let found = ways(auth(AuthArg::ManagedIdentity), &variables).unwrap();
        let expected = SignIn::ManagedIdentity {
            platform,
            endpoint: endpoint.to_owned(),
            identity: None,
            probe: false,
        };
        assert_eq!(found, [expected], "{names:?}");
    };
    let (endpoint, header) = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER");
    check(&[endpoint, header], Platform::AppService, endpoint);
    check(&[endpoint, "IMDS_ENDPOINT"], Platform::AzureArc, endpoint);
    let (msi, secret) = ("MSI_ENDPOINT", "MSI_SECRET");
    check(&[msi, secret], Platform::AzureMl, msi);
    check(&[msi], Platform::CloudShell, msi);
    let path = "/metadata/identity/oauth2/token";
    check(&[], Platform::Imds, &format!("{IMDS}{path}"));
    let base = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
    check(&[base], Platform::Imds, &format!("{base}{path}"));

    let fabric = [endpoint, header, "IDENTITY_SERVER_THUMBPRINT"].map(|name| (name, name));
    let found = ways(auth(AuthArg::ManagedIdentity), &fabric).unwrap();
    assert!(format!("{found:?}").contains("Service Fabric"));
}

#[test]
fn the_client_id_names_an_identity_where_there_are_several() {
    let identity = |flags: Global, variables: &[(&str, &str)]| {
        let ways = ways(flags, variables).unwrap();
        let SignIn::ManagedIdentity { identity, .. } = ways[0].clone() else {
            panic!("{ways:?}");
        };
        identity
    };
    let managed = || auth(AuthArg::ManagedIdentity);
    let client = Some(UserAssigned::Client("c".into()));
    assert_eq!(identity(managed(), &APP[1..2]), client);
    let shell = [APP[1], ("MSI_ENDPOINT", "x")];
    assert_eq!(identity(managed(), &shell), None);
    let flags = Global {
        identity: Some(UserAssigned::Object("o".into())),
        ..managed()
    };
    let object = Some(UserAssigned::Object("o".into()));
    assert_eq!(identity(flags, &APP[1..2]), object);
}

#[test]
fn debug_shows_no_secret_of_the_environment() {
    let (token, secret) = ("eyJ0eXAi.token-of-some-length.sig", "secret-of-some-length");
    let variables = [
        ("KVCERT_ACCESS_TOKEN", token),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_ID", "app"),
        ("AZURE_CLIENT_SECRET", secret),
    ];
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    for skipped in [0, 1] {
        let environment: Environment = variables.into_iter().skip(skipped).map(pair).collect();
        let settings = super::ways(&Global::default(), &environment, Cloud::Public).unwrap();
        for shown in [
            format!("{environment:?} {environment:#?}"),
            format!("{settings:?} {settings:#?}"),
        ] {
            assert!(!shown.contains(token) && !shown.contains(secret), "{shown}");
        }
    }
}
