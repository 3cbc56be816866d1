//! Every error of the library that a command can meet becomes a failure with a hint.

use std::path::PathBuf;
use std::time::Duration;

use kvcert::identity::{
    AssertionError, Attempt, CredentialError, IdentityProblem, Platform, TokenError, UserAssigned,
};
use kvcert::output::OutputError;
use kvcert::transport::{Proxy, TlsProblem, Unreachable, UnreachableKind};
use kvcert::vault::{Conflict, Forbidden, Permission, VaultError};
use kvcert_pki::content_error::{ContentError, Foreign, Remedy};

use crate::failure::{Failure, Kind, exit_code_help};

#[test]
fn every_error_of_the_library_has_one() {
    let failures = all();
    for failure in &failures {
        let hint = failure.hint.as_deref().unwrap_or_default();
        assert!(!hint.is_empty(), "{:?}", failure.reason);
        assert!(!hint.ends_with('.') && !hint.contains('\n'), "{hint}");
        assert_ne!(failure.kind, Kind::Bug, "{:?}", failure.reason);
    }
    let kinds: Vec<Kind> = failures.iter().map(|failure| failure.kind).collect();
    let foreseen = [
        Kind::NotFound,
        Kind::SignIn,
        Kind::Forbidden,
        Kind::Unavailable,
    ];
    assert!(foreseen.iter().all(|kind| kinds.contains(kind)));
}

fn all() -> Vec<Failure> {
    let vault = vault_errors().into_iter().map(Failure::from);
    let sign_in = sign_in_errors().into_iter().map(VaultError::SignIn);
    let content = content_errors().into_iter().map(Failure::from);
    let output = output_errors().into_iter().map(Failure::from);
    let all = vault.chain(sign_in.map(Failure::from));
    all.chain(content).chain(output).collect()
}

fn text() -> String {
    String::from("x")
}

fn content_errors() -> Vec<ContentError> {
    vec![
        ContentError::NotAKeyStore {
            seen: Foreign::Text,
        },
        ContentError::Damaged {
            part: text(),
            detail: text(),
        },
        ContentError::WrongPassword {
            part: text(),
            given: true,
            wrapping: None,
            empty_place: None,
        },
        ContentError::WrongPassword {
            part: text(),
            given: false,
            wrapping: None,
            empty_place: None,
        },
        ContentError::WrongPassword {
            part: text(),
            given: false,
            wrapping: None,
            empty_place: Some("x"),
        },
        ContentError::OtherPassword {
            part: "its private key",
            given: false,
        },
        ContentError::OtherMacPassword,
        ContentError::ProtectedToAccounts,
        ContentError::Unsupported {
            name: text(),
            oid: None,
            remedy: Remedy::ExportAgain,
        },
        ContentError::OverLimit {
            what: "bytes",
            found: 2,
            limit: 1,
        },
        ContentError::NoPrivateKey {
            subjects: vec![text()],
        },
        ContentError::NoCertificate,
        ContentError::SeveralKeys { keys: vec![text()] },
        ContentError::KeyMismatch {
            key: text(),
            subjects: vec![text()],
        },
        ContentError::AmbiguousLeaf {
            subjects: vec![text()],
        },
    ]
}

fn output_errors() -> Vec<OutputError> {
    vec![
        OutputError::Exists { path: "x".into() },
        OutputError::SymbolicLink { path: "x".into() },
        OutputError::ForeignLink { path: "x".into() },
        OutputError::ForeignFile { path: "x".into() },
        OutputError::NotAFile { path: "x".into() },
        OutputError::UnsafeName {
            path: "x".into(),
            reason: "x",
        },
    ]
}

fn vault_errors() -> Vec<VaultError> {
    use Forbidden::{AccessDenied, Connection, Firewall, NotTheVault, Other, Policy, Rbac};
    let (vault, object, message, problem) = (text, text, text, text);
    let mut errors = vec![
        VaultError::Challenge {
            vault: vault(),
            problem: problem(),
        },
        VaultError::Unauthorized {
            message: message(),
            clock_ahead: Some(-4000),
        },
        VaultError::Deleted {
            object: object(),
            deleted: Some(0),
            purge: None,
        },
        VaultError::Rejected {
            object: object(),
            message: message(),
        },
        VaultError::Disabled { object: object() },
        VaultError::NotIssued {
            name: text(),
            waits_for_merge: true,
        },
        VaultError::NotFound {
            object: object(),
            message: message(),
        },
        VaultError::Throttled {
            retry_after: Some(Duration::ZERO),
        },
        VaultError::ServiceFailed {
            status: 503,
            message: message(),
        },
        VaultError::Unexpected {
            status: 200,
            problem: problem(),
        },
    ];
    for kind in [
        AccessDenied,
        Rbac,
        Policy,
        Firewall,
        Connection,
        NotTheVault,
        Other,
    ] {
        errors.push(VaultError::Forbidden {
            kind,
            permission: Permission::GetSecret,
            message: message(),
        });
    }
    for kind in [
        Conflict::Pending,
        Conflict::Deleted,
        Conflict::BeingDeleted,
        Conflict::BeingRecovered,
        Conflict::Other,
    ] {
        errors.push(VaultError::Conflict {
            kind,
            object: object(),
            message: message(),
        });
    }
    for source in unreachable() {
        errors.push(VaultError::Unreachable {
            vault: vault(),
            source,
        });
    }
    errors
}

