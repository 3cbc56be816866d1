//! Handing the lot to the judges (`tests/judges`) and hearing what they say.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::json;

use crate::{
    converting::{Case, NEW_PASSWORD},
    support::{self, Scratch},
};

/// What the judges say.
#[derive(Deserialize)]
pub struct Verdict {
    /// Per shape and judge, how often the judge read it and agreed.
    pub agreed: BTreeMap<String, BTreeMap<String, usize>>,
    /// Per judge and what it does not know, how many inputs another judged alone.
    pub excused: BTreeMap<String, usize>,
    /// Judges that are not on this machine.
    pub absent: Vec<String>,
    pub problems: Vec<String>,
}

pub fn judge(python: &Path, scratch: &Scratch, cases: &[Case]) -> Verdict {
    let cases: Vec<_> = cases.iter().map(told).collect();
    let task = json!({ "folder": scratch.path(), "password": NEW_PASSWORD, "cases": cases });
    let file = scratch.join("task.json");
    fs::write(&file, task.to_string()).unwrap();
    let output = Command::new(python)
        .arg("-B")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges"))
        .arg(file)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn told(case: &Case) -> serde_json::Value {
    json!({
        "name": case.input.name,
        "stem": case.stem,
        "original": case.file(),
        "password": case.input.password,
        "chain": case.input.chain,
        "leaves": case.input.leaves,
        "shapes": case.shapes,
    })
}

/// Where `scripts/install-judges.sh` puts it; nothing if it is not there and the tests run without
/// `scripts/test.sh`.
pub fn python() -> Option<PathBuf> {
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
    support::say("skipped the judges of all formats: scripts/install-judges.sh installs them");
    None
}
