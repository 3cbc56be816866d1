//! Files on a real disk: links, modes, owners, umasks, full and read-only folders, two writers at
//! once, and a process that is killed. What cannot be had here is skipped, and says so.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests set the scene, and a worker is told its job in the environment"
)]

mod bulk;
mod foreign;
mod kept;

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use kvcert::output::{
    Outcome, OutputError, PlannedFile, Policy, Principal, Secrecy, Writer, WrittenFile,
};

// --- what is there already

#[test]
fn a_file_that_differs_stops_the_whole_set() {
    let folder = Folder::new("differs");
    fs::write(folder.key(), "mine").unwrap();
    let error = folder.write("new", &Policy::default()).unwrap_err();
    assert!(matches!(&error, OutputError::Exists { path } if *path == folder.key()));
    assert_eq!(
        error.to_string(),
        format!("`{}` exists and differs", folder.key().display())
    );
    assert_eq!(folder.names(), ["web.key"]);
    assert_eq!(fs::read(folder.key()).unwrap(), b"mine");

    let written = folder.write("new", &force()).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Created, Outcome::Replaced]);
    assert_eq!(folder.pair(), ("new".into(), "new".into()));
}

#[test]
fn the_same_bytes_are_not_touched() {
    let folder = Folder::new("same");
    folder.write("old", &Policy::default()).unwrap();
    let before = (age(&folder.certificate()), age(&folder.key()));
    for policy in [Policy::default(), force()] {
        let written = folder.write("old", &policy).unwrap();
        assert_eq!(outcomes(&written), [Outcome::Unchanged; 2]);
    }
    assert_eq!((stamp(&folder.certificate()), stamp(&folder.key())), before);
}

#[test]
fn what_is_no_file_is_never_replaced() {
    let folder = Folder::new("no-file");
    fs::create_dir(folder.key()).unwrap();
    let refused = folder.write("new", &force());
    assert!(matches!(refused, Err(OutputError::NotAFile { path }) if path == folder.key()));
    assert_eq!(folder.names(), ["web.key"]);
}

// --- the folder

#[test]
fn missing_folders_are_created() {
    let folder = Folder::new("missing");
    let out = folder.path.join("a/b");
    let files = [PlannedFile::new(
        "web/privkey.pem",
        b"key".to_vec(),
        Secrecy::Private,
    )];
    let written = write_set(&out, &files, &Policy::default()).unwrap();
    assert_eq!(written[0].path, out.join("web/privkey.pem"));
    assert_eq!(fs::read(&written[0].path).unwrap(), b"key");

    let in_the_way = write_set(&written[0].path, &files, &Policy::default());
    assert!(
        matches!(in_the_way, Err(OutputError::NotAFolder { .. })),
        "{in_the_way:?}"
    );
}

#[test]
fn a_dry_run_checks_everything_and_writes_nothing() {
    let folder = Folder::new("dry");
    let dry = |force| Policy {
        force,
        dry_run: true,
        ..Policy::default()
    };
    let out = folder.path.join("a/b");
    let written = write_set(&out, &pair("new"), &dry(false)).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Created; 2]);
    assert_eq!(written[1].mode, Some(0o600));
    assert_eq!(folder.names(), [""; 0]);

    fs::write(folder.key(), "mine").unwrap();
    let refused = folder.write("new", &dry(false));
    assert!(matches!(refused, Err(OutputError::Exists { .. })));
    let written = folder.write("new", &dry(true)).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Created, Outcome::Replaced]);
    assert_eq!(fs::read(folder.key()).unwrap(), b"mine");
    assert_eq!(folder.names(), ["web.key"]);
}