fn sign_in_errors() -> Vec<CredentialError> {
    let mut refusals = vec![TokenError::Nonsense { status: 200 }];
    let codes = [
        7_000_215, 7_000_222, 700_016, 700_213, 700_027, 700_024, 90_002, 1,
    ];
    for code in codes.into_iter().map(Some).chain([None]) {
        refusals.push(TokenError::Refused {
            status: 401,
            error: text(),
            code,
            message: text(),
            clock_ahead: Some(600),
        });
    }
    for source in unreachable() {
        refusals.push(TokenError::Unreachable {
            authority: text(),
            source,
        });
    }
    let mut errors = vec![
        CredentialError::Unavailable { reason: text() },
        CredentialError::Tried(Vec::new()),
        CredentialError::Tried(vec![Attempt {
            name: "way",
            error: CredentialError::Claims { name: "way" },
        }]),
        CredentialError::NotSignedIn {
            program: "az",
            message: text(),
            command: String::from("az login"),
        },
        CredentialError::NotThere {
            endpoint: text(),
            service: text(),
            status: 503,
        },
        CredentialError::File {
            file: text(),
            source: std::io::ErrorKind::NotFound.into(),
        },
        CredentialError::Assertion(AssertionError::NotRsa { key: text() }),
        CredentialError::NobodySignedIn("ended"),
        CredentialError::NoAudience { wanted: text() },
        CredentialError::OtherCloud {
            authority: text(),
            resource: text(),
            cloud: kvcert::cloud::Cloud::China,
        },
        CredentialError::OtherTenant {
            ours: text(),
            theirs: text(),
        },
    ];
    errors.extend(unreachable().map(|source| CredentialError::Unreachable {
        endpoint: text(),
        source,
    }));
    for found in [None, Some(PathBuf::from("/usr/bin/az"))] {
        let program = "az";
        errors.push(CredentialError::NotInstalled { program, found });
    }
    for (message, remedy, timed_out) in [
        (text(), None, false),
        (text(), Some(String::from("az account set")), false),
        (String::from("AADSTS50076"), Some(text()), false),
        (String::from("AADSTS1"), None, false),
        (text(), None, true),
    ] {
        errors.push(CredentialError::Program {
            program: "az",
            message,
            remedy,
            timed_out,
        });
    }
    for status in [None, Some(400), Some(429), Some(503)] {
        errors.push(CredentialError::Endpoint {
            endpoint: text(),
            status,
            message: text(),
        });
    }
    for problem in [IdentityProblem::NotFound, IdentityProblem::Several] {
        for identity in [None, Some(UserAssigned::Client(text()))] {
            errors.push(CredentialError::Identity {
                platform: Platform::Imds,
                identity,
                problem,
                message: text(),
            });
        }
    }
    errors.extend(refusals.into_iter().map(CredentialError::Authority));
    errors
}

fn unreachable() -> impl Iterator<Item = Unreachable> {
    use TlsProblem::{Expired, Issuer, Name, NotTls, NotYetValid, Other};
    use UnreachableKind::{
        Broken, Busy, ProxyAuthentication, ProxyRefused, Refused, TimedOut, Tls, TooLong,
        UnknownHost,
    };
    let busy = |status| Busy {
        status,
        wait: Duration::from_secs(60),
    };
    let proxy = || Proxy {
        variable: "HTTPS_PROXY",
        address: String::from("proxy.example:3128"),
    };
    let kinds = [UnknownHost, Refused, TimedOut, TooLong, Broken];
    let kinds = kinds.into_iter().chain([busy(429), busy(503)]);
    let kinds = kinds.chain([ProxyAuthentication, ProxyRefused]);
    let kinds = kinds.chain([Name, Issuer, Expired, NotYetValid, NotTls, Other].map(Tls));
    let with_and_without = move |kind| {
        [None, Some(Box::new(proxy()))].map(|proxy| Unreachable {
            kind,
            detail: text(),
            proxy,
        })
    };
    kinds.flat_map(with_and_without)
}

#[test]
fn the_table_of_kinds_is_the_help_of_exit_codes() {
    let help = exit_code_help();
    let mut lines = help.lines();
    assert_eq!(lines.next(), Some("Exit codes:"));
    assert_eq!(lines.next(), Some("   0  done"));
    for (kind, meaning) in Kind::TABLE {
        let line = format!("  {:>2}  {meaning}", kind.exit_code());
        assert_eq!(lines.next(), Some(line.as_str()));
    }
    assert_eq!(lines.next(), None);
    let codes = Kind::TABLE.map(|(kind, _)| kind.exit_code());
    assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8, 9, 130, 143]);
    let mut names = Kind::TABLE.map(|(kind, _)| kind.name()).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::TABLE.len());
}
