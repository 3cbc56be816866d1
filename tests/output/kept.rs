//! What is there keeps who may access it, and the links that lead to it.

use std::os::unix::fs::chown;

use super::*;

fn owner_of(path: &Path) -> (u32, u32) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A group that is not the one of new files: any for root, else another one of this user's.
fn other_group() -> Option<u32> {
    if is_root() {
        return Some(12_345);
    }
    let own = rustix::process::getegid();
    let groups = rustix::process::getgroups().unwrap();
    let other = groups.into_iter().find(|group| *group != own);
    if other.is_none() {
        skipped("this user has only one group");
    }
    other.map(|group| group.as_raw())
}

#[test]
fn a_replaced_file_passes_on_mode_and_group() {
    let folder = Folder::new("kept");
    folder.write("old", &Policy::default()).unwrap();
    set_mode(&folder.key(), 0o640);
    set_mode(&folder.certificate(), 0o444);
    let group = other_group();
    if let Some(group) = group {
        chown(folder.key(), None, Some(group)).unwrap();
    }
    let before = owner_of(&folder.key());
    let written = folder.write("new", &force()).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Replaced; 2]);
    assert_eq!(
        (written[0].mode, written[1].mode),
        (Some(0o444), Some(0o640))
    );
    assert_eq!(
        (written[1].uid, written[1].gid),
        (Some(before.0), Some(before.1))
    );
    assert_eq!(folder.pair(), ("new".into(), "new".into()));
    assert_eq!(mode(&folder.key()), 0o640);
    assert_eq!(mode(&folder.certificate()), 0o444);
    assert_eq!(owner_of(&folder.key()), before);
    assert!(!written[1].is_exposed);
}

#[test]
fn a_second_run_takes_no_rights_away() {
    let folder = Folder::new("second");
    folder.write("old", &Policy::default()).unwrap();
    for permitted in [0o640, 0o440, 0o644, 0o666, 0o400] {
        set_mode(&folder.key(), permitted);
        for policy in [Policy::default(), force()] {
            let written = folder.write("old", &policy).unwrap();
            assert_eq!(outcomes(&written), [Outcome::Unchanged; 2], "{permitted:o}");
            assert_eq!(mode(&folder.key()), permitted);
            assert_eq!(written[1].mode, Some(permitted));
            // Others have access: the caller is to warn.
            assert_eq!(written[1].is_exposed, permitted & 0o006 != 0);
            assert!(!written[0].is_exposed);
        }
    }
}

#[test]
fn a_mode_that_is_named_replaces_the_old_one() {
    let folder = Folder::new("named");
    folder.write("old", &Policy::default()).unwrap();
    set_mode(&folder.key(), 0o644);
    let named = Policy {
        mode: Some(0o600),
        ..force()
    };
    let before = age(&folder.key());
    let written = folder.write("old", &named).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Unchanged, Outcome::Adjusted]);
    assert_eq!((mode(&folder.key()), stamp(&folder.key())), (0o600, before));
    set_mode(&folder.key(), 0o644);
    let written = folder.write("new", &named).unwrap();
    assert_eq!(written[1].outcome, Outcome::Replaced);
    assert_eq!(mode(&folder.key()), 0o600);
}

#[test]
fn the_mode_of_a_file_without_a_key_is_not_that_of_one_with_a_key() {
    let folder = Folder::new("was-public");
    fs::write(folder.key(), "certificates").unwrap();
    set_mode(&folder.key(), 0o644);
    let mut files = pair("new");
    files[1].replaces_public = true;
    let written = write_set(&folder.path, &files, &force()).unwrap();
    assert_eq!(written[1].outcome, Outcome::Replaced);
    assert_eq!((written[1].mode, mode(&folder.key())), (Some(0o600), 0o600));
}