#[test]
fn a_read_only_folder_is_left_as_it_was() {
    let folder = Folder::new("read-only");
    folder.write("old", &Policy::default()).unwrap();
    for path in [folder.certificate(), folder.key(), folder.path.clone()] {
        std::os::unix::fs::chown(path, Some(unprivileged()), None).unwrap();
    }
    fs::set_permissions(&folder.path, Permissions::from_mode(0o555)).unwrap();
    run(&folder, "read-only", &as_nobody());
    fs::set_permissions(&folder.path, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(folder.pair(), ("old".into(), "old".into()));
    assert_eq!(folder.names(), ["web.crt", "web.key"]);
}

#[test]
fn a_full_disk_leaves_the_old_set() {
    let folder = Folder::new("full");
    let script = r#"mount -t tmpfs -o size=64k none . && cd "$PWD" && exec "$@""#;
    let flags = if is_root() { "-m" } else { "-rm" };
    run(
        &folder,
        "full",
        &["unshare", flags, "sh", "-c", script, "sh"],
    );
}

#[test]
fn a_limit_on_file_size_leaves_the_old_set() {
    let folder = Folder::new("limit");
    let script = r#"trap '' XFSZ; ulimit -f 64; exec "$@""#;
    run(&folder, "full", &["sh", "-c", script, "sh"]);
}

#[test]
fn a_file_that_cannot_be_replaced_brings_the_old_set_back() {
    let folder = Folder::new("immutable");
    folder.write("old", &Policy::default()).unwrap();
    let chattr = |flag: &str| {
        let run = Command::new("chattr").arg(flag).arg(folder.key()).output();
        run.is_ok_and(|output| output.status.success())
    };
    if !chattr("+i") {
        return skipped("chattr +i is not permitted here");
    }
    let refused = folder.write("new", &force());
    assert!(chattr("-i"));
    assert!(
        matches!(&refused, Err(OutputError::Denied { path, .. }) if *path == folder.key()),
        "{refused:?}"
    );
    assert_eq!(folder.pair(), ("old".into(), "old".into()));
    assert_eq!(folder.names(), ["web.crt", "web.key"]);
}

// --- modes and owners

#[test]
fn the_umask_changes_no_file() {
    for umask in ["000", "077"] {
        let folder = Folder::new(&format!("umask-{umask}"));
        let script = format!(r#"umask {umask}; exec "$@""#);
        run(&folder, "once", &["sh", "-c", &script, "sh"]);
        let sub_folder = folder.path.join("made");
        assert_eq!(mode(&sub_folder.join("web.crt")), 0o644);
        assert_eq!(mode(&sub_folder.join("web.key")), 0o600);
        let expected = if umask == "000" { 0o755 } else { 0o700 };
        assert_eq!(mode(&sub_folder), expected);
    }
}

#[test]
fn the_mode_is_that_of_the_private_file() {
    let folder = Folder::new("mode");
    let policy = |mode| Policy {
        mode: Some(mode),
        ..Policy::default()
    };
    let written = folder.write("old", &policy(0o440)).unwrap();
    assert_eq!(written[1].mode, Some(0o440));
    assert_eq!(
        (mode(&folder.certificate()), mode(&folder.key())),
        (0o644, 0o440)
    );
    let before = age(&folder.key());
    let written = folder.write("old", &policy(0o640)).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Unchanged, Outcome::Adjusted]);
    assert_eq!((mode(&folder.key()), stamp(&folder.key())), (0o640, before));
}

#[test]
fn owner_and_group_go_by_name_or_number() {
    let folder = Folder::new("owner");
    let as_owner = |owner: &str, group: &str| Policy {
        owner: owner.parse().ok(),
        group: group.parse().ok(),
        ..force()
    };
    let nobody_knows = folder.write("new", &as_owner("no-such-user", "0"));
    assert!(matches!(
        nobody_knows,
        Err(OutputError::UnknownPrincipal { what: "user", name }) if name == "no-such-user"
    ));
    let highest = folder.write("new", &as_owner("0", "4294967295"));
    assert!(matches!(
        highest,
        Err(OutputError::UnknownPrincipal { what: "group", .. })
    ));
    assert_eq!(folder.names(), [""; 0]);
    if !is_root() {
        return skipped("only root can give files away");
    }
    let daemon = Command::new("id").args(["-g", "daemon"]).output().unwrap();
    let daemon: u32 = String::from_utf8(daemon.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let owner_of = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    };
    folder.write("old", &as_owner("12345", "daemon")).unwrap();
    assert_eq!(owner_of(&folder.key()), (12345, daemon));
    assert_eq!(owner_of(&folder.certificate()), (12345, daemon));
    let written = folder.write("old", &as_owner("root", "daemon")).unwrap();
    assert_eq!(outcomes(&written), [Outcome::Adjusted; 2]);
    assert_eq!(owner_of(&folder.key()), (0, daemon));
    assert_eq!(mode(&folder.key()), 0o600);
}

#[test]
fn files_cannot_be_given_away_by_just_anyone() {
    let folder = Folder::new("give-away");
    std::os::unix::fs::chown(&folder.path, Some(unprivileged()), None).unwrap();
    run(&folder, "give-away", &as_nobody());
    assert_eq!(folder.names(), [""; 0]);
}

// --- more than one process

