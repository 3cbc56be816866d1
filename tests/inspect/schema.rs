//! All JSON is as `docs/schema/inspect.schema.json` says, in the eyes of Python's `jsonschema`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{self, Scratch, kvcert, run};

#[test]
fn the_json_of_every_fixture_and_of_the_dev_vault() {
    let Some(python) = support::judges_python("the JSON Schema") else {
        return;
    };
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
    for arguments in [
        ["inspect", "web", "--http"].as_slice(),
        &["inspect", "vaulted", "--public-only"],
        &["inspect", "retired"],
        &["inspect", "--all"],
        &["list"],
        &["list", "--details"],
    ] {
        let mut command = support::dev::kvcert(folder.path());
        let (code, output, errors) = run(command.args(arguments).arg("--json"));
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
