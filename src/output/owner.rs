//! Owner and group, by name or number.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use super::{OutputError, Policy};

/// A user or a group, by number or by name. What is all digits is a number.
///
/// ```
/// use kvcert::output::Principal;
///
/// assert_eq!("33".parse(), Ok(Principal::Id(33)));
/// assert_eq!("www-data".parse(), Ok(Principal::Name("www-data".into())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A user or group number. It need not have a name.
    Id(u32),
    /// A name, looked up when the files are written.
    Name(String),
}

impl FromStr for Principal {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.parse() {
            Ok(id) if text.bytes().all(|byte| byte.is_ascii_digit()) => Self::Id(id),
            _ => Self::Name(text.to_owned()),
        })
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Owner and group as numbers; none is "whatever the system gives a new file".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
}

impl Owner {
    /// This one, and `other` where it leaves something to the system.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            uid: self.uid.or(other.uid),
            gid: self.gid.or(other.gid),
        }
    }
}

/// As `user:group`, by number.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |id: Option<u32>| id.map(|id| id.to_string()).unwrap_or_default();
        write!(f, "{}:{}", shown(self.uid), shown(self.gid))
    }
}

/// Looks up the owner and the group that `policy` names.
pub(super) fn resolve(policy: &Policy) -> Result<Owner, OutputError> {
    Ok(Owner {
        uid: lookup("user", policy.owner.as_ref(), user_number)?,
        gid: lookup("group", policy.group.as_ref(), group_number)?,
    })
}

fn lookup(
    what: &'static str,
    wanted: Option<&Principal>,
    find: fn(&str) -> Option<u32>,
) -> Result<Option<u32>, OutputError> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let number = match wanted {
        // To the system, the highest number means "leave it as it is".
        Principal::Id(id) => Some(*id).filter(|id| cfg!(unix) && *id != u32::MAX),
        Principal::Name(name) => find(name),
    };
    let unknown = || OutputError::UnknownPrincipal {
        what,
        name: wanted.to_string(),
    };
    number.ok_or_else(unknown).map(Some)
}

// A directory service that cannot be asked is, for us, one that does not know the name.
#[cfg(unix)]
fn user_number(name: &str) -> Option<u32> {
    let user = nix::unistd::User::from_name(name).ok()??;
    Some(user.uid.as_raw())
}

#[cfg(unix)]
fn group_number(name: &str) -> Option<u32> {
    let group = nix::unistd::Group::from_name(name).ok()??;
    Some(group.gid.as_raw())
}

#[cfg(not(unix))]
fn user_number(_name: &str) -> Option<u32> {
    None
}

#[cfg(not(unix))]
fn group_number(_name: &str) -> Option<u32> {
    None
}
