//! The commands of each page in `docs/`, as they stand there, one after the other, on a dev vault.

#![cfg(all(unix, feature = "cli", feature = "dev-vault"))]
// The modules are private to this program; and clippy takes only the test functions themselves for tests.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kvcert_dev::{Access, Options};
use support::{Scratch, dev, run};

/// `kvcert` as the pages type it: their vault `contoso` is the dev vault.
const KVCERT: &str = r#"#!/bin/sh
dev=${KVCERT_VAULT+--dev}
unset KVCERT_VAULT
for argument do
    shift
    case $argument in
    --vault | contoso) dev=--dev ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$KVCERT" $dev "$@"
"#;

/// A program of the system that a page calls: it notes that it was called.
const SYSTEM: &str = "#!/bin/sh\necho \"${0##*/} $*\" >> \"$HOME/called\"\n";

/// A page with a dev vault of its own.
struct Page {
    access: Access,
    folder: Scratch,
    script: String,
}

impl Page {
    fn new(name: &str, options: Options) -> Self {
        let page = Self {
            access: dev::start(options),
            folder: Scratch::new(),
            script: commands(&fs::read_to_string(root().join("docs").join(name)).unwrap()),
        };
        // Announces the vault to those who use `--dev`.
        drop(dev::kvcert_at(&page.access, page.folder.path()));
        page.program("kvcert", KVCERT);
        for name in ["nginx", "systemctl"] {
            page.program(name, SYSTEM);
        }
        page
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.folder.join("programs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a script in the page's folder.
    #[track_caller]
    fn run(&self, script: &str) -> (String, String) {
        let folder = self.folder.path();
        let path = format!("{}/programs:/usr/local/bin:/usr/bin:/bin", folder.display());
        fs::write(folder.join("script"), script).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-eu", "script"])
            .current_dir(folder)
            .env_clear()
            .env("PATH", path)
            .env("HOME", folder)
            .env("KVCERT", env!("CARGO_BIN_EXE_kvcert"))
            .env("KVCERT_STATE_DIR", folder.join("state"))
            .env("TLS", folder.join("tls"))
            .env("PFX_PASSWORD", "correct horse")
            .env("TENANT", &self.access.tenant_id)
            .env(
                "APP",
                self.access
                    .exchange_client_id
                    .as_deref()
                    .unwrap_or_default(),
            );
        let (code, output, errors) = run(&mut command);
        assert_eq!(code, 0, "{script}\n{output}\n{errors}");
        (output, errors)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What stands in blocks for a shell, without the lines that a reader adapts, but for the vault's.
fn commands(text: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside && (!line.starts_with("export ") || line.contains("KVCERT_VAULT")) => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

/// The pages with blocks for a shell.
fn pages() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut pages: Vec<String> = names
        .filter(|name| name.ends_with(".md"))
        .filter(|name| {
            !commands(&fs::read_to_string(root().join("docs").join(name)).unwrap()).is_empty()
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn each_page_with_commands_has_a_test() {
    let expected = [
        "applications.md",
        "certificates.md",
        "exchange-online-without-an-admin-account.md",
        "formats.md",
        "from-az-and-openssl.md",
        "pipelines.md",
        "servers.md",
        "sign-in.md",
    ];
    assert_eq!(pages(), expected);
}

#[test]
fn applications() {
    let page = Page::new("applications.md", Options::default());
    page.run(&page.script);
}

#[test]
fn certificates() {
    let page = Page::new("certificates.md", Options::default());
    let (output, _) = page.run(&page.script);
    assert!(output.contains("web"), "{output}");
    assert!(page.folder.join("shop.csr").exists());
}

#[test]
fn exchange_online_without_an_admin_account() {
    let options = Options {
        empty: true,
        ..Options::default()
    };
    let page = Page::new("exchange-online-without-an-admin-account.md", options);
    assert!(
        page.script.matches("kvcert ").count() >= 8,
        "{}",
        page.script
    );
    let (output, errors) = page.run(&page.script);
    assert!(errors.contains("the old certificate"), "{errors}");
    assert!(output.contains("in the vault, version"), "{output}");
}

#[test]
fn formats() {
    let page = Page::new("formats.md", Options::default());
    page.run(&page.script);
    let read = |path| fs::read(page.folder.join(path)).unwrap();
    assert_eq!(read("converted.key"), read("reopened.key"));
}

#[test]
fn from_az_and_openssl() {
    let page = Page::new("from-az-and-openssl.md", Options::default());
    page.run(&page.script);
    assert!(page.folder.join("all/api-ec.key").exists());
}

#[test]
fn pipelines() {
    let page = Page::new("pipelines.md", Options::default());
    let (output, _) = page.run(&page.script);
    for part in ["CN=web.example.com\n", "build/web.key\n", "Bearer\n"] {
        assert!(output.contains(part), "{output}");
    }
}

/// A second run renews nothing and reloads nothing; a new version in the vault does both, and what
/// could not be reloaded is the next time.
#[test]
fn servers() {
    let page = Page::new("servers.md", Options::default());
    page.run(&page.script);
    let both = "nginx -t\nsystemctl reload nginx\n";
    let called = || {
        let called = fs::read_to_string(page.folder.join("called")).unwrap_or_default();
        fs::write(page.folder.join("called"), "").unwrap();
        called
    };
    assert_eq!(called(), both);
    let (_, renewal) = page.script.rsplit_once("kvcert get").unwrap();
    let renewal = format!("kvcert get{renewal}");
    page.run(&renewal);
    assert_eq!(called(), "");
    page.run("kvcert create web --new-version --issuer Self --vault contoso");
    page.program("nginx", "#!/bin/sh\nexit 1\n");
    page.run(&format!("{renewal} true"));
    assert_eq!(called(), "");
    page.program("nginx", SYSTEM);
    page.run(&renewal);
    assert_eq!(called(), both);
    page.run(&renewal);
    assert_eq!(called(), "");
}

#[test]
fn sign_in() {
    let page = Page::new("sign-in.md", Options::default());
    let (output, _) = page.run(&page.script);
    assert!(output.starts_with("environment\n"), "{output}");
}

/// A link in the README or in `docs/` leads to a file, and to a heading in it.
#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let pages = docs.map(|entry| entry.unwrap().path());
    for page in pages.chain([root().join("README.md")]) {
        if page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        for part in text.split("](").skip(1) {
            let (link, _) = part.split_once(')').unwrap();
            if link.starts_with("http") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", page.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let there = text.lines().any(|line| anchor(line) == heading);
                assert!(there, "{}: {link}", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 40, "only {links}");
}

/// The anchor that GitHub gives to a heading.
fn anchor(line: &str) -> String {
    let heading = line.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
