//! Cases made from public bug reports, in `KVCERT_CORPUS/reports`: each command line runs as a user
//! would type it, and ends as its `expected` says. A test for each kind of report.
//!
//! `expected.rs` turns what `expected` says into exit codes, files and words.
#![cfg(all(feature = "cli", feature = "dev-vault", unix))]
// clippy takes only the test functions themselves for tests, not what they are made of.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

mod case;
mod expected;
mod secrets;
mod written;

use case::Case;

/// A test for each kind, and one that no kind is left out.
macro_rules! kinds {
    ($($test:ident: $kind:literal,)*) => {
        $(#[test] fn $test() { every_case_of($kind); })*

        #[test]
        fn every_kind_has_a_test() {
            let kinds = [$($kind),*];
            for case in Case::all() {
                assert!(kinds.contains(&&*case.kind), "no test runs `{}`", case.kind);
            }
        }
    };
}

kinds! {
    aadsts_with_advice: "aadsts-with-advice",
    aadsts_without_advice: "aadsts-without-advice",
    az_error_cut: "az-error-cut",
    az_output_wrapped: "az-output-wrapped",
    base64_behind_bom_or_in_quotes: "base64-behind-bom-or-in-quotes",
    base64_once: "base64-once",
    base64_twice: "base64-twice",
    blank_lines_inside_a_block: "blank-lines-inside-a-block",
    bytes_after_the_certificate: "bytes-after-the-certificate",
    camellia: "camellia",
    certificate_and_key_in_two_files: "certificate-and-key-in-two-files",
    container_not_named: "container-not-named",
    der_of_another_kind_called_a_damaged_certificate_or_key: "der-of-another-kind-called-a-damaged-certificate-or-key",
    empty_subject_in_summary: "empty-subject-in-summary",
    escaped_newlines_twice: "escaped-newlines-twice",
    expired_avoided: "expired-avoided",
    expired_chain_member_not_warned: "expired-chain-member-not-warned",
    hint_names_a_flag_the_command_lacks: "hint-names-a-flag-the-command-lacks",
    imds_400_reasons: "imds-400-reasons",
    imds_address_answers_but_is_not_imds: "imds-address-answers-but-is-not-imds",
    import_of_a_short_lived_certificate: "import-of-a-short-lived-certificate",
    json_around_the_certificate: "json-around-the-certificate",
    key_encryption: "key-encryption",
    key_label_disagrees_with_its_content: "key-label-disagrees-with-its-content",
    key_under_a_second_password_called_damaged: "key-under-a-second-password-called-damaged",
    kubernetes_secret_manifest: "kubernetes-secret-manifest",
    leaf_not_told_though_only_one_is_no_ca: "leaf-not-told-though-only-one-is-no-ca",
    name_shown_as_an_error: "name-shown-as-an-error",
    not_yet_valid_not_warned: "not-yet-valid-not-warned",
    not_yet_valid_taken_before_a_valid_one: "not-yet-valid-taken-before-a-valid-one",
    odd_certificate: "odd-certificate",
    p12_odd_attributes: "p12-odd-attributes",
    p12_password: "p12-password",
    p12_producer: "p12-producer",
    p12_shape: "p12-shape",
    p12_trailing: "p12-trailing",
    password_file_with_wrapping: "password-file-with-wrapping",
    pbes2_password_bytes_not_utf8: "pbes2-password-bytes-not-utf8",
    pbmac1: "pbmac1",
    pbmac1_long_key: "pbmac1-long-key",
    pem_chain_merge: "pem-chain-merge",
    pem_text: "pem-text",
    pending_certificate_not_listed: "pending-certificate-not-listed",
    pfx_inside_pem_label: "pfx-inside-pem-label",
    pfx_protected_to_a_group: "pfx-protected-to-a-group",
    pfx_saved_as_text: "pfx-saved-as-text",
    pkcs7_not_read: "pkcs7-not-read",
    proxy_failure_told_as_the_vaults: "proxy-failure-told-as-the-vaults",
    rare_scheme_not_named: "rare-scheme-not-named",
    rfc7292_rc4: "rfc7292-rc4",
    rsa_key_spelled_oddly: "rsa-key-spelled-oddly",
    said_to_hold_a_key_when_it_holds_none: "said-to-hold-a-key-when-it-holds-none",
    secret_echoed_in_an_error: "secret-echoed-in-an-error",
    setting_with_a_newline_or_quotes: "setting-with-a-newline-or-quotes",
    supported_rare_key: "supported-rare-key",
    text_or_hex_called_asn1: "text-or-hex-called-asn1",
    tls_name_mismatch_hint: "tls-name-mismatch-hint",
    unknown_private_key_label: "unknown-private-key-label",
    unsupported_key_hint: "unsupported-key-hint",
    utf16_text: "utf16-text",
    vault_named_another_way: "vault-named-another-way",
    work_limit: "work-limit",
}

/// Runs the cases of one kind in their order, and reports all that end otherwise than expected.
fn every_case_of(kind: &str) {
    let cases = Case::all();
    let failures: Vec<String> = case::run(&cases, kind)
        .into_iter()
        .filter_map(|(case, outcome)| {
            let reason = expected::check(case, &outcome).err()?;
            Some(format!(
                "{reason}\n  file: {}\n  command: {}\n  expected: {}\n  exit {} after {:.1?}: {}",
                case.file, case.command, case.expected, outcome.code, outcome.took, outcome.output,
            ))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
