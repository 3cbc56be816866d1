//! A folder that is moved away and replaced by a link, at each step of a write in it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::output::disk::tests::{Fault, Scratch, arm, before_step};
use crate::output::{OutputError, PlannedFile, Policy, Secrecy, Writer, WrittenFile};

/// `certs` with an old pair, and `victim`, whose files have the same names.
fn set_up(name: &str, below: &str) -> (Scratch, PathBuf) {
    let thread = std::thread::current().id();
    let scratch = Scratch::new(&format!("swap-{name}-{thread:?}"));
    let certs = scratch.0.join("certs").join(below);
    fs::create_dir_all(&certs).unwrap();
    fs::create_dir_all(scratch.0.join("victim").join(below)).unwrap();
    arm(Fault::Never);
    write(&certs, "old").unwrap();
    for name in ["web.crt", "web.key", "precious"] {
        fs::write(scratch.0.join("victim").join(below).join(name), "victim's").unwrap();
    }
    (scratch, certs)
}

fn write(folder: &Path, generation: &str) -> Result<Vec<WrittenFile>, OutputError> {
    let file = |name: &str, secrecy| {
        PlannedFile::new(name, format!("{generation} {name}").into_bytes(), secrecy)
    };
    let files = [
        file("web.crt", Secrecy::Public),
        file("web.key", Secrecy::Private),
    ];
    let policy = Policy {
        force: true,
        ..Policy::default()
    };
    Writer::new(policy).write(folder, &files)
}

/// Puts a link to `victim` in the place of `certs`.
fn swap(scratch: &Path) {
    fs::rename(scratch.join("certs"), scratch.join("moved")).unwrap();
    symlink(scratch.join("victim"), scratch.join("certs")).unwrap();
}

#[track_caller]
fn assert_untouched(victim: &Path) {
    let entries = fs::read_dir(victim).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    assert_eq!(names, ["precious", "web.crt", "web.key"]);
    for name in names {
        assert_eq!(fs::read(victim.join(name)).unwrap(), b"victim's");
    }
}

/// How many steps a write has.
fn steps() -> usize {
    let (_scratch, certs) = set_up("count", "");
    arm(Fault::Never);
    write(&certs, "new").unwrap();
    arm(Fault::Never)
}

#[test]
fn a_write_stays_in_the_folder_that_it_began_in() {
    for below in ["", "inner/tls"] {
        for step in 0..steps() {
            let (scratch, certs) = set_up("write", below);
            let path = scratch.0.clone();
            before_step(step, move || swap(&path));
            write(&certs, "new").unwrap();
            assert_untouched(&scratch.0.join("victim").join(below));
            let moved = scratch.0.join("moved").join(below);
            for name in ["web.crt", "web.key"] {
                let expected = format!("new {name}");
                assert_eq!(fs::read_to_string(moved.join(name)).unwrap(), expected);
            }
            assert_eq!(fs::read_dir(&moved).unwrap().count(), 2, "{step}");
        }
    }
}

#[test]
fn a_write_that_fails_is_undone_in_the_folder_that_it_began_in() {
    for step in 0..steps() {
        for failing in step..steps() {
            let (scratch, certs) = set_up("undo", "");
            let path = scratch.0.clone();
            before_step(step, move || swap(&path));
            arm(Fault::Once(failing));
            let _ = write(&certs, "new");
            arm(Fault::Never);
            assert_untouched(&scratch.0.join("victim"));
        }
    }
}

#[test]
fn a_repair_stays_in_the_folder_that_it_began_in() {
    for killed in 0..steps() {
        for step in 0.. {
            let (scratch, certs) = set_up("repair", "");
            arm(Fault::From(killed));
            let _ = write(&certs, "new");
            let path = scratch.0.clone();
            before_step(step, move || swap(&path));
            write(&certs, "next").unwrap();
            assert_untouched(&scratch.0.join("victim"));
            if !scratch.0.join("moved").exists() {
                before_step(usize::MAX, || ()); // It was over before the swap.
                break;
            }
        }
    }
}
