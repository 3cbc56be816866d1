//! Another user owns the directory, or may write to it, and has prepared it. Root plays both: it
//! makes files and gives them away.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::time::Instant;

use super::*;

/// A directory of another user with something of root's beside it; none without root.
struct Home {
    folder: Folder,
}

impl Home {
    fn new(name: &str) -> Option<Self> {
        if !is_root() {
            skipped("only root can play two users");
            return None;
        }
        let folder = Folder::new(name);
        fs::set_permissions(&folder.path, Permissions::from_mode(0o755)).unwrap();
        let home = Self { folder };
        for name in ["root", "root/tls", "alice", "alice/certs", "alice/real"] {
            fs::create_dir(home.path(name)).unwrap();
        }
        for name in ["victim", "web.crt", "web.key", "tls/web.crt", "tls/web.key"] {
            fs::write(home.path("root").join(name), "precious").unwrap();
        }
        for name in ["alice", "alice/certs", "alice/real"] {
            home.give(name);
        }
        Some(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path.join(name)
    }

    /// Gives this to Alice; of a link, the link itself.
    fn give(&self, name: &str) {
        std::os::unix::fs::lchown(self.path(name), Some(ALICE), Some(ALICE)).unwrap();
    }

    fn link(&self, target: &Path, name: &str) {
        symlink(target, self.path(name)).unwrap();
        self.give(name);
    }

    fn write(&self, name: &str) -> Result<Vec<WrittenFile>, OutputError> {
        let policy = Policy {
            replace_links: true,
            ..force()
        };
        write_set(&self.path(name), &pair("new"), &policy)
    }

    #[track_caller]
    fn assert_untouched(&self) {
        for name in ["victim", "web.crt", "web.key", "tls/web.crt", "tls/web.key"] {
            let path = self.path("root").join(name);
            assert_eq!(fs::read(&path).unwrap(), b"precious", "{name}");
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!((metadata.uid(), mode(&path)), (0, 0o644), "{name}");
        }
        assert_eq!(fs::read_dir(self.path("root")).unwrap().count(), 4);
        assert_eq!(fs::read_dir(self.path("root/tls")).unwrap().count(), 2);
    }
}

const ALICE: u32 = 65534;

fn own_journal() -> String {
    format!(
        ".kvcert-journal-{}-0123456789ab",
        rustix::process::geteuid().as_raw()
    )
}

/// A journal that says that `name` was created by a write which did not end.
fn journal(name: &str, contents: &str) -> String {
    use sha2::{Digest, Sha256};

    let digest = hex::encode(Sha256::digest(contents));
    format!(
        r#"{{"version":3,"tag":"0123456789ab","sets":[[{{"name":"{name}","old":null,"new":"{digest}"}},{{"name":"gone","old":{{"file":"00"}},"new":"00"}}]]}}"#
    )
}

#[test]
fn a_journal_of_another_user_counts_for_nothing() {
    for sticky in [0o755, 0o1777] {
        let Some(home) = Home::new(&format!("foreign-journal-{sticky:o}")) else {
            return;
        };
        fs::set_permissions(home.path("alice/certs"), Permissions::from_mode(sticky)).unwrap();
        fs::write(home.path("alice/certs/victim"), "precious").unwrap();
        let absolute = home.path("root/victim");
        for name in ["victim", "../../root/victim", absolute.to_str().unwrap()] {
            for planted in [".kvcert-journal".to_owned(), own_journal()] {
                let planted = format!("alice/certs/{planted}");
                fs::write(home.path(&planted), journal(name, "precious")).unwrap();
                home.give(&planted);
                home.write("alice/certs").unwrap();
                assert!(home.path("alice/certs/victim").exists());
                home.assert_untouched();
                fs::remove_file(home.path(&planted)).unwrap();
            }
        }
    }
}

#[test]
fn a_journal_that_is_something_else_counts_for_nothing() {
    let Some(home) = Home::new("foreign-journal-kinds") else {
        return;
    };
    fs::write(home.path("alice/certs/victim"), "precious").unwrap();
    let planted = home.path("alice/certs").join(own_journal());
    let roots = home.path("journal");
    fs::write(&roots, journal("victim", "precious")).unwrap();
    let plant: [&dyn Fn(); 4] = [
        &|| symlink(&roots, &planted).unwrap(),
        &|| fs::hard_link(&roots, &planted).unwrap(),
        &|| {
            assert!(
                Command::new("mkfifo")
                    .arg(&planted)
                    .status()
                    .unwrap()
                    .success()
            )
        },
        &|| fs::create_dir(&planted).unwrap(),
    ];
    for plant in plant {
        plant();
        home.write("alice/certs").unwrap();
        assert!(home.path("alice/certs/victim").exists());
        home.assert_untouched();
        let _ = fs::remove_file(&planted).or_else(|_| fs::remove_dir(&planted));
    }
}

#[test]
fn a_link_of_another_user_is_not_followed() {
    let Some(home) = Home::new("foreign-link") else {
        return;
    };
    home.link(&home.path("root"), "alice/absolute");
    home.link(Path::new("../root"), "alice/relative");
    home.link(Path::new("../../root"), "alice/real/nested");
    home.link(Path::new("relative"), "alice/second");
    home.link(Path::new("/proc/self/cwd"), "alice/magic");
    // Root's own link is followed, and what Alice has behind it is not.
    symlink("alice/relative", home.path("roots-link")).unwrap();
    for (way, link) in [
        ("alice/absolute", "alice/absolute"),
        ("alice/absolute/tls", "alice/absolute"),
        ("alice/absolute/new/deep", "alice/absolute"),
        ("alice/relative", "alice/relative"),
        ("alice/relative/../root", "alice/relative"),
        ("alice/real/nested", "alice/real/nested"),
        ("alice/real/nested/tls/..", "alice/real/nested"),
        ("alice/certs/../second/tls", "alice/second"),
        ("alice/magic", "alice/magic"),
        ("roots-link/tls", "alice/relative"),
    ] {
        match home.write(way) {
            Err(OutputError::ForeignLink { path }) => assert_eq!(path, home.path(link), "{way}"),
            other => panic!("{way}: {other:?}"),
        }
        home.assert_untouched();
        let dry_run = Policy {
            dry_run: true,
            ..force()
        };
        let refused = write_set(&home.path(way), &pair("new"), &dry_run);
        assert!(
            matches!(refused, Err(OutputError::ForeignLink { .. })),
            "{way}"
        );
    }
}

#[test]
fn a_link_of_root_or_of_this_user_is_followed() {
    let Some(home) = Home::new("own-link") else {
        return;
    };
    symlink("../target", home.path("alice/link")).unwrap();
    fs::create_dir(home.path("target")).unwrap();
    home.write("alice/link/new").unwrap();
    assert_eq!(generation_of(&home.path("target/new/web.key")), "new");
    home.write("alice/link/../alice/certs").unwrap();
    assert_eq!(generation_of(&home.path("alice/certs/web.key")), "new");
    // Somebody else's second name for a link of root's is not where root put it.
    fs::hard_link(home.path("alice/link"), home.path("alice/again")).unwrap();
    let refused = home.write("alice/again");
    assert!(
        matches!(refused, Err(OutputError::ForeignLink { .. })),
        "{refused:?}"
    );
}

#[test]
fn what_is_planted_in_a_files_place_is_not_written_through() {
    let Some(home) = Home::new("foreign-target") else {
        return;
    };
    let key = home.path("alice/certs/web.key");
    let start = Instant::now();
    // A link is replaced, as asked for; a second name of root's file goes, and the file stays.
    home.link(Path::new("../../root/web.key"), "alice/certs/web.key");
    home.write("alice/certs").unwrap();
    home.assert_untouched();
    fs::remove_file(&key).unwrap();
    fs::hard_link(home.path("root/web.key"), &key).unwrap();
    home.write("alice/certs").unwrap();
    home.assert_untouched();
    fs::remove_file(&key).unwrap();
    for kind in ["p", "c"] {
        let numbers: &[&str] = if kind == "c" { &["1", "3"] } else { &[] };
        let made = Command::new("mknod")
            .arg(&key)
            .arg(kind)
            .args(numbers)
            .status();
        if !made.unwrap().success() {
            continue;
        }
        let refused = home.write("alice/certs");
        assert!(
            matches!(refused, Err(OutputError::NotAFile { .. })),
            "{refused:?}"
        );
        fs::remove_file(&key).unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// The same bytes are there, so that nothing is written; but what is there is root's own file.
#[test]
fn a_second_name_of_a_file_does_not_give_the_file_away() {
    let Some(home) = Home::new("foreign-adjust") else {
        return;
    };
    let roots = home.path("root/web.crt");
    fs::write(&roots, contents("new")).unwrap();
    fs::hard_link(&roots, home.path("alice/certs/web.crt")).unwrap();
    let policy = Policy {
        owner: Some(Principal::Id(ALICE)),
        ..Policy::default()
    };
    let written = write_set(&home.path("alice/certs"), &pair("new"), &policy).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Replaced, Outcome::Created]);
    assert_eq!(fs::metadata(&roots).unwrap().uid(), 0);
    let given = fs::metadata(home.path("alice/certs/web.crt")).unwrap();
    assert_eq!(given.uid(), ALICE);
}

/// What replaces a file has the access of that file: here anybody could have put it there.
#[test]
fn a_file_planted_where_anybody_may_write_is_not_replaced() {
    for way in ["planted", "second name"] {
        let Some(home) = Home::new(&format!("foreign-sticky-{}", way.len())) else {
            return;
        };
        let folder = home.path("root/tls");
        fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
        let key = folder.join("web.key");
        if way == "planted" {
            chown(&key, Some(ALICE), None).unwrap();
        } else {
            fs::hard_link(&key, home.path("second")).unwrap();
        }
        let refused = write_set(&folder, &pair("new"), &force());
        assert!(
            matches!(&refused, Err(OutputError::ForeignFile { path }) if *path == key),
            "{way}: {refused:?}"
        );
        assert_eq!(fs::read(&key).unwrap(), b"precious");
    }
    // Where only its owner may write, the file is the owner's.
    let Some(home) = Home::new("foreign-sticky") else {
        return;
    };
    fs::write(home.path("alice/certs/web.key"), "old").unwrap();
    home.give("alice/certs/web.key");
    home.write("alice/certs").unwrap();
    let key = fs::metadata(home.path("alice/certs/web.key")).unwrap();
    assert_eq!(key.uid(), ALICE);
}

#[test]
fn who_locks_the_directory_delays_a_write_but_does_not_stop_it() {
    for (mode, owner) in [(0o755, 0), (0o755, ALICE), (0o1777, 0)] {
        let Some(home) = Home::new(&format!("foreign-lock-{mode:o}-{owner}")) else {
            return;
        };
        let certs = home.path("alice/certs");
        chown(&certs, Some(owner), None).unwrap();
        fs::set_permissions(&certs, Permissions::from_mode(mode)).unwrap();
        let mut locks = Vec::new();
        for ending in ["", "0123456789ab"] {
            let name = format!(
                ".kvcert-lock-{}-{ending}",
                rustix::process::geteuid().as_raw()
            );
            if mode == 0o1777 {
                let path = certs.join(&name);
                fs::write(&path, "").unwrap();
                chown(&path, Some(ALICE), None).unwrap();
                locks.push(path);
            }
        }
        locks.push(certs.clone());
        let mut keepers: Vec<Child> = locks.iter().map(|path| keep_locked(path)).collect();
        let start = Instant::now();
        let written = home.write("alice/certs");
        let taken = start.elapsed();
        for keeper in &mut keepers {
            let group = rustix::process::Pid::from_child(keeper);
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
            keeper.wait().unwrap();
        }
        written.unwrap();
        assert!(taken < Duration::from_secs(10), "{taken:?}");
    }
}

/// Alice locks this and keeps it.
fn keep_locked(path: &Path) -> Child {
    let mut flock = Command::new("flock");
    flock
        .arg("--exclusive")
        .arg(path)
        .args(["-c", "echo locked; exec sleep 60"]);
    let child = flock
        .uid(ALICE)
        .gid(ALICE)
        .stdout(Stdio::piped())
        .process_group(0);
    let mut child = child.spawn().unwrap();
    let mut line = [0; 7];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut line).unwrap();
    child
}

#[test]
fn two_users_who_write_to_one_directory_take_turns() {
    let Some(home) = Home::new("two-users") else {
        return;
    };
    let certs = Folder {
        path: home.path("alice/certs"),
        is_ours: false,
    };
    certs.write("a", &Policy::default()).unwrap();
    for path in [certs.certificate(), certs.key()] {
        chown(path, Some(ALICE), Some(ALICE)).unwrap();
    }
    let writers = [
        start(&certs, "write-a", &[]),
        start(&certs, "write-b", &as_nobody()),
    ];
    for mut writer in writers {
        assert_eq!(writer.wait().unwrap().code(), Some(DONE));
    }
    let (certificate, key) = certs.pair();
    assert_eq!(certificate, key);
    assert_eq!(certs.names(), ["web.crt", "web.key"]);
}
