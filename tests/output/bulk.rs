//! Many sets at once.

use super::*;

/// More than go into one transaction.
const MANY: usize = 300;

#[test]
fn many_sets_are_written_in_their_order() {
    let folder = Folder::new("many");
    let results = write_sets(&folder.path, &sets(MANY, "old"), &Policy::default());
    assert_eq!(results.len(), MANY);
    for (number, written) in results.into_iter().enumerate() {
        let written = written.unwrap();
        assert_eq!(written[1].path, folder.path.join(format!("{number}.key")));
        assert_eq!(outcomes(&written), [Outcome::Created; 2]);
        assert_eq!(mode(&written[0].path), 0o644);
        assert_eq!(mode(&written[1].path), 0o600);
        assert_eq!(generation(&folder, number), "old");
    }
    assert_eq!(folder.names().len(), 2 * MANY);
    for (generation, outcome) in [("old", Outcome::Unchanged), ("new", Outcome::Replaced)] {
        for written in write_sets(&folder.path, &sets(MANY, generation), &force()) {
            assert_eq!(outcomes(&written.unwrap()), [outcome; 2]);
        }
    }
    assert_eq!(folder.names().len(), 2 * MANY);
}

#[test]
fn a_set_that_fails_does_not_stop_the_others() {
    for dry_run in [true, false] {
        let folder = Folder::new("one-fails");
        fs::write(folder.path.join("1.key"), "mine").unwrap();
        symlink("elsewhere", folder.path.join("2.crt")).unwrap();
        fs::create_dir(folder.path.join("3.key")).unwrap();
        let mut sets = sets(6, "new");
        sets[4][1].path = "../4.key".into();
        let policy = Policy {
            dry_run,
            ..Policy::default()
        };
        let results = write_sets(&folder.path, &sets, &policy);
        assert_eq!(
            outcomes(results[0].as_ref().unwrap()),
            [Outcome::Created; 2]
        );
        assert!(matches!(results[1], Err(OutputError::Exists { .. })));
        assert!(matches!(results[2], Err(OutputError::SymbolicLink { .. })));
        assert!(matches!(results[3], Err(OutputError::NotAFile { .. })));
        assert!(matches!(results[4], Err(OutputError::UnsafeName { .. })));
        assert_eq!(
            outcomes(results[5].as_ref().unwrap()),
            [Outcome::Created; 2]
        );
        let written: &[&str] = if dry_run {
            &["1.key", "2.crt", "3.key"]
        } else {
            &[
                "0.crt", "0.key", "1.key", "2.crt", "3.key", "5.crt", "5.key",
            ]
        };
        assert_eq!(folder.names(), written);
    }
}

#[test]
fn of_two_sets_that_want_one_path_the_first_gets_it() {
    let folder = Folder::new("same-path");
    let mut sets: Vec<Vec<PlannedFile>> =
        vec![pair("first").into(), Vec::new(), pair("second").into()];
    sets[2].remove(0);
    let results = write_sets(&folder.path, &sets, &force());
    assert_eq!(results[0].as_ref().unwrap().len(), 2);
    assert_eq!(results[1].as_ref().unwrap().len(), 0);
    let error = results[2].as_ref().unwrap_err().to_string();
    assert!(error.ends_with("another set has the same name"), "{error}");
    assert_eq!(folder.pair(), ("first".into(), "first".into()));
}

#[test]
fn each_set_may_have_a_folder_of_its_own() {
    let folder = Folder::new("sub-folders");
    fs::write(folder.path.join("7"), "in the way").unwrap();
    let mut sets = sets(30, "new");
    for (number, set) in sets.iter_mut().enumerate() {
        set[0].path = format!("{number}/cert.pem").into();
        set[1].path = format!("{number}/privkey.pem").into();
    }
    let results = write_sets(&folder.path, &sets, &Policy::default());
    for (number, result) in results.into_iter().enumerate() {
        if number == 7 {
            assert!(matches!(result, Err(OutputError::NotAFolder { .. })));
            continue;
        }
        let key = folder.path.join(format!("{number}/privkey.pem"));
        assert_eq!(result.unwrap()[1].path, key);
        assert_eq!(fs::read_to_string(&key).unwrap(), contents("new"));
        assert_eq!(mode(&key), 0o600);
        assert_eq!(fs::read_dir(key.parent().unwrap()).unwrap().count(), 2);
    }
}