#[test]
fn two_writers_take_turns() {
    let folder = Folder::new("two");
    folder.write("a", &Policy::default()).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut generations = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let (certificate, key) = folder.pair();
                generations.extend([certificate, key]);
            }
            generations.sort();
            generations.dedup();
            generations
        });
        let writers = ["write-a", "write-b"].map(|job| start(&folder, job, &[]));
        let statuses = writers.map(|mut writer| writer.wait().unwrap());
        done.store(true, Ordering::Relaxed);
        assert!(
            statuses.iter().all(|status| status.code() == Some(DONE)),
            "{statuses:?}"
        );
        // Each file was there and whole at every moment.
        assert_eq!(reader.join().unwrap(), ["a", "b"]);
    });
    let (certificate, key) = folder.pair();
    assert_eq!(certificate, key);
    assert_eq!(folder.names(), ["web.crt", "web.key"]);
}

#[test]
fn a_killed_writer_leaves_no_trace_after_the_next_run() {
    let folder = Folder::new("killed");
    folder.write("a", &Policy::default()).unwrap();
    let probe = [PlannedFile::new(
        "probe",
        b"probe".to_vec(),
        Secrecy::Public,
    )];
    let (mut interrupted, mut mismatched) = (0, 0);
    for round in 0..150 {
        let mut writer = start(&folder, "write-forever", &[]);
        wait_for_a_write(&folder.certificate());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let random = u64::from(now.unwrap().subsec_nanos());
        thread::sleep(Duration::from_nanos(random % 3_000_000));
        writer.kill().unwrap();
        writer.wait().unwrap();

        let names = folder.names();
        interrupted += usize::from(names.iter().any(|name| name.starts_with('.')));
        mismatched += usize::from(folder.pair().0 != folder.pair().1);
        for name in names.iter().filter(|name| name.contains("key")) {
            assert_eq!(mode(&folder.path.join(name)), 0o600, "{name}");
        }
        write_set(&folder.path, &probe, &Policy::default()).unwrap();
        let (certificate, key) = folder.pair();
        assert_eq!(certificate, key, "round {round}");
        assert_eq!(mode(&folder.certificate()), 0o644);
        assert_eq!(mode(&folder.key()), 0o600);
        assert_eq!(
            folder.names(),
            ["probe", "web.crt", "web.key"],
            "round {round}"
        );
    }
    assert!(
        interrupted > 20,
        "the kills came too early or too late: {interrupted}"
    );
    eprintln!("{interrupted} writes interrupted, {mismatched} pairs torn, all repaired");
}

/// Waits until another process has replaced the file.
fn wait_for_a_write(path: &Path) {
    let before = stamp(path);
    let started = SystemTime::now();
    while stamp(path) == before {
        assert!(started.elapsed().unwrap() < Duration::from_secs(20));
        thread::sleep(Duration::from_micros(100));
    }
}

// --- the other process: this program again, with a job in its environment

#[test]
#[ignore = "the other tests run it in a process of its own"]
fn worker() {
    let Ok(job) = std::env::var(JOB) else { return };
    let folder = Folder::here();
    let repeat = |times: usize, generations: &[&str]| {
        for turn in 0..times {
            folder
                .write(generations[turn % generations.len()], &force())
                .unwrap();
        }
    };
    match job.as_str() {
        "once" => {
            write_set(Path::new("made"), &pair("new"), &Policy::default()).unwrap();
        }
        "write-a" => repeat(300, &["a"]),
        "write-b" => repeat(300, &["b"]),
        "write-forever" => repeat(usize::MAX, &["a", "b"]),
        "full" => fill_the_disk(&folder),
        "read-only" => meet_a_read_only_folder(&folder),
        "give-away" => {
            let owner = Some(Principal::Id(0));
            let refused = folder.write("new", &Policy { owner, ..force() });
            assert!(
                matches!(refused, Err(OutputError::Denied { .. })),
                "{refused:?}"
            );
        }
        "keep-owner" => kept::meet_the_file_of_another(&folder),
        other => bulk::job(other).expect("there is no such job"),
    }
    std::process::exit(DONE);
}

fn fill_the_disk(folder: &Folder) {
    folder.write("old", &Policy::default()).unwrap();
    let mut files = pair("new");
    files[1].contents = vec![b'k'; 128 * 1024].into();
    let refused = write_set(&folder.path, &files, &force());
    assert!(
        matches!(refused, Err(OutputError::DiskFull { .. })),
        "{refused:?}"
    );
    assert_eq!(folder.pair(), ("old".into(), "old".into()));
    assert_eq!(folder.names(), ["web.crt", "web.key"]);
}

