use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use super::*;
use crate::output::disk::tests::{Fault, Scratch, arm, have_links};
use crate::output::owner::Owner;
use crate::output::{
    OutputError, PlannedFile, Policy, Principal, Secrecy, Writer, WrittenFile, plan,
};

/// How the folder looks before the write under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Pair,
    /// As `Pair`, but on a file system without links.
    PairUnlinkable,
    KeyOnly,
    /// The key is a symbolic link.
    LinkedKey,
}

const ALL: [Before; 5] = [
    Before::Nothing,
    Before::Pair,
    Before::PairUnlinkable,
    Before::KeyOnly,
    Before::LinkedKey,
];

/// What is in the folder: the contents of the certificate and of the key.
type Pair = (Option<String>, Option<String>);

impl Before {
    fn set_up(self) -> Scratch {
        let scratch = Scratch::new(&format!(
            "commit-{self:?}-{:?}",
            std::thread::current().id()
        ));
        match self {
            Self::Nothing => {}
            Self::Pair | Self::PairUnlinkable => {
                write_set(&scratch.0, &pair("old"), &Policy::default()).unwrap();
            }
            Self::KeyOnly => {
                write_set(&scratch.0, &pair("old")[1..], &Policy::default()).unwrap();
            }
            Self::LinkedKey => {
                write_set(&scratch.0, &pair("old")[..1], &Policy::default()).unwrap();
                symlink("elsewhere", scratch.0.join("web.key")).unwrap();
            }
        }
        have_links(self != Self::PairUnlinkable);
        scratch
    }

    /// Writes the new pair with `fault` in its way.
    fn write(self, scratch: &Scratch, fault: Fault) -> Result<(), OutputError> {
        arm(fault);
        let written = write_set(&scratch.0, &pair("new"), &forced());
        arm(Fault::Never);
        written.map(drop)
    }

    /// How many steps the write has if nothing goes wrong.
    fn steps(self) -> usize {
        let scratch = self.set_up();
        arm(Fault::Never);
        write_set(&scratch.0, &pair("new"), &forced()).unwrap();
        arm(Fault::Never)
    }
}

fn pair(generation: &str) -> [PlannedFile; 2] {
    let file = |name: &str, secrecy| {
        PlannedFile::new(name, format!("{generation} {name}").into_bytes(), secrecy)
    };
    [
        file("web.crt", Secrecy::Public),
        file("web.key", Secrecy::Private),
    ]
}

fn forced() -> Policy {
    Policy {
        force: true,
        replace_links: true,
        ..Policy::default()
    }
}

fn contents(scratch: &Scratch) -> Pair {
    let read = |name: &str| {
        let path = scratch.0.join(name);
        match fs::read_link(&path) {
            Ok(target) => Some(format!("-> {}", target.display())),
            Err(_) => fs::read_to_string(&path).ok(),
        }
    };
    (read("web.crt"), read("web.key"))
}

fn new_pair() -> Pair {
    (Some("new web.crt".into()), Some("new web.key".into()))
}

/// Another set is written to the folder: that is the next run, and it has to repair.
fn next_run(scratch: &Scratch) -> Result<(), OutputError> {
    let other = [PlannedFile::new(
        "other",
        b"other".to_vec(),
        Secrecy::Public,
    )];
    write_set(&scratch.0, &other, &Policy::default()).map(drop)
}

#[track_caller]
fn assert_no_strays(scratch: &Scratch) {
    let names = scratch.names();
    let is_stray = |name: &String| name.starts_with(names::PREFIX);
    assert!(!names.iter().any(is_stray), "{names:?}");
}

