//! [`Hunt`]: looks for secrets in a text, in the forms in which they get into one.

use std::collections::HashSet;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::support::openssl;

/// Pieces of secrets, none of which may be in a text.
#[derive(Default)]
pub struct Hunt(Vec<(String, HashSet<Vec<u8>>)>);

impl Hunt {
    /// Looks for a secret of text, such as a password or a token.
    pub fn text(mut self, name: &str, secret: &str) -> Self {
        assert!(secret.len() >= RUN, "{name} is too short to look for");
        self.add(name, secret.as_bytes());
        self
    }

    /// Looks for the secret numbers of a private key in PEM: not for its public ones, which are in
    /// the certificate too.
    pub fn key(mut self, file: &Path) -> Self {
        let text = openssl(&["pkey", "-in", file.to_str().unwrap(), "-noout", "-text"]);
        let mut found = 0;
        let mut secret = false;
        let mut digits = String::new();
        for line in text.lines().chain(["end:"]) {
            if line.starts_with(' ') {
                digits.extend(line.chars().filter(char::is_ascii_hexdigit));
                continue;
            }
            if secret {
                let number = hex::decode(digits.trim_start_matches("00")).unwrap();
                self.add("a number of the key", &number);
                found += 1;
            }
            digits.clear();
            let name = line.split(':').next().unwrap();
            secret = ["privateExponent", "prime1", "prime2", "priv"].contains(&name)
                || ["exponent1", "exponent2", "coefficient"].contains(&name);
        }
        assert!(found == 6 || found == 1, "{found} secret numbers in a key");
        self
    }

    /// All runs of the bytes as they are, in hexadecimal, in base64 (at any distance from its
    /// start) and in decimal, as a list of bytes is printed.
    fn add(&mut self, name: &str, secret: &[u8]) {
        let mut forms = vec![secret.to_vec(), hex::encode(secret).into_bytes()];
        forms.push(hex::encode_upper(secret).into_bytes());
        for skipped in 0..3 {
            forms.push(BASE64_STANDARD.encode(&secret[skipped..]).into_bytes());
        }
        let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
        forms.push(numbers.join(", ").into_bytes());
        let mut runs = HashSet::new();
        for form in &forms {
            runs.extend(form.windows(RUN).map(<[u8]>::to_vec));
        }
        self.0.push((name.to_owned(), runs));
    }

    /// The text has nothing of any secret.
    #[track_caller]
    pub fn nothing_in(&self, what: &str, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        for (name, runs) in &self.0 {
            let leak = text.windows(RUN).find(|window| runs.contains(*window));
            if let Some(leak) = leak {
                let leak = String::from_utf8_lossy(leak);
                panic!(
                    "{name} in {what}: {leak:?} of\n{}",
                    String::from_utf8_lossy(text)
                );
            }
        }
    }

    /// The text has something of every secret: what was hunted for is what is kept there.
    #[track_caller]
    pub fn all_in(&self, text: impl AsRef<[u8]>) {
        let text: Vec<u8> = text
            .as_ref()
            .iter()
            .copied()
            .filter(|byte| *byte != b'\n')
            .collect();
        for (name, runs) in &self.0 {
            assert!(
                text.windows(RUN).any(|window| runs.contains(window)),
                "{name}"
            );
        }
    }
}

/// The length of a run, bytes.
const RUN: usize = 16;