fn meet_a_read_only_folder(folder: &Folder) {
    let dry_run = Policy {
        dry_run: true,
        ..force()
    };
    for policy in [force(), dry_run] {
        let refused = folder.write("new", &policy);
        let names_its_path = matches!(&refused, Err(OutputError::Denied { path, .. })
            if *path == folder.certificate() || *path == folder.path);
        assert!(names_its_path, "{refused:?}");
        // There is nothing to do, so there is nothing to be denied.
        let written = folder.write("old", &policy).unwrap();
        assert_eq!(outcomes(&written), [Outcome::Unchanged; 2]);
    }
}

fn start(folder: &Folder, job: &str, wrapper: &[&str]) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(PathBuf::from).chain([program]);
    Command::new(words.next().unwrap())
        .args(words)
        .args(["worker", "--exact", "--ignored", "--nocapture"])
        .current_dir(&folder.path)
        .env(JOB, job)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Has another process do `job` in `folder`, started by `wrapper` with less than we have.
#[track_caller]
fn run(folder: &Folder, job: &str, wrapper: &[&str]) {
    match start(folder, job, wrapper).wait().unwrap().code() {
        Some(DONE) => {}
        Some(PANICKED) => panic!("the job `{job}` failed, see above"),
        other => skipped(&format!("{wrapper:?} cannot be had here: {other:?}")),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a test that was not run must not look as if it was"
)]
fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

const JOB: &str = "KVCERT_TEST_JOB";
const DONE: i32 = 42;
const PANICKED: i32 = 101;

// --- helpers

/// A folder of a test's own, in memory if there is one: what is tested here is the order of
/// things, not the speed of a disk.
struct Folder {
    path: PathBuf,
    is_ours: bool,
}

impl Folder {
    fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let parent = if memory.is_dir() && !name.starts_with("immutable") {
            memory
        } else {
            target
        };
        let path = parent.join(format!("kvcert-output-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self {
            path,
            is_ours: true,
        }
    }

    fn here() -> Self {
        let path = PathBuf::from(".");
        Self {
            path,
            is_ours: false,
        }
    }

    fn certificate(&self) -> PathBuf {
        self.path.join("web.crt")
    }

    fn key(&self) -> PathBuf {
        self.path.join("web.key")
    }

    fn write(&self, generation: &str, policy: &Policy) -> Result<Vec<WrittenFile>, OutputError> {
        write_set(&self.path, &pair(generation), policy)
    }

    /// Which generation the certificate and the key are of; each is checked to be whole.
    fn pair(&self) -> (String, String) {
        (
            generation_of(&self.certificate()),
            generation_of(&self.key()),
        )
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn pair(generation: &str) -> [PlannedFile; 2] {
    let bytes = || contents(generation).into_bytes();
    [
        PlannedFile::new("web.crt", bytes(), Secrecy::Public),
        PlannedFile::new("web.key", bytes(), Secrecy::Private),
    ]
}

/// Which generation a file is of, which must be whole.
fn generation_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let generation = text.split('\n').next().unwrap().to_owned();
    assert_eq!(text, contents(&generation));
    generation
}

/// A file that says which generation it is of, and is long enough to be caught half-written.
fn contents(generation: &str) -> String {
    format!("{generation}\n{}", generation.repeat(6_000))
}

fn force() -> Policy {
    Policy {
        force: true,
        ..Policy::default()
    }
}

fn outcomes(written: &[WrittenFile]) -> Vec<Outcome> {
    written.iter().map(|file| file.outcome).collect()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

/// Makes a file look old, so that touching it would show; returns its stamp.
fn age(path: &Path) -> (u64, SystemTime) {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = File::open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(long_ago))
        .unwrap();
    stamp(path)
}

/// The inode and the time of the last change.
fn stamp(path: &Path) -> (u64, SystemTime) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.ino(), metadata.modified().unwrap())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user that [`as_nobody`] becomes.
fn unprivileged() -> u32 {
    if is_root() {
        65534
    } else {
        rustix::process::geteuid().as_raw()
    }
}

/// What starts a process as someone who is not root.
fn as_nobody() -> Vec<&'static str> {
    if !is_root() {
        return Vec::new();
    }
    vec![
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ]
}

/// A writer for this set alone.
fn write_set(
    folder: &Path,
    files: &[PlannedFile],
    policy: &Policy,
) -> Result<Vec<WrittenFile>, OutputError> {
    Writer::new(policy.clone()).write(folder, files)
}

fn write_sets<S: AsRef<[PlannedFile]>>(
    folder: &Path,
    sets: &[S],
    policy: &Policy,
) -> Vec<Result<Vec<WrittenFile>, OutputError>> {
    Writer::new(policy.clone()).write_sets(folder, sets)
}
