//! The cases, and how one is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{self, Scratch, dev};

/// One report, as `index.json` has it.
pub(crate) struct Case {
    /// What kind of fault the report is a sample of.
    pub(crate) kind: String,
    /// The name of the file that the case is about; empty if there is none.
    pub(crate) file: String,
    /// What the user typed.
    pub(crate) command: String,
    /// What must happen, in words.
    pub(crate) expected: String,
    /// The case needs a dev vault.
    dev: bool,
}

/// How a command line ended.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    /// Both streams.
    pub(crate) output: String,
    pub(crate) took: Duration,
    /// Where the command wrote: `-o out`, or `-o o`.
    pub(crate) out: PathBuf,
    /// Copies of the case's files.
    pub(crate) hand: PathBuf,
    /// Keeps both.
    _scratch: Scratch,
}

impl Case {
    /// All of them, in the order of the index; none without a corpus.
    pub(crate) fn all() -> Vec<Self> {
        let Some(reports) = reports() else {
            support::say("skipped reports: KVCERT_CORPUS is not set");
            return Vec::new();
        };
        let index: Vec<Value> =
            serde_json::from_slice(&fs::read(reports.join("index.json")).unwrap()).unwrap();
        assert!(index.len() >= 195, "only {} cases", index.len());
        index.iter().map(Self::from_index).collect()
    }

    fn from_index(entry: &Value) -> Self {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let file = text("file");
        let command = text("command");
        let (dev, command) = match command.strip_prefix("(dev vault: kvcert dev) cd hand; ") {
            Some(command) => (true, command.to_owned()),
            None => (command.contains("--dev"), command),
        };
        Self {
            kind: text("kind"),
            file: file.rsplit('/').next().unwrap().to_owned(),
            command,
            expected: text("expected"),
            dev,
        }
    }

    /// The certificate that the command creates, which a later case may need.
    fn creates(&self) -> Option<&str> {
        let (_, rest) = self.command.split_once("kvcert create ")?;
        rest.split_whitespace().next()
    }

    fn names(&self, certificate: &str) -> bool {
        self.command
            .split_whitespace()
            .any(|word| word.trim_end_matches(';') == certificate)
    }

    /// What the case says about a conversation that servers and programs act.
    pub(crate) fn scenario(&self, hand: &Path) -> Option<Value> {
        let name = self.file.strip_prefix("signin-")?;
        let text = fs::read(hand.join(format!("signin-{name}"))).unwrap();
        Some(serde_json::from_slice(&text).unwrap())
    }
}

/// Runs the cases of one kind, those that need a dev vault against one of their own.
pub(crate) fn run<'c>(all: &'c [Case], kind: &str) -> Vec<(&'c Case, Outcome)> {
    let mut vault: Option<kvcert_dev::Access> = None;
    let mut outcomes = Vec::new();
    for case in all.iter().filter(|case| case.kind == kind) {
        let access = case
            .dev
            .then(|| &*vault.get_or_insert_with(|| dev::start(kvcert_dev::Options::default())));
        for earlier in all
            .iter()
            .take_while(|earlier| !std::ptr::eq(*earlier, case))
        {
            if earlier.kind != kind && earlier.creates().is_some_and(|name| case.names(name)) {
                run_one(earlier, access);
            }
        }
        outcomes.push((case, run_one(case, access)));
    }
    outcomes
}

fn run_one(case: &Case, access: Option<&kvcert_dev::Access>) -> Outcome {
    let scratch = Scratch::new();
    let reports = reports().unwrap();
    for folder in ["hand", "tools"] {
        copy(&reports.join(folder), &scratch.join(folder));
    }
    let hand = scratch.join("hand");
    // Sign-in cases are run from the folder above, as their command lines say.
    let folder = match case.file.starts_with("signin-") {
        true => scratch.path().to_owned(),
        false => hand.clone(),
    };
    let state = scratch.join("state");
    if let Some(access) = access {
        fs::create_dir_all(state.join("kvcert")).unwrap();
        let announcement = serde_json::to_vec(access).unwrap();
        fs::write(state.join("kvcert/dev.json"), announcement).unwrap();
    }
    let started = Instant::now();
    let output = Command::new("bash")
        .args(["-c", &case.command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path())
        .env("HOME", scratch.path())
        .env("XDG_STATE_HOME", state)
        .env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
        .env("KVCERT", env!("CARGO_BIN_EXE_kvcert"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let took = started.elapsed();
    let text = [output.stderr, output.stdout].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let code = output.status.code().expect("killed by a signal");
    let (code, output) = match case.file.starts_with("signin-") {
        true => as_told(&text).unwrap_or((code, text)),
        false => (code, text),
    };
    Outcome {
        code,
        output,
        took,
        out: hand.join(if case.command.ends_with(" -o o") {
            "o"
        } else {
            "out"
        }),
        hand,
        _scratch: scratch,
    }
}

/// The exit code and output that the script of the sign-in cases prints: `exit 4 after 0.1 s: error…`.
fn as_told(text: &str) -> Option<(i32, String)> {
    let (code, rest) = text.strip_prefix("exit ")?.split_once(" after ")?;
    let (_, output) = rest.split_once(" s: ")?;
    Some((code.parse().ok()?, output.to_owned()))
}

/// The judges' Python, the binary that is tested, and the system's programs.
fn path() -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_kvcert")).parent().unwrap();
    let python = support::judges_python("reports of sign-in");
    let python = python.as_deref().and_then(Path::parent);
    let system = std::env::var("PATH").unwrap();
    let first: Vec<&str> = [python, Some(binary)]
        .into_iter()
        .flatten()
        .map(|folder| folder.to_str().unwrap())
        .collect();
    format!("{}:{system}", first.join(":"))
}

fn reports() -> Option<PathBuf> {
    Some(support::corpus()?.join("reports"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // Written anew: the mode of a file that nobody may write is not copied.
        fs::write(to.join(entry.file_name()), fs::read(entry.path()).unwrap()).unwrap();
    }
}
