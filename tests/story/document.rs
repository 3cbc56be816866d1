//! The commands of "Exchange Online without an admin account", one after the other, as they stand
//! in the document.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::run;
use crate::whole::Stage;

#[test]
fn runs_as_it_stands() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/exchange-online-without-an-admin-account.md");
    let script = commands(&fs::read_to_string(file).unwrap());
    assert!(script.matches("kvcert ").count() >= 8, "{script}");
    let stage = Stage::new();
    // The same words, said to a dev vault.
    let folder = stage.folder.path();
    drop(crate::support::dev::kvcert_at(&stage.access, folder));
    let programs = folder.join("programs");
    fs::create_dir(&programs).unwrap();
    let binary = env!("CARGO_BIN_EXE_kvcert");
    let shim = format!("#!/bin/sh\nexec '{binary}' --dev \"$@\"\n");
    fs::write(programs.join("kvcert"), shim).unwrap();
    fs::write(folder.join("script"), script).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
    let mut command = Command::new("sh");
    command
        .args(["-c", "chmod +x programs/kvcert && sh -eu script"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("KVCERT_STATE_DIR", folder.join("state"))
        .env("TENANT", &stage.access.tenant_id);
    let (code, output, errors) = run(&mut command);
    assert_eq!(code, 0, "{output}\n{errors}");
    assert!(errors.contains("the old certificate"), "{errors}");
    assert!(output.contains("in the vault, version"), "{output}");
}

/// What stands in blocks for a shell, without the lines that say whose vault and tenant it is.
fn commands(text: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside && !line.starts_with("export ") => {
                script.push_str(line);
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}
