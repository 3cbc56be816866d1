//! Every input into every shape, with the real binary.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::inputs::Input;
use crate::shapes::{Inputs, PASSWORD, SHAPES, Shape};
use crate::support::{Scratch, kvcert, run};

/// What the new files are encrypted with.
pub const NEW_PASSWORD: &str = "another secret";

/// An input in a folder of kvcert's, and what became of it.
pub struct Case {
    pub input: Input,
    /// The input's name there, without its ending: each has its own.
    pub stem: String,
    /// As the receipt tells it; nothing if the file was refused.
    key: Option<String>,
    is_sample: bool,
    /// The names of the shapes that were written.
    pub shapes: Vec<&'static str>,
}

/// Writes all shapes into `scratch`, each into the folder of its name.
pub fn convert(scratch: &Scratch, inputs: Vec<Input>) -> Vec<Case> {
    fs::write(scratch.join(PASSWORD), NEW_PASSWORD).unwrap();
    fs::create_dir(scratch.join("in")).unwrap();
    let mut cases: Vec<Case> = inputs
        .into_iter()
        .enumerate()
        .map(|(number, input)| Case::new(scratch, number, input))
        .collect();
    for group in by_password(&mut cases) {
        write(scratch, &SHAPES[0], group);
    }
    choose_samples(&mut cases);
    for shape in &SHAPES[1..] {
        for mut group in by_password(&mut cases) {
            group.retain(|case| case.takes(shape));
            write(scratch, shape, group);
        }
    }
    cases
}

impl Case {
    fn new(scratch: &Scratch, number: usize, input: Input) -> Self {
        let stem = Path::new(&input.name).file_stem().unwrap();
        let case = Self {
            stem: format!("{number}-{}", stem.display()),
            input,
            key: None,
            is_sample: false,
            shapes: Vec::new(),
        };
        fs::write(scratch.join(case.file()), &case.input.bytes).unwrap();
        case
    }

    /// The input, from the folder where kvcert runs.
    pub fn file(&self) -> String {
        format!("in/{}.in", self.stem)
    }

    fn takes(&self, shape: &Shape) -> bool {
        let wanted = match shape.inputs {
            Inputs::All => true,
            Inputs::Samples => self.is_sample,
        };
        let key = self.key.as_ref();
        wanted && key.is_some_and(|key| key.starts_with(shape.key))
    }
}

/// kvcert takes many files at once, but one password.
fn by_password(cases: &mut [Case]) -> Vec<Vec<&mut Case>> {
    let mut groups: BTreeMap<Option<String>, Vec<&mut Case>> = BTreeMap::new();
    for case in cases {
        groups
            .entry(case.input.password.clone())
            .or_default()
            .push(case);
    }
    groups.into_values().collect()
}

fn choose_samples(cases: &mut [Case]) {
    let mut seen = BTreeSet::new();
    for case in cases {
        if let Some(key) = &case.key {
            case.is_sample = seen.insert((case.input.is_foreign, key.clone()));
        }
    }
}

fn write(scratch: &Scratch, shape: &Shape, mut group: Vec<&mut Case>) {
    let Some(first) = group.first() else { return };
    let mut command = kvcert(scratch.path());
    command.args(["convert", "--json", "-q", "-o", shape.name]);
    command.args(shape.flags);
    if let Some(password) = &first.input.password {
        fs::write(scratch.join("password"), format!("{password}\n")).unwrap();
        command.args(["--password-file", "password"]);
    }
    let (_, receipt, errors) = run(command.args(group.iter().map(|case| case.file())));
    let receipt: Value = serde_json::from_str(&receipt)
        .unwrap_or_else(|_| panic!("{} {}: {errors}", shape.name, group[0].input.name));
    for failure in receipt["failures"].as_array().unwrap() {
        let file = failure["certificate"].as_str().unwrap();
        let case = group.iter().find(|case| case.file() == file).unwrap();
        assert!(
            case.may_be_refused(shape, failure),
            "{} as {}: {failure:#}",
            case.input.name,
            shape.name
        );
    }
    for written in receipt["certificates"].as_array().unwrap() {
        let file = written["source"].as_str().unwrap();
        let case = group.iter_mut().find(|case| case.file() == file).unwrap();
        case.key = written["key"].as_str().map(String::from);
        case.shapes.push(shape.name);
    }
}

impl Case {
    /// What is not ours may hold several keys or an algorithm that kvcert names but does not
    /// read; that shows at once, whatever the shape.
    fn may_be_refused(&self, shape: &Shape, failure: &Value) -> bool {
        let reason = failure["error"]["reason"].as_str().unwrap();
        let is_first = shape.name == SHAPES[0].name;
        let fair = ["several-keys", "unsupported-algorithm"];
        self.input.is_foreign && is_first && fair.contains(&reason)
    }
}
