//! Pages: nothing gets out of its place, and Chromium finds nothing wrong with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::golden::inspect;
use crate::support::{self, Scratch, run};

/// A page of a fixture, whose name comes from a certificate or a bag.
fn page(fixture: &str, password: &str) -> String {
    inspect(fixture, password, &["--html", "-"])
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let page = page("pkcs12/openssl-3.pfx", "secret");
    for word in ["<script", "http://", "src=", "style=\"", "@import", "url("] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}

#[test]
fn one_that_is_there_is_replaced() {
    let folder = Scratch::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pem/chain.pem");
    for _ in 0..2 {
        let mut command = support::kvcert(folder.path());
        let (code, output, errors) = run(command
            .arg("inspect")
            .arg(&fixture)
            .args(["--html", "page.html"]));
        assert_eq!((code, output.as_str()), (0, "page.html\n"), "{errors}");
    }
    assert!(
        fs::read_to_string(folder.join("page.html"))
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
}

/// What opens pages, where `scripts/install-browser.sh` has put it.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let modules = target.join("browser");
    let chromium = Path::new("/usr/bin/chromium");
    if modules.join("node_modules").exists() && chromium.exists() {
        return Some((chromium.to_owned(), modules));
    }
    assert!(
        std::env::var_os("KVCERT_BROWSER").is_none(),
        "scripts/install-browser.sh should have installed Chromium and {}",
        modules.display()
    );
    support::say("skipped the pages in Chromium: scripts/install-browser.sh installs it");
    None
}

#[test]
fn chromium_and_axe_find_nothing_wrong() {
    let Some((chromium, modules)) = browser() else {
        return;
    };
    let folder = Scratch::new();
    #[cfg_attr(
        not(feature = "dev-vault"),
        expect(unused_mut, reason = "the vault's pages follow")
    )]
    let mut pages = vec![
        ("pfx.html", page("pkcs12/openssl-3.pfx", "secret")),
        ("locked.html", page("pkcs12/openssl-legacy.pfx", "")),
        ("long.html", page("pkcs12/name-long.pfx", "")),
        ("escapes.html", page("pkcs12/subject-with-escapes.pfx", "")),
        ("pem.html", page("pem/chain.pem", "")),
    ];
    #[cfg(feature = "dev-vault")]
    for (name, flags) in [
        ("web.html", ["web", "--http"].as_slice()),
        ("retired.html", &["retired"]),
        ("vault.html", &["--all"]),
    ] {
        let mut command = support::dev::kvcert(folder.path());
        let (code, output, errors) = run(command.arg("inspect").args(flags).args(["--html", "-"]));
        assert_eq!(code, 0, "{errors}");
        pages.push((name, output));
    }
    let mut command = Command::new("node");
    command.env("NODE_FOLDER", modules);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspect/browser/judge.mjs"));
    command.arg(chromium);
    // Where someone wants to look at them.
    command.arg(std::env::var_os("SCREENSHOTS").unwrap_or_else(|| "-".into()));
    for (name, page) in &pages {
        fs::write(folder.join(name), page).unwrap();
        command.arg(folder.join(name));
    }
    let (code, output, errors) = run(&mut command);
    assert_eq!(code, 0, "{errors}");
    let report: std::collections::BTreeMap<String, Vec<String>> =
        serde_json::from_str(&output).unwrap();
    assert_eq!(report.len(), pages.len());
    for (page, problems) in report {
        assert!(problems.is_empty(), "{page}: {problems:#?}");
    }
}
