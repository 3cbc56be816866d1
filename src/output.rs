//! The one place that writes files.
//!
//! A [`Writer`] takes the files that belong together, a certificate and its key, and puts all of
//! them in their folder or none. They have been computed before: nothing here can fail for another
//! reason than the folder.
//!
//! - A file is created anew beside its target, with its final mode and owner before its first
//!   byte, synced, and renamed. A new private file is never readable by others, whatever the umask.
//! - A file that is replaced passes its mode, owner, group and access control list on to the new
//!   one, unless the [`Policy`] names others: a server that could read the old file reads the new
//!   one.
//! - Before the first rename a journal (`.kvcert-journal-*`) says which sets are being replaced by
//!   which. A failure half-way puts the old sets back. After a kill or a power cut the next write
//!   of the same user in that folder finishes each set, or puts the old one back, before it does
//!   anything else.
//! - A lock file (`.kvcert-lock-*`), which only its user can open, is held while a folder is being
//!   written, so two runs take turns.
//! - Nothing is left in the folder but the files: the journal, the lock and the temporaries
//!   (`.kvcert-new-*`, `.kvcert-old-*`) go as soon as the sets are whole.
//! - The folder may be another user's, or shared with others. It is opened once, and all that is done
//!   there goes by its descriptor and by names in it, so that nothing happens elsewhere. Links on
//!   the way to it are followed if they belong to this user or to root. What others have put there
//!   (journals, locks, temporaries) counts for nothing.
//!
//! A reader who opens the two files one after the other can still meet a new certificate and an
//! old key if both renames fall between, or find them so between a kill and the next run; no
//! file system can replace two files in one step.
//!
//! On Windows there are no modes and owners here: a file inherits the access control list of its
//! folder, so a private key is as private as the folder it is written to.

mod access;
mod batch;
mod commit;
mod disk;
mod error;
mod folder;
mod journal;
mod lock;
mod look;
mod names;
mod owner;
mod plan;

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kvcert_pki::sensitive::Sensitive;

pub use self::error::OutputError;
pub(crate) use self::folder::{Folder, Kind, is_own};
pub(crate) use self::look::existing;
pub(crate) use self::names::windows_problem;
pub use self::owner::Principal;

/// Writes sets as they come. It looks for what an interrupted write left once in each folder, not
/// each time: in a folder of thousands that takes longer than to write.
#[derive(Debug, Default)]
pub struct Writer {
    policy: Policy,
    /// What is known of folders.
    seen: Mutex<HashMap<PathBuf, Seen>>,
}

/// What a writer knows of a folder.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// It has been looked through.
    is_swept: bool,
    /// Another user keeps it locked.
    is_contested: bool,
}

impl Writer {
    /// A writer to any folder.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            seen: Mutex::default(),
        }
    }

    /// Writes `files`, which belong together, to `folder`: all of them or none.
    ///
    /// The folder, its parents and the sub-folder a set may ask for are created if they are missing,
    /// with mode 0755 less the umask: never writable by others, even with a umask of 000. All files
    /// of a set lie in the same folder.
    ///
    /// A file that is there already is replaced only with [`Policy::force`], and passes on who may
    /// access it. If it holds the planned bytes, it is not written, and keeps its inode and its times;
    /// see [`Outcome::Adjusted`] for the one thing that may change. A symbolic link in the last
    /// component is never written through: it may stay if what it leads to has the planned bytes, and
    /// [`Policy::replace_links`] replaces the link and leaves its target alone.
    ///
    /// It blocks: on the disk, and up to half a minute while another process writes to the folder.
    ///
    /// The result has one entry a file, in the order of `files`. With [`Policy::dry_run`] it says what
    /// would happen; nothing is written, locked or repaired.
    ///
    /// # Errors
    ///
    /// Whatever the error, the files that were there are whole, and nothing of the new set is left
    /// behind; the exception says so itself ([`OutputError::HalfWritten`]).
    ///
    /// ```
    /// use kvcert::output::{Outcome, PlannedFile, Secrecy, Writer};
    ///
    /// # let folder = std::env::temp_dir().join(format!("kvcert-doc-{}", std::process::id()));
    /// let files = [
    ///     PlannedFile::new("web.crt", b"certificate".to_vec(), Secrecy::Public),
    ///     PlannedFile::new("web.key", b"key".to_vec(), Secrecy::Private),
    /// ];
    /// let writer = Writer::default();
    /// let first = writer.write(&folder, &files)?;
    /// assert_eq!(first[1].outcome, Outcome::Created);
    /// # #[cfg(unix)]
    /// assert_eq!(first[1].mode, Some(0o600));
    /// let second = writer.write(&folder, &files)?;
    /// assert_eq!(second[1].outcome, Outcome::Unchanged);
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), kvcert::output::OutputError>(())
    /// ```
    pub fn write(
        &self,
        folder: &Path,
        files: &[PlannedFile],
    ) -> Result<Vec<WrittenFile>, OutputError> {
        let mut written = self.write_sets(folder, &[files]);
        written.pop().unwrap_or_else(|| Ok(Vec::new()))
    }

    /// Writes one file to `path`, where the user named it.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub fn write_file(
        &self,
        path: &Path,
        contents: Vec<u8>,
        secrecy: Secrecy,
    ) -> Result<WrittenFile, OutputError> {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let Some(name) = path.file_name() else {
            return Err(OutputError::UnsafeName {
                path: path.to_owned(),
                reason: "it names no file",
            });
        };
        let file = PlannedFile::new(name, contents, secrecy);
        Ok(self.write(folder, &[file])?.remove(0))
    }

    /// Writes many sets to `folder`, each as [`write`](Self::write) does, and much sooner than one by
    /// one: those that lie in the same folder are written together.
    ///
    /// There is one result a set, in the order of `sets`. A set that fails does not stop the others.
    /// If two sets want the same path, the second fails, with or without [`Policy::force`].
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write), for each set.
    pub fn write_sets<S: AsRef<[PlannedFile]>>(
        &self,
        folder: &Path,
        sets: &[S],
    ) -> Vec<Result<Vec<WrittenFile>, OutputError>> {
        match owner::resolve(&self.policy) {
            Ok(owner) => batch::write(folder, sets, self, owner),
            Err(error) => sets.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn seen(&self, folder: &Path) -> Seen {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(folder).copied().unwrap_or_default()
    }

    fn note(&self, folder: &Path, note: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        note(seen.entry(folder.to_path_buf()).or_default());
    }
}

/// Ends the interrupted writes of this user in `folder`, if there are any.
pub(crate) fn repair(folder: &Folder) -> Result<(), OutputError> {
    if commit::is_unsettled(folder)? {
        let _lock = lock::Lock::acquire(folder, lock::PATIENCE, true)?;
        commit::recover(folder)?;
    }
    Ok(())
}

/// Appends to a file that someone else made and reads after us, in one write, so that what others
/// append stays whole.
///
/// # Errors
/// [`OutputError`], if it is not there or cannot be written.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let opened = OpenOptions::new().append(true).open(path);
    opened
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| OutputError::io("append to", path, error))
}