#[test]
fn the_programs_own_files_are_as_new_ones() {
    let folder = Folder::new("own");
    folder.write("old", &Policy::default()).unwrap();
    set_mode(&folder.key(), 0o644);
    let own = Policy::for_own_files();
    let written = folder.write("old", &own).unwrap();
    assert_eq!(written[1].outcome, Outcome::Adjusted);
    assert_eq!(mode(&folder.key()), 0o600);
    set_mode(&folder.key(), 0o644);
    folder.write("new", &own).unwrap();
    assert_eq!(mode(&folder.key()), 0o600);
}

#[test]
fn a_folder_gives_its_group_to_new_files() {
    let Some(group) = other_group() else { return };
    let folder = Folder::new("setgid");
    chown(&folder.path, None, Some(group)).unwrap();
    set_mode(&folder.path, 0o2755);
    for (generation, policy) in [("old", Policy::default()), ("new", force())] {
        folder.write(generation, &policy).unwrap();
        assert_eq!(owner_of(&folder.key()).1, group);
        assert_eq!(owner_of(&folder.certificate()).1, group);
    }
    assert_eq!(mode(&folder.path), 0o2755);
    let own = rustix::process::getegid().as_raw();
    chown(folder.key(), None, Some(own)).unwrap();
    folder.write("newer", &force()).unwrap();
    assert_eq!(owner_of(&folder.key()).1, own);
}

/// Read and write for the owner, read for one more user, as `setfacl` stores it.
fn access_list() -> Vec<u8> {
    let nobody = u32::MAX;
    let entries: [(u16, u16, u32); 5] = [
        (0x01, 6, nobody),
        (0x02, 4, 12_345),
        (0x04, 0, nobody),
        (0x10, 4, nobody),
        (0x20, 0, nobody),
    ];
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

#[test]
#[cfg(target_os = "linux")]
fn an_access_control_list_is_passed_on() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};

    let folder = Folder::new("acl");
    folder.write("old", &Policy::default()).unwrap();
    let (name, list) = ("system.posix_acl_access", access_list());
    if let Err(error) = setxattr(folder.key(), name, &list, XattrFlags::empty()) {
        return skipped(&format!("no access control lists here: {error}"));
    }
    let has_label = setxattr(folder.key(), "user.label", b"mine", XattrFlags::empty()).is_ok();
    assert_eq!(mode(&folder.key()), 0o640);
    folder.write("new", &force()).unwrap();
    let mut there = vec![0; 1024];
    let length = getxattr(folder.key(), name, &mut there[..]).unwrap();
    assert_eq!(there[..length], list);
    assert_eq!(mode(&folder.key()), 0o640);
    if has_label {
        let length = getxattr(folder.key(), "user.label", &mut there[..]).unwrap();
        assert_eq!(&there[..length], b"mine");
    }
    // A mode that is named takes the list's entries with it, as `chmod` does.
    let named = Policy {
        mode: Some(0o600),
        ..force()
    };
    folder.write("newer", &named).unwrap();
    assert_eq!(mode(&folder.key()), 0o600);
}

#[test]
fn the_owner_is_kept_or_nothing_is_replaced() {
    let folder = Folder::new("owner-kept");
    folder.write("old", &Policy::default()).unwrap();
    if !is_root() {
        return skipped("only root can make a file of another user");
    }
    chown(folder.key(), Some(12_345), Some(12_346)).unwrap();
    set_mode(&folder.key(), 0o640);
    folder.write("newer", &force()).unwrap();
    assert_eq!(owner_of(&folder.key()), (12_345, 12_346));
    assert_eq!(mode(&folder.key()), 0o640);

    folder.write("old", &force()).unwrap();
    set_mode(&folder.key(), 0o644);
    chown(&folder.path, Some(unprivileged()), None).unwrap();
    chown(
        folder.certificate(),
        Some(unprivileged()),
        Some(unprivileged()),
    )
    .unwrap();
    run(&folder, "keep-owner", &as_nobody());
}