/// Everything with `key` in its name, temporaries too, is for its owner alone.
#[track_caller]
fn assert_keys_are_private(scratch: &Scratch) {
    for name in scratch.names() {
        let metadata = fs::symlink_metadata(scratch.0.join(&name)).unwrap();
        if name.contains("key") && metadata.is_file() {
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn a_kill_at_any_step_is_repaired_by_the_next_run() {
    for before in ALL {
        let old = contents(&before.set_up());
        let (mut forward, mut back) = (0, 0);
        for step in 0..before.steps() {
            let scratch = before.set_up();
            let _ = before.write(&scratch, Fault::From(step));
            assert_keys_are_private(&scratch);
            next_run(&scratch).unwrap();
            let now = contents(&scratch);
            assert!(
                now == old || now == new_pair(),
                "{before:?} {step}: {now:?}"
            );
            *(if now == old { &mut back } else { &mut forward }) += 1;
            assert_no_strays(&scratch);
            assert_keys_are_private(&scratch);
        }
        assert!(forward > 0 && back > 0, "{before:?}: {forward} {back}");
    }
}

#[test]
fn a_kill_during_the_repair_is_repaired_by_the_run_after() {
    for before in ALL {
        let old = contents(&before.set_up());
        for step in 0..before.steps() {
            for later in 0.. {
                let scratch = before.set_up();
                let _ = before.write(&scratch, Fault::From(step));
                arm(Fault::From(later));
                let _ = next_run(&scratch);
                let steps = arm(Fault::Never);
                next_run(&scratch).unwrap();
                let now = contents(&scratch);
                assert!(
                    now == old || now == new_pair(),
                    "{before:?} {step}: {now:?}"
                );
                assert_no_strays(&scratch);
                assert_keys_are_private(&scratch);
                if steps <= later {
                    break; // It was over before the kill.
                }
            }
        }
    }
}

#[test]
fn a_failure_at_any_step_puts_the_old_set_back() {
    for before in ALL {
        let old = contents(&before.set_up());
        let mut failures = 0;
        for step in 0..before.steps() {
            let scratch = before.set_up();
            let inode = |name: &str| {
                fs::symlink_metadata(scratch.0.join(name))
                    .map(|m| m.ino())
                    .ok()
            };
            let inodes = (inode("web.crt"), inode("web.key"));
            let result = before.write(&scratch, Fault::Once(step));
            if result.is_ok() {
                // What failed was a link, which can be done without, or the cleaning up.
                assert_eq!(contents(&scratch), new_pair(), "{before:?} {step}");
                next_run(&scratch).unwrap();
            } else {
                failures += 1;
                assert!(matches!(result, Err(OutputError::DiskFull { .. })));
                assert_eq!(contents(&scratch), old, "{before:?} {step}");
                assert_eq!((inode("web.crt"), inode("web.key")), inodes);
            }
            assert_no_strays(&scratch);
        }
        assert!(failures > 8, "{before:?}: {failures}");
    }
}

#[test]
fn a_restore_that_fails_too_is_said_and_made_up_for() {
    let mut half = 0;
    for step in 0..Before::Pair.steps() {
        let scratch = Before::Pair.set_up();
        if let Err(error @ OutputError::HalfWritten { .. }) =
            Before::Pair.write(&scratch, Fault::From(step))
        {
            half += 1;
            assert!(
                error.to_string().contains("not back yet (cannot"),
                "{error}"
            );
            assert!(scratch.names().iter().any(|name| names::is_journal(name)));
            next_run(&scratch).unwrap();
            assert_eq!(contents(&scratch), new_pair());
        }
    }
    assert!(half >= 2, "{half}");
}

/// Interrupts the write of a pair between its two renames.
fn interrupted(before: Before) -> Scratch {
    for step in 0..before.steps() {
        let scratch = before.set_up();
        let _ = before.write(&scratch, Fault::From(step));
        let (certificate, key) = contents(&scratch);
        if certificate == new_pair().0 && key != new_pair().1 {
            return scratch;
        }
    }
    panic!("there is no such moment");
}

#[test]
fn a_half_written_set_goes_forward() {
    let scratch = interrupted(Before::Pair);
    next_run(&scratch).unwrap();
    assert_eq!(contents(&scratch), new_pair());
}

#[test]
fn a_half_written_set_whose_new_key_is_lost_goes_back() {
    for before in ALL {
        let old = contents(&before.set_up());
        let scratch = interrupted(before);
        let names = scratch.names();
        let is_new =
            |name: &&String| name.starts_with(".kvcert-new-") && name.ends_with("-web.key");
        let new = names.iter().find(is_new).unwrap();
        fs::write(scratch.0.join(new), "new w").unwrap();
        next_run(&scratch).unwrap();
        assert_eq!(contents(&scratch), old, "{before:?}");
        assert_no_strays(&scratch);
    }
}

#[test]
fn what_someone_put_there_after_the_interruption_is_theirs() {
    let scratch = interrupted(Before::Pair);
    fs::write(scratch.0.join("web.key"), "mine").unwrap();
    next_run(&scratch).unwrap();
    assert_eq!(
        contents(&scratch),
        (Some("new web.crt".into()), Some("mine".into()))
    );
    assert_no_strays(&scratch);
}

#[test]
fn a_file_that_appears_after_the_look_is_not_replaced() {
    let scratch = Scratch::new("commit-race");
    let files = [pair("new")];
    let mut sets = plan::layouts(&scratch.0, &files);
    let set = sets.remove(0).unwrap().unwrap();
    let folder = Folder::create(&scratch.0).unwrap();
    let steps = plan::steps(&set, Some(&folder), &Policy::default(), Owner::default()).unwrap();
    fs::write(scratch.0.join("web.key"), "mine").unwrap();
    let result = commit(&folder, &[&steps]);
    assert!(
        matches!(&result, Err(OutputError::Exists { path }) if path.ends_with("web.key")),
        "{result:?}"
    );
    assert_eq!(contents(&scratch), (None, Some("mine".into())));
    assert_no_strays(&scratch);
}

#[test]
fn a_loose_key_is_tightened_before_it_changes_hands() {
    let policy = Policy {
        mode: Some(0o600),
        owner: Some(Principal::Id(12_345)),
        ..Policy::default()
    };
    let mut tightened = 0;
    for step in 0..8 {
        let scratch = Before::KeyOnly.set_up();
        let key = scratch.0.join("web.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        arm(Fault::From(step));
        let _ = write_set(&scratch.0, &pair("old")[1..], &policy);
        arm(Fault::Never);
        let now = fs::metadata(&key).unwrap();
        assert!(now.uid() != 12_345 || now.mode() & 0o777 == 0o600, "{step}");
        tightened += usize::from(now.uid() != 12_345 && now.mode() & 0o777 == 0o600);
    }
    assert!(tightened > 0);
}

#[test]
fn the_repair_follows_from_what_is_there() {
    let remains = |state, can_go_forward, can_go_back| Remains {
        state,
        can_go_forward,
        can_go_back,
    };
    let old = remains(State::Old, true, true);
    let old_only = remains(State::Old, false, true);
    let new = remains(State::New, true, true);
    let new_only = remains(State::New, true, false);
    let missing = remains(State::Missing, false, true);
    let foreign = remains(State::Foreign, true, true);
    let check = |set: &[Remains], expected| assert_eq!(decide(set), expected, "{set:?}");
    check(&[old, old], Repair::None);
    check(&[new, new_only], Repair::None);
    check(&[new_only, old], Repair::Forward);
    check(&[new, old_only], Repair::Back);
    check(&[new, missing], Repair::Back);
    check(&[missing], Repair::Back);
    check(&[new_only, old_only], Repair::None);
    check(&[new, old, foreign], Repair::None);
}

/// A writer for this set alone.
fn write_set(
    folder: &Path,
    files: &[PlannedFile],
    policy: &Policy,
) -> Result<Vec<WrittenFile>, OutputError> {
    Writer::new(policy.clone()).write(folder, files)
}
