//! Another process, which outlives the program and wipes its files then.
//!
//! It is started before the first file is there: the program may be killed, and kvcert is gone by
//! then. It is no child of the program, which would find it when it waits for its own.
//!
//! Files in memory are held by it and not by the program: what the program holds open it passes on to
//! every process that it starts, and some of them live longer. The paths go by the wiper
//! (`/proc/PID/fd/N`). At the end it empties the files, for who has opened one of them until then.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use rustix::stdio::{stderr, stdin, stdout};

use super::folder;
use crate::cli::WipeArgs;
use crate::failure::{Failure, Reason};

/// Has the folder wiped when this process, which the program takes over, has ended.
pub(super) fn watch(folder: &Path) -> io::Result<()> {
    start(folder.as_os_str(), Stdio::null(), Stdio::null()).map(drop)
}

/// Has these files held until this process has ended, and emptied then; gives back their paths.
#[cfg(target_os = "linux")]
pub(super) fn hold(files: [std::fs::File; 2]) -> io::Result<[PathBuf; 2]> {
    let [first, second] = files;
    let process = start(OsStr::new(MEMORY), first.into(), second.into())?;
    Ok([0, 1].map(|number| format!("/proc/{process}/fd/{number}").into()))
}

/// Returns when the wiper watches; with its number.
fn start(place: &OsStr, stdin: Stdio, stdout: Stdio) -> io::Result<u32> {
    let failed = || io::Error::other("the process that wipes the files did not start");
    let (answer, ready) = io::pipe()?;
    let process = std::process::id().to_string();
    let mut between = myself(place, &process);
    between.arg("--detach").stdin(stdin).stdout(stdout);
    let status = between.stderr(ready).status()?;
    // It holds the other end of the pipe.
    drop(between);
    if !status.success() {
        return Err(failed());
    }
    let mut line = String::new();
    BufReader::new(answer).read_line(&mut line)?;
    line.trim_end().parse().map_err(|_| failed())
}

/// kvcert again, without its environment.
fn myself(place: &OsStr, process: &str) -> Command {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("kvcert"));
    let mut command = Command::new(program);
    command
        .arg("exec-wipe")
        .arg(place)
        .arg(process)
        .env_clear()
        .current_dir("/")
        // Ctrl-C is for the program.
        .process_group(0);
    command
}

/// `kvcert exec-wipe`. It prints nothing: its streams are the files that it holds, and a pipe.
pub(crate) fn wipe(args: &WipeArgs) -> Result<(), Failure> {
    let is_memory = args.place.as_os_str() == MEMORY;
    let is_ours = is_memory || folder::is_ours(&args.place);
    let process = Pid::from_raw(args.process).filter(|_| is_ours);
    let Some(process) = process else {
        let message = "`exec-wipe` is for `kvcert exec` only";
        return Err(
            Failure::message(Reason::NotOurs, message).with_hint("use `kvcert exec CERT -- CMD`")
        );
    };
    let watched = if args.detach {
        let next = myself(args.place.as_os_str(), &args.process.to_string()).spawn();
        next.map(drop)
    } else {
        watch_and_wipe(args, process, is_memory)
    };
    watched.map_err(|error| anyhow::Error::from(error).into())
}

fn watch_and_wipe(args: &WipeArgs, process: Pid, is_memory: bool) -> io::Result<()> {
    let end = End::of(process);
    #[cfg(target_os = "linux")]
    if is_memory {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        // Else the program could not open what this process holds. It has read nothing of that.
        set_dumpable_behavior(DumpableBehavior::Dumpable)?;
    }
    let ready = format!("{}\n", std::process::id());
    rustix::io::write(stderr(), ready.as_bytes())?;
    end.wait();
    if !is_memory {
        return folder::wipe(&args.place);
    }
    rustix::fs::ftruncate(stdin(), 0)?;
    Ok(rustix::fs::ftruncate(stdout(), 0)?)
}

/// The end of a process.
struct End {
    process: Pid,
    /// What the system tells it by, where it can.
    #[cfg(target_os = "linux")]
    open: Option<std::os::fd::OwnedFd>,
}

impl End {
    fn of(process: Pid) -> Self {
        Self {
            process,
            #[cfg(target_os = "linux")]
            open: rustix::process::pidfd_open(process, rustix::process::PidfdFlags::empty()).ok(),
        }
    }

    fn wait(&self) {
        #[cfg(target_os = "linux")]
        if let Some(open) = &self.open {
            use rustix::event::{PollFd, PollFlags, poll};

            while let Err(rustix::io::Errno::INTR) =
                poll(&mut [PollFd::new(open, PollFlags::IN)], None)
            {}
            return;
        }
        // Someone else's process, which it has become by setuid, is there too.
        while !matches!(
            test_kill_process(self.process),
            Err(rustix::io::Errno::SRCH)
        ) {
            std::thread::sleep(INTERVAL);
        }
    }
}

/// In the place of a folder.
const MEMORY: &str = "memory";
const INTERVAL: Duration = Duration::from_millis(100);
