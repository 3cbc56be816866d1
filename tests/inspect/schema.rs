//! All JSON is as `docs/schema/inspect.schema.json` says, in the eyes of Python's `jsonschema`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{self, Scratch, kvcert, run};

#[test]
fn the_json_of_every_fixture_and_of_the_dev_vault() {
    let Some(python) = python() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Scratch::new();
    let mut files = Vec::new();
    let mut keep = |output: String| {
        let path = folder.join(format!("{}.json", files.len()));
        fs::write(&path, output).unwrap();
        files.push(path);
    };
    for kind in ["pkcs12", "pem", "der"] {
        for entry in fs::read_dir(root.join("fixtures").join(kind)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "expect") {
                continue;
            }
            let mut command = kvcert(folder.path());
            command.arg("inspect").arg(&path).arg("--json");
            command.env("PASSWORD", "secret");
            if path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("openssl")
            {
                command.args(["--password-env", "PASSWORD"]);
            }
            let (code, output, _) = run(&mut command);
            if code == 0 {
                keep(output);
            }
        }
    }
    #[cfg(feature = "dev-vault")]
    for flags in [
        ["web", "--http"].as_slice(),
        &["vaulted", "--public-only"],
        &["retired"],
        &["--all"],
    ] {
        let mut command = support::dev::kvcert(folder.path());
        let (code, output, errors) = run(command.arg("inspect").args(flags).arg("--json"));
        assert_eq!(code, 0, "{errors}");
        keep(output);
    }
    assert!(files.len() > 150, "only {}", files.len());
    let mut command = Command::new(python);
    command.arg("-B").arg(root.join("tests/inspect/schema.py"));
    command
        .arg(root.join("docs/schema/inspect.schema.json"))
        .args(&files);
    let (code, problems, errors) = run(&mut command);
    assert_eq!(code, 0, "{problems}{errors}");
}

/// Where `scripts/install-judges.sh` puts it.
fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let ending = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let python = target.join("judges").join(ending);
    if python.exists() {
        return Some(python);
    }
    assert!(
        std::env::var_os("KVCERT_JUDGES").is_none(),
        "scripts/test.sh should have installed {}",
        python.display()
    );
    support::say("skipped the JSON Schema: scripts/install-judges.sh installs its judge");
    None
}