/// What became of a set.
type Written = Result<Vec<WrittenFile>, OutputError>;

/// A file to be: computed, but not yet on disk.
#[derive(Debug)]
pub struct PlannedFile {
    /// Where, relative to the output folder: `web.crt` or `web/cert.pem`.
    pub path: PathBuf,
    /// The bytes. Certificates too are kept as if they were secret: it costs nothing.
    pub contents: Sensitive<Vec<u8>>,
    /// Who may read it.
    pub secrecy: Secrecy,
    /// Whether the file in its place holds nothing secret although this one does. Its mode was not
    /// made for a secret, and passes on no more than a new file has.
    pub replaces_public: bool,
}

impl PlannedFile {
    /// Plans `contents` for `path`, which is relative to the output folder.
    pub fn new(path: impl Into<PathBuf>, contents: Vec<u8>, secrecy: Secrecy) -> Self {
        Self {
            path: path.into(),
            contents: Sensitive::new(contents),
            secrecy,
            replaces_public: false,
        }
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Anyone: mode 0644 if it is new.
    Public,
    /// It holds a private key: mode 0600 if it is new, unless [`Policy::mode`] says otherwise.
    Private,
}

/// What a [`Writer`] may do, and for whom.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Replace files that are there and differ.
    pub force: bool,
    /// Replace symbolic links that are in the place of a file. What they lead to stays.
    pub replace_links: bool,
    /// Give a file that replaces another one the mode and owner of a new file, and correct those of
    /// a private file that others could read: for files that are the program's own.
    pub afresh: bool,
    /// Only say what would happen.
    pub dry_run: bool,
    /// The mode of private files, new or not; only its nine permission bits count. Without it, a
    /// new one has 0600, and one that is there keeps its own.
    pub mode: Option<u32>,
    /// The owner of all files of the set, new or not (Unix only).
    pub owner: Option<Principal>,
    /// The group of all files of the set, new or not (Unix only).
    pub group: Option<Principal>,
}

impl Policy {
    /// For files that are the program's own: whatever is in their place is replaced.
    pub fn for_own_files() -> Self {
        Self {
            force: true,
            replace_links: true,
            afresh: true,
            ..Self::default()
        }
    }
}

/// One file of a set that was written, or with [`Policy::dry_run`] would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Where: the output folder and the planned path.
    pub path: PathBuf,
    /// The mode it has now; none on Windows.
    pub mode: Option<u32>,
    /// The number of the user who owns it; none on Windows, or if the system is to decide.
    pub uid: Option<u32>,
    /// The number of its group; none as with the user.
    pub gid: Option<u32>,
    /// Whether it holds a private key that every user may read or change, although no mode was asked
    /// for.
    pub is_exposed: bool,
    /// The SHA-256 of its contents, in lower-case hexadecimal.
    pub sha256: String,
    /// What was done.
    pub outcome: Outcome,
}

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was none.
    Created,
    /// There was another one (or a symbolic link); it was replaced, as the [`Policy`] allows.
    Replaced,
    /// It was there with the same bytes, and was not touched.
    Unchanged,
    /// It was there with the same bytes, which were left alone, but had another mode or owner than
    /// the [`Policy`] names.
    Adjusted,
}
