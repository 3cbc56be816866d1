//! Text as the programs read it that kvcert prints for.

/// A word for a POSIX shell, always in quotes (POSIX.1-2024, "Single-Quotes").
pub(crate) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A string for PowerShell, which takes typographic quotes for single quotes too
/// (`about_Quoting_Rules`).
pub(crate) fn powershell(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted + "'"
}

/// A value in a configuration file of curl (`man curl`, "--config"). It has no way to write control
/// characters into a header that does not end it, so they become spaces.
pub(crate) fn curl_config(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => quoted.push(' '),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// Every character of Latin-1, and what else a program may take for a quote or a space.
    fn every_character() -> String {
        let others =
            "\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{2028}\u{feff}\u{ff07}\u{1f511}";
        ('\u{1}'..='\u{ff}').chain(others.chars()).collect()
    }

    /// What the program prints that reads `input`; `None` if it is not installed.
    fn printed(program: &[&str], input: &str) -> Option<String> {
        let mut child = Command::new(program[0])
            .args(&program[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Some(String::from_utf8(output.stdout).unwrap())
    }

    #[cfg(unix)]
    #[test]
    fn shells_read_every_character() {
        let text = every_character();
        for program in ["sh", "bash", "dash", "zsh"] {
            let script = format!("X={}\nprintf %s \"$X\"\n", shell(&text));
            let found = printed(&[program], &script);
            assert!(found.is_none_or(|it| it == text), "{program}");
        }
    }

    #[test]
    fn powershell_reads_every_character() {
        assert_eq!(powershell("a'b\u{2019}c"), "'a''b\u{2019}\u{2019}c'");
        // Its console may end a line at others.
        let text: String = every_character().replace(|c: char| c.is_control(), "");
        let script = format!(
            "[Console]::OutputEncoding=[Text.Encoding]::UTF8\n$x = {}\n[Console]::Out.Write($x)\n",
            powershell(&text)
        );
        let program = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", "-"];
        let found = printed(&program, &script);
        assert!(found.is_none_or(|it| it == text));
    }

    /// curl prints the value back.
    #[test]
    fn curl_reads_one_value() {
        let text = every_character();
        let visible: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let config = format!(
            "silent\nurl = \"file:///dev/null\"\nwrite-out = {}\n",
            curl_config(&text.replace('%', "%%"))
        );
        let found = printed(&["curl", "-K", "-"], &config);
        assert!(found.is_none_or(|it| it == visible));
        assert_eq!(curl_config("a\"\r\nX: b\\"), "\"a\\\"  X: b\\\\\"");
    }
}