#[test]
fn the_umask_changes_no_file_of_many() {
    for umask in ["000", "077"] {
        let folder = Folder::new(&format!("many-umask-{umask}"));
        let script = format!(r#"umask {umask}; exec "$@""#);
        run(&folder, "many-once", &["sh", "-c", &script, "sh"]);
        for number in 0..MANY {
            assert_eq!(mode(&folder.path.join(format!("{number}.crt"))), 0o644);
            assert_eq!(mode(&folder.path.join(format!("{number}.key"))), 0o600);
        }
    }
}

#[test]
fn a_set_that_is_too_large_costs_only_itself() {
    let folder = Folder::new("many-limit");
    let script = r#"trap '' XFSZ; ulimit -f 64; exec "$@""#;
    run(&folder, "many-limited", &["sh", "-c", script, "sh"]);
}

/// In a folder of thousands it takes longer than to write.
#[test]
fn a_writer_looks_for_leftovers_once_and_they_are_in_nobodys_way() {
    let folder = Folder::new("many-leftovers");
    let sets = sets(4, "new");
    let writer = Writer::new(Policy::default());
    let write = |some: &[_]| {
        for written in writer.write_sets(&folder.path, some) {
            assert_eq!(outcomes(&written.unwrap()), [Outcome::Created; 2]);
        }
    };
    write(&sets[..1]);
    // What a second writer leaves that dies between two writes of the first.
    let user = rustix::process::geteuid().as_raw();
    let left = format!(".kvcert-new-{user}-0123456789ab-2.key");
    fs::write(folder.path.join(&left), "half").unwrap();
    let of_another = format!(".kvcert-new-{}-0123456789ab-2.key", user + 1);
    fs::write(folder.path.join(&of_another), "half").unwrap();
    write(&sets[1..2]);
    write(&sets[2..3]);
    assert!(folder.names().contains(&left));
    write_sets(&folder.path, &sets[3..], &Policy::default());
    assert!(!folder.names().contains(&left));
    // Another user's write may be under way.
    assert!(folder.names().contains(&of_another));
    assert_eq!(folder.names().len(), 9);
}

#[test]
fn two_writers_of_the_same_many_sets_take_turns() {
    let folder = Folder::new("many-two");
    let writers = ["many-a", "many-b"].map(|job| start(&folder, job, &[]));
    for mut writer in writers {
        assert_eq!(writer.wait().unwrap().code(), Some(DONE));
    }
    let generations: Vec<String> = (0..50).map(|number| generation(&folder, number)).collect();
    // Who came last wrote all of them.
    assert!(generations.iter().all(|it| *it == generations[0]));
    assert_eq!(folder.names().len(), 100);
}

#[test]
fn a_killed_writer_of_many_leaves_no_torn_set_after_the_next_run() {
    let folder = Folder::new("many-killed");
    write_sets(&folder.path, &sets(50, "a"), &Policy::default());
    let probe = [PlannedFile::new("probe", Vec::new(), Secrecy::Public)];
    let (mut interrupted, mut torn) = (0, 0);
    for round in 0..60 {
        let mut writer = start(&folder, "many-forever", &[]);
        wait_for_a_write(&folder.path.join("0.crt"));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let random = u64::from(now.unwrap().subsec_nanos());
        // Soon after a write, and anywhere in the whole round of a slow writer.
        let span = if round % 2 == 0 {
            20_000_000
        } else {
            200_000_000
        };
        thread::sleep(Duration::from_nanos(random % span));
        writer.kill().unwrap();
        writer.wait().unwrap();

        let names = folder.names();
        interrupted += usize::from(names.iter().any(|name| name.starts_with('.')));
        for name in names.iter().filter(|name| name.contains("key")) {
            assert_eq!(mode(&folder.path.join(name)), 0o600, "{name}");
        }
        torn += (0..50).filter(|number| is_torn(&folder, *number)).count();
        write_set(&folder.path, &probe, &Policy::default()).unwrap();
        let still_torn: Vec<usize> = (0..50).filter(|n| is_torn(&folder, *n)).collect();
        assert!(still_torn.is_empty(), "round {round}: {still_torn:?}");
        assert_eq!(folder.names().len(), 101, "round {round}");
    }
    assert!(interrupted > 0, "no kill met a write");
    eprintln!("{interrupted} writes interrupted, {torn} pairs torn, all repaired");
}

/// What a process of its own does; `None` if that is no job of ours.
pub(super) fn job(name: &str) -> Option<()> {
    let here = Path::new(".");
    let repeat = |times: usize, generations: &[&str]| {
        for turn in 0..times {
            let sets = sets(50, generations[turn % generations.len()]);
            for written in write_sets(here, &sets, &force()) {
                written.unwrap();
            }
        }
    };
    match name {
        "many-once" => drop(write_sets(here, &sets(MANY, "new"), &Policy::default())),
        "many-a" => repeat(20, &["a"]),
        "many-b" => repeat(20, &["b"]),
        "many-forever" => repeat(usize::MAX, &["a", "b"]),
        "many-limited" => meet_a_limit(here),
        _ => return None,
    }
    Some(())
}

fn meet_a_limit(here: &Path) {
    let mut sets = sets(50, "new");
    sets[20][1].contents = vec![b'k'; 128 * 1024].into();
    let results = write_sets(here, &sets, &Policy::default());
    for (number, result) in results.iter().enumerate() {
        match result {
            Err(OutputError::DiskFull { path, .. }) => assert!(path.ends_with("20.key")),
            result => assert_eq!(outcomes(result.as_ref().unwrap()), [Outcome::Created; 2]),
        }
        assert_eq!(result.is_err(), number == 20);
    }
    assert_eq!(fs::read_dir(here).unwrap().count(), 98);
}

/// `0.crt` and `0.key`, `1.crt` and `1.key`, and so on.
fn sets(count: usize, generation: &str) -> Vec<[PlannedFile; 2]> {
    let set = |number| {
        let mut set = pair(generation);
        set[0].path = format!("{number}.crt").into();
        set[1].path = format!("{number}.key").into();
        set
    };
    (0..count).map(set).collect()
}

/// The generation of a set that must be whole.
#[track_caller]
fn generation(folder: &Folder, number: usize) -> String {
    let of = |ending: &str| generation_of(&folder.path.join(format!("{number}.{ending}")));
    assert_eq!(of("crt"), of("key"), "{number}");
    of("key")
}

fn is_torn(folder: &Folder, number: usize) -> bool {
    let of = |ending: &str| generation_of(&folder.path.join(format!("{number}.{ending}")));
    of("crt") != of("key")
}
