use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::output::disk::tests::{Fault, Scratch, arm, have_links};
use crate::output::{OutputError, PlannedFile, Policy, Secrecy, Writer, WrittenFile, names};

/// A set of which nothing is there yet, one that is there whole, and one with its key alone.
const NAMES: [&str; 3] = ["anew", "whole", "key-only"];

/// What is there of a set: the contents of the certificate and of the key.
type Pair = (Option<String>, Option<String>);

fn pair(name: &str, generation: &str) -> [PlannedFile; 2] {
    let file = |ending: &str, secrecy| {
        let contents = format!("{generation} {name}.{ending}").into_bytes();
        PlannedFile::new(format!("{name}.{ending}"), contents, secrecy)
    };
    [file("crt", Secrecy::Public), file("key", Secrecy::Private)]
}

/// A folder as it is before the write, on a file system with links or without.
fn set_up(links: bool) -> Scratch {
    let thread = std::thread::current().id();
    let scratch = Scratch::new(&format!("batch-{links}-{thread:?}"));
    arm(Fault::Never);
    have_links(links);
    for (name, from) in [("whole", 0), ("key-only", 1)] {
        write_set(&scratch.0, &pair(name, "old")[from..], &Policy::default()).unwrap();
    }
    scratch
}

/// Writes the new sets with `fault` in the way; returns for each if it was written.
fn write(scratch: &Scratch, fault: Fault) -> Vec<bool> {
    let policy = Policy {
        force: true,
        ..Policy::default()
    };
    let sets = NAMES.map(|name| pair(name, "new"));
    arm(fault);
    let results = Writer::new(policy).write_sets(&scratch.0, &sets);
    results.iter().map(Result::is_ok).collect()
}

/// How many steps the write has if nothing goes wrong.
fn steps(links: bool) -> usize {
    write(&set_up(links), Fault::Never);
    arm(Fault::Never)
}

fn next_run(scratch: &Scratch) -> Result<(), OutputError> {
    let other = PlannedFile::new("other", b"other".to_vec(), Secrecy::Public);
    write_set(&scratch.0, &[other], &Policy::default()).map(drop)
}

fn contents(scratch: &Scratch) -> [Pair; 3] {
    let read = |path: String| fs::read_to_string(scratch.0.join(path)).ok();
    NAMES.map(|name| (read(format!("{name}.crt")), read(format!("{name}.key"))))
}

fn new(name: &str) -> Pair {
    let contents = |ending| Some(format!("new {name}.{ending}"));
    (contents("crt"), contents("key"))
}

/// Each set is whole, old or new; says which are new.
#[track_caller]
fn are_new(scratch: &Scratch, old: &[Pair; 3], moment: &str) -> Vec<bool> {
    let now = contents(scratch);
    let sets = NAMES.iter().zip(&now).zip(old);
    let is_new = |((name, now), old): ((&&str, &Pair), &Pair)| {
        assert!(*now == new(name) || now == old, "{moment}: {now:?}");
        *now == new(name)
    };
    sets.map(is_new).collect()
}

#[track_caller]
fn assert_tidy(scratch: &Scratch, moment: &str) {
    let names = scratch.names();
    let is_stray = |name: &String| name.starts_with(names::PREFIX);
    assert!(!names.iter().any(is_stray), "{moment}: {names:?}");
}

/// Keys are for their owner alone, temporaries too.
#[track_caller]
fn assert_private(scratch: &Scratch, moment: &str) {
    for name in scratch.names().iter().filter(|name| name.ends_with("key")) {
        let metadata = fs::symlink_metadata(scratch.0.join(name)).unwrap();
        let mode = metadata.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{moment}: {name}");
    }
}

#[test]
fn a_failure_at_any_step_costs_no_set_that_can_be_written() {
    for links in [true, false] {
        let old = contents(&set_up(links));
        let mut refused = 0;
        for step in 0..steps(links) {
            let scratch = set_up(links);
            let written = write(&scratch, Fault::Once(step));
            arm(Fault::Never);
            let moment = format!("{links} {step}");
            assert_eq!(are_new(&scratch, &old, &moment), written, "{moment}");
            refused += usize::from(written.contains(&false));
            if !written.contains(&false) {
                next_run(&scratch).unwrap(); // It was perhaps the cleaning up that failed.
            }
            assert_tidy(&scratch, &moment);
        }
        // The folder itself could not be had.
        assert_eq!(refused, 1);
    }
}

#[test]
fn a_kill_at_any_step_leaves_sets_that_the_next_run_makes_whole() {
    for links in [true, false] {
        let old = contents(&set_up(links));
        let (mut forward, mut back, mut mixed) = (0, 0, 0);
        for step in 0..steps(links) {
            let scratch = set_up(links);
            let written = write(&scratch, Fault::From(step));
            arm(Fault::Never);
            let moment = format!("{links} {step}");
            assert_private(&scratch, &moment);
            next_run(&scratch).unwrap();
            let is_new = are_new(&scratch, &old, &moment);
            let kept = written.iter().zip(&is_new).all(|(was, is)| !was || *is);
            assert!(kept, "{moment}: a set was written, and is gone");
            match (is_new.contains(&true), is_new.contains(&false)) {
                (true, false) => forward += 1,
                (false, true) => back += 1,
                _ => mixed += 1,
            }
            assert_tidy(&scratch, &moment);
            assert_private(&scratch, &moment);
        }
        assert!(
            forward > 0 && back > 0 && mixed > 0,
            "{forward} {back} {mixed}"
        );
    }
}

#[test]
fn a_kill_during_the_repair_of_several_sets_is_repaired_too() {
    let old = contents(&set_up(true));
    for step in 0..steps(true) {
        for later in 0.. {
            let scratch = set_up(true);
            write(&scratch, Fault::From(step));
            arm(Fault::From(later));
            let _ = next_run(&scratch);
            let steps = arm(Fault::Never);
            next_run(&scratch).unwrap();
            let moment = format!("{step} {later}");
            are_new(&scratch, &old, &moment);
            assert_tidy(&scratch, &moment);
            assert_private(&scratch, &moment);
            if steps <= later {
                break; // It was over before the kill.
            }
        }
    }
}

/// A set that somebody has had a hand in is theirs; that is no reason to leave the others torn.
#[test]
fn each_set_is_repaired_for_itself() {
    let torn = |scratch: &Scratch| {
        let [anew, whole, _] = contents(scratch);
        anew == new("anew") && whole.0 == new("whole").0 && whole.1 != new("whole").1
    };
    for step in 0..steps(true) {
        let scratch = set_up(true);
        write(&scratch, Fault::From(step));
        arm(Fault::Never);
        if torn(&scratch) {
            fs::write(scratch.0.join("anew.key"), "mine").unwrap();
            next_run(&scratch).unwrap();
            let [anew, whole, _] = contents(&scratch);
            assert_eq!(anew, (new("anew").0, Some("mine".into())));
            assert_eq!(whole, new("whole"));
            assert_tidy(&scratch, "theirs");
            return;
        }
    }
    panic!("there is no such moment");
}

/// A writer for this set alone.
fn write_set(
    folder: &Path,
    files: &[PlannedFile],
    policy: &Policy,
) -> Result<Vec<WrittenFile>, OutputError> {
    Writer::new(policy.clone()).write(folder, files)
}
