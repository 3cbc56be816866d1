//! The memory of real processes, read as root can: nothing of the key where it is no longer needed.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::hunt::Hunt;
use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, dev, say};

/// All that a process can write to, region by region; none if it may not be read.
fn memory_of(process: u32) -> Option<Vec<Vec<u8>>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let memory = File::open(format!("/proc/{process}/mem")).ok()?;
    let region = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let start = u64::from_str_radix(start, 16).ok()?;
        let end = u64::from_str_radix(end, 16).ok()?;
        let mut bytes = vec![0; usize::try_from(end - start).ok()?];
        let readable = rest.starts_with("rw") && memory.read_exact_at(&mut bytes, start).is_ok();
        readable.then_some(bytes)
    };
    Some(maps.lines().filter_map(region).collect())
}

/// While the program of `exec` runs, its memory and that of the process that holds its files have
/// nothing of the key: only the files have it.
#[test]
fn beside_the_program_of_exec_no_process_has_the_key_in_its_memory() {
    let folder = Scratch::new();
    let script = "echo $KVCERT_KEY_FILE; exec sleep 60";
    let mut command = dev::kvcert(folder.path());
    command.args(["exec", "web", "--", "sh", "-c", script]);
    command.env("PATH", "/usr/bin:/bin").stdout(Stdio::piped());
    let mut program = command.spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(program.stdout.as_mut().unwrap());
    output.read_line(&mut line).unwrap();
    let holder: u32 = line.split('/').nth(2).unwrap().parse().unwrap();
    let key = folder.join("key");
    fs::copy(line.trim(), &key).unwrap();
    let hunt = Hunt::default().key(&key);
    let memories = [program.id(), holder].map(memory_of);
    program.kill().unwrap();
    program.wait().unwrap();
    for memory in memories {
        let Some(memory) = memory else {
            return say("skipped: the memory of other processes may not be read here");
        };
        assert!(memory.iter().map(Vec::len).sum::<usize>() > 4096);
        for region in memory {
            hunt.nothing_in("memory", region);
        }
    }
}

/// While a second certificate is awaited, the first one, which is written, has left no trace of its key.
#[test]
fn a_key_that_is_written_is_gone_from_memory() {
    let folder = Scratch::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pem/pkcs8.pem");
    let value = fs::read_to_string(&source).unwrap();
    let server = Replay::vault(move |seen| {
        if !seen.path.starts_with("/secrets/web") {
            thread::sleep(Duration::from_secs(60));
        }
        let version = "0123456789abcdef0123456789abcdef";
        Reply::json(json!({
            "id": format!("https://{}/secrets/web/{version}", seen.host),
            "value": value,
            "contentType": "application/x-pem-file",
            "attributes": {"enabled": true},
        }))
        // The buffers of an open connection are out of reach, as SECURITY.md says.
        .header("Connection", "close")
    });
    let arguments = [
        "get", "web", "slow", "--verify", "off", "--auth", "token", "-q",
    ];
    let mut command = server.kvcert(folder.path(), &arguments);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while !folder.join("web.key").exists() && begin.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(50));
    }
    // What was computed for the files may still be on its way out.
    thread::sleep(Duration::from_millis(500));
    let memory = memory_of(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let hunt = Hunt::default().key(&folder.join("web.key"));
    let Some(memory) = memory else {
        return say("skipped: the memory of other processes may not be read here");
    };
    assert!(memory.iter().map(Vec::len).sum::<usize>() > 4096);
    for region in memory {
        hunt.nothing_in("memory", region);
    }
}