/// The job of a user who may write to the folder, but cannot give files to others.
pub(super) fn meet_the_file_of_another(folder: &Folder) {
    let refused = folder.write("new", &force());
    assert!(
        matches!(&refused, Err(OutputError::OwnerNotKept { path, owner, .. })
            if *path == folder.key() && owner == "12345:12346"),
        "{refused:?}"
    );
    assert_eq!(folder.pair(), ("old".into(), "old".into()));
    assert_eq!(folder.names(), ["web.crt", "web.key"]);
    // What is not replaced needs no owner.
    let written = folder.write("old", &force()).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Unchanged; 2]);
    let own = Policy {
        owner: Some(Principal::Id(rustix::process::geteuid().as_raw())),
        group: Some(Principal::Id(rustix::process::getegid().as_raw())),
        ..force()
    };
    folder.write("new", &own).unwrap();
    assert_eq!(folder.pair(), ("new".into(), "new".into()));
}

// --- links

#[test]
fn a_symbolic_link_is_replaced_only_if_that_is_asked_for() {
    let folder = Folder::new("link");
    let target = folder.path.join("target");
    fs::write(&target, "mine").unwrap();
    symlink("target", folder.key()).unwrap();
    for policy in [Policy::default(), force()] {
        let refused = folder.write("new", &policy);
        assert!(
            matches!(&refused, Err(OutputError::SymbolicLink { path }) if *path == folder.key()),
            "{refused:?}"
        );
        assert!(!folder.certificate().exists());
    }
    let replace_links = Policy {
        replace_links: true,
        ..Policy::default()
    };
    let written = folder.write("new", &replace_links).unwrap();
    assert_eq!(written[1].outcome, Outcome::Replaced);
    assert!(!fs::symlink_metadata(folder.key()).unwrap().is_symlink());
    assert_eq!(mode(&folder.key()), 0o600);
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    // A file that differs is no link.
    let refused = folder.write("newer", &replace_links);
    assert!(matches!(refused, Err(OutputError::Exists { .. })));
}

#[test]
fn a_link_to_the_same_bytes_stays() {
    let folder = Folder::new("same-link");
    folder.write("old", &Policy::default()).unwrap();
    fs::rename(folder.key(), folder.path.join("target")).unwrap();
    symlink("target", folder.key()).unwrap();
    for policy in [Policy::default(), force()] {
        let written = folder.write("old", &policy).unwrap();
        assert_eq!(outcomes(&written), [Outcome::Unchanged; 2]);
        assert!(fs::symlink_metadata(folder.key()).unwrap().is_symlink());
    }
}

#[test]
fn links_to_nowhere_and_to_what_is_no_file_are_links() {
    for to in ["nowhere", "/dev/zero", "/", "web.key"] {
        let folder = Folder::new(&format!("odd-link-{}", to.replace('/', "-")));
        symlink(to, folder.key()).unwrap();
        let refused = folder.write("new", &force());
        assert!(
            matches!(refused, Err(OutputError::SymbolicLink { .. })),
            "{to}"
        );
    }
}

#[test]
fn a_folder_that_is_reached_by_a_link_is_written_through_it() {
    let folder = Folder::new("folder-link");
    let (real, link) = (folder.path.join("real"), folder.path.join("live"));
    fs::create_dir(&real).unwrap();
    symlink("real", &link).unwrap();
    let file = |generation: &str| {
        let bytes = generation.as_bytes().to_vec();
        [PlannedFile::new(
            "live/privkey.pem",
            bytes,
            Secrecy::Private,
        )]
    };
    for generation in ["old", "new"] {
        write_set(&folder.path, &file(generation), &force()).unwrap();
        write_set(&link, &pair(generation), &force()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(
            fs::read_to_string(real.join("privkey.pem")).unwrap(),
            generation
        );
        assert_eq!(generation_of(&real.join("web.key")), generation);
    }
}
