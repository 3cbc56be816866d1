//! Handing the lot to the judges (`tests/judges`) and hearing what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::json;

use crate::converting::{Case, NEW_PASSWORD};
use crate::support::Scratch;

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
