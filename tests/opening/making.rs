//! The files that the tests open.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{self, Scratch, kvcert, openssl, run};

/// A folder with `key.pem`, `cert.pem` and, in `pw.txt`, a password.
pub struct Scene {
    scratch: Scratch,
}

/// What a command gave.
pub struct Outcome {
    pub code: i32,
    pub stderr: String,
}

impl Scene {
    /// With an RSA key.
    pub fn new() -> Self {
        Self::with_key(&["-newkey", "rsa:2048"])
    }

    /// With a key of openssl's `options`, such as `-newkey rsa:2048`.
    pub fn with_key(options: &[&str]) -> Self {
        let scratch = Scratch::new();
        let (key, certificate) = (path(&scratch, "key.pem"), path(&scratch, "cert.pem"));
        let mut arguments = vec!["req", "-x509", "-nodes", "-subj", "/CN=web.example.com"];
        arguments.extend(options);
        arguments.extend(["-days", "3650", "-keyout", &key, "-out", &certificate]);
        openssl(&arguments);
        let scene = Self { scratch };
        scene.write("pw.txt", PASSWORD);
        scene
    }

    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.scratch.join(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.scratch.join(name)).unwrap()
    }

    /// Runs openssl in the folder.
    pub fn openssl(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        let output = command.args(arguments).current_dir(self.path());
        let output = output.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {said}");
    }

    /// `file.p12` of openssl's `options`, under [`PASSWORD`].
    pub fn pkcs12(&self, options: &[&str]) {
        let mut arguments = vec!["pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem"];
        arguments.extend(["-out", "file.p12", "-passout", "file:pw.txt"]);
        arguments.extend(options);
        self.openssl(&arguments);
    }

    /// `kvcert convert FILE` with [`PASSWORD`] and `options`, into `out`.
    pub fn convert(&self, file: &str, options: &[&str]) -> Outcome {
        self.run(
            &[
                &[
                    "convert",
                    file,
                    "--password-file",
                    "pw.txt",
                    "-o",
                    "out",
                    "--force",
                ],
                options,
            ]
            .concat(),
        )
    }

    /// Runs kvcert in the folder.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let (code, _, stderr) = run(kvcert(self.path()).args(arguments));
        Outcome { code, stderr }
    }

    /// Runs kvcert in the folder and gives its exit code and its JSON.
    pub fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let (code, stdout, _) = run(kvcert(self.path()).args(arguments).arg("--json"));
        (code, serde_json::from_str(&stdout).unwrap())
    }

    /// Converts, and checks that this gives the key and its certificate.
    #[track_caller]
    pub fn opens(&self, file: &str, options: &[&str]) {
        let Outcome { code, stderr } = self.convert(file, options);
        assert_eq!(code, 0, "{file} {options:?}: {stderr}");
        let stem = file.rsplit_once('.').unwrap().0;
        let out = |ending: &str| self.scratch.join(format!("out/{stem}.{ending}"));
        let thumbprint = support::pair(&out("crt"), &out("key"));
        assert_eq!(thumbprint, support::leaf(&self.scratch.join("cert.pem")).1);
    }

    /// Converts, and checks that this fails with exit code 7 and all of `words`.
    #[track_caller]
    pub fn is_refused(&self, file: &str, options: &[&str], words: &[&str]) {
        let Outcome { code, stderr } = self.convert(file, options);
        assert_eq!(code, 7, "{file} {options:?}: {stderr}");
        for word in words {
            assert!(
                stderr.contains(word),
                "{file}: `{word}` is missing in {stderr}"
            );
        }
    }
}

fn path(scratch: &Scratch, name: &str) -> String {
    scratch.join(name).to_str().unwrap().to_owned()
}

pub const PASSWORD: &str = "correct horse";
