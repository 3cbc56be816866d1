//! Who may do what with a file: what is there, what a new one gets, and what is passed on.

use std::fs::File;
use std::io;
use std::path::Path;

use super::owner::Owner;
use super::{OutputError, PlannedFile, Policy, Secrecy};

/// Who may do what with a file. Only Unix knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) mode: u32,
    pub(super) owner: Owner,
    /// Whether owner and group are those of the file that is replaced.
    pub(super) is_kept: bool,
    /// Extended attributes of the file that is replaced: its access control list, its security
    /// label, and those of its user.
    pub(super) attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Access {
    /// Without anything that is passed on.
    pub(super) fn new(mode: u32, owner: Owner) -> Self {
        Self {
            mode,
            owner,
            is_kept: false,
            attributes: Vec::new(),
        }
    }

    /// Of a file that was not there.
    pub(super) fn of_new(file: &PlannedFile, policy: &Policy, owner: Owner) -> Self {
        let mode = match file.secrecy {
            Secrecy::Public => 0o644,
            Secrecy::Private => policy.mode.unwrap_or(0o600) & 0o777,
        };
        Self::new(mode, owner)
    }

    /// Of a file that was there as `now`, where `planned` is that of a new one: as it was, unless
    /// the caller named a mode or an owner.
    pub(super) fn kept(now: &Self, planned: &Self, file: &PlannedFile, policy: &Policy) -> Self {
        let is_private = file.secrecy == Secrecy::Private;
        let mode = match policy.mode {
            Some(_) if is_private => planned.mode,
            _ if is_private && (policy.afresh || file.replaces_public) => now.mode & planned.mode,
            _ => now.mode,
        };
        let owner = planned.owner;
        Self {
            mode,
            owner: owner.or(now.owner),
            is_kept: owner == Owner::default(),
            attributes: now.attributes.clone(),
        }
    }

    /// Whether it is that of a key that every user may read or change, although nobody asked for
    /// that.
    pub(super) fn is_exposed(&self, secrecy: Secrecy, policy: &Policy) -> bool {
        let is_open = cfg!(unix) && self.mode & 0o006 != 0;
        is_open && secrecy == Secrecy::Private && policy.mode.is_none()
    }
}

/// The access to an open file.
#[cfg(unix)]
pub(super) fn of(file: &File, path: &Path) -> Result<Option<Access>, OutputError> {
    use std::os::unix::fs::MetadataExt;

    let failed = |error| OutputError::io("read", path, error);
    let metadata = file.metadata().map_err(failed)?;
    let owner = Owner {
        uid: Some(metadata.uid()),
        gid: Some(metadata.gid()),
    };
    Ok(Some(Access {
        attributes: attributes(file).map_err(failed)?,
        ..Access::new(metadata.mode() & 0o7777, owner)
    }))
}

/// Modes and owners are not known here.
#[cfg(not(unix))]
pub(super) fn of(_file: &File, _path: &Path) -> Result<Option<Access>, OutputError> {
    Ok(None)
}

/// The extended attributes that a new file with other contents may have, too. Capabilities and
/// signatures are of the old contents.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn attributes(file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    use rustix::fs::{fgetxattr, flistxattr};
    use rustix::io::Errno;

    let mut names = vec![0; MAX_ATTRIBUTES];
    let length = match flistxattr(file, &mut names[..]) {
        Ok(length) => length,
        // Not every file system has them.
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let names = names[..length].split(|byte| *byte == 0);
    let mut found = Vec::new();
    for name in names.filter(|name| is_passed_on(name)) {
        let mut value = vec![0; MAX_ATTRIBUTES];
        match fgetxattr(file, name, &mut value[..]) {
            Ok(length) => value.truncate(length),
            // Gone meanwhile, or not for us to read.
            Err(_) if name != ACCESS_LIST => continue,
            Err(error) => return Err(error.into()),
        }
        found.push((name.to_vec(), value));
    }
    Ok(found)
}

/// Sets them on a new file. Without the access control list somebody could be locked out; the others
/// need rights that not everybody has.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn set_attributes(file: &File, access: &Access) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fsetxattr};

    for (name, value) in &access.attributes {
        let set = fsetxattr(file, name.as_slice(), value, XattrFlags::empty());
        if name == ACCESS_LIST {
            set?;
        }
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_passed_on(name: &[u8]) -> bool {
    name == ACCESS_LIST || name == b"security.selinux" || name.starts_with(b"user.")
}

/// POSIX access control lists are stored so.
#[cfg(any(target_os = "linux", target_os = "android"))]
const ACCESS_LIST: &[u8] = b"system.posix_acl_access";
/// Linux has no longer lists and values.
#[cfg(any(target_os = "linux", target_os = "android"))]
const MAX_ATTRIBUTES: usize = 64 << 10;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn attributes(_file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    Ok(Vec::new())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn set_attributes(_file: &File, _access: &Access) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PlannedFile {
        PlannedFile::new("web.key", Vec::new(), Secrecy::Private)
    }

    #[track_caller]
    fn check(now: u32, file: &PlannedFile, policy: &Policy, expected: u32) -> Access {
        let own = Owner {
            uid: Some(1),
            gid: Some(2),
        };
        let planned = Access::of_new(file, policy, Owner::default());
        let kept = Access::kept(&Access::new(now, own), &planned, file, policy);
        assert_eq!((kept.mode, kept.owner), (expected, own), "{now:o}");
        kept
    }

    #[test]
    fn what_is_there_keeps_its_mode_unless_one_is_named() {
        let public = PlannedFile::new("web.crt", Vec::new(), Secrecy::Public);
        let named = Policy {
            mode: Some(0o640),
            ..Policy::default()
        };
        check(0o640, &key(), &Policy::default(), 0o640);
        check(0o400, &key(), &Policy::default(), 0o400);
        check(0o600, &key(), &named, 0o640);
        check(0o600, &public, &named, 0o600);
        let open = check(0o644, &key(), &Policy::default(), 0o644);
        assert!(open.is_exposed(Secrecy::Private, &Policy::default()));
        assert!(!open.is_exposed(Secrecy::Private, &named));
        assert!(!open.is_exposed(Secrecy::Public, &Policy::default()));
    }

    #[test]
    fn a_mode_that_was_not_made_for_a_secret_is_not_kept() {
        let over_public = PlannedFile {
            replaces_public: true,
            ..key()
        };
        check(0o644, &over_public, &Policy::default(), 0o600);
        check(0o400, &over_public, &Policy::default(), 0o400);
        check(0o644, &key(), &Policy::for_own_files(), 0o600);
    }

    #[test]
    fn an_owner_that_is_named_replaces_the_old_one() {
        let (old, file) = (
            Owner {
                uid: Some(1),
                gid: Some(2),
            },
            key(),
        );
        let named = Owner {
            uid: Some(3),
            gid: None,
        };
        let policy = Policy::default();
        let planned = Access::of_new(&file, &policy, named);
        let kept = Access::kept(&Access::new(0o600, old), &planned, &file, &policy);
        assert_eq!((kept.owner.uid, kept.owner.gid), (Some(3), Some(2)));
        assert!(!kept.is_kept);
    }
}
