//! Text from certificates made safe to show.

/// `text` with every character that could fool a reader or steer a terminal written out as
/// `\u{…}`: controls (C0, C1), bidirectional marks, line and paragraph separators, and other
/// characters without a shape of their own. A backslash stays as it is.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// [`printable`], cut at `max` characters with an ellipsis, between two words if they are not long.
pub fn excerpt(text: &str, max: usize) -> String {
    let mut short: String = text.chars().take(max).collect();
    if short.len() < text.len() {
        let end = short
            .rfind(' ')
            .filter(|end| short.len() - end <= LONG_WORD);
        if let Some(end) = end
            && !text[short.len()..].starts_with(' ')
        {
            short.truncate(end);
        }
        short.push('…');
    }
    printable(&short)
}

/// More than what a word has in a sentence.
const LONG_WORD: usize = 40;

/// Overwrites every occurrence of `secret`, if it is long enough to be one.
pub fn mask(bytes: &mut [u8], secret: &[u8]) {
    if secret.len() < 8 {
        return;
    }
    let mut at = 0;
    while let Some(window) = bytes.get_mut(at..at + secret.len()) {
        if *window == *secret {
            window.fill(b'*');
            at += secret.len();
        } else {
            at += 1;
        }
    }
}

/// Whether a character steers a terminal, or the direction or the look of the text around it.
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("CN=büro.example"), "CN=büro.example");
        assert_eq!(printable("a\x1b[31m\n\u{9b}"), "a\\u{1b}[31m\\u{a}\\u{9b}");
        assert_eq!(printable("pay\u{202e}lap"), "pay\\u{202e}lap");
        assert_eq!(excerpt("äöü", 2), "äö…");
        assert_eq!(excerpt("äöü", 3), "äöü");
        assert_eq!(excerpt("access was DeniedWithNoRole", 14), "access was…");
        assert_eq!(excerpt("access was Denied", 10), "access was…");
        let long = "x".repeat(60);
        assert_eq!(excerpt(&format!("a {long}"), 50).chars().count(), 51);
    }
}
