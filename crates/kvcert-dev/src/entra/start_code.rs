//! The start-up code: what shows that a person is the one who started the dev vault.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use kvcert_pki::sensitive::Sensitive;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::encoding;

/// A code that is made anew at every start: 80 random bits, so that nobody guesses it.
#[derive(Debug)]
pub(crate) struct StartCode(Sensitive<String>);

impl StartCode {
    /// A new code.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let groups = [(); 4].map(|()| encoding::letters::<4>());
        let groups: Vec<String> = groups.into_iter().collect::<Result<_, _>>()?;
        Ok(Self(Sensitive::new(groups.join("-"))))
    }

    /// The code, as it is shown and announced.
    pub(crate) fn text(&self) -> &Sensitive<String> {
        &self.0
    }

    /// Whether this is the code, typed in whatever case, with or without its hyphens.
    pub(crate) fn is(&self, given: &str) -> bool {
        let plain = |text: &str| -> Zeroizing<Vec<u8>> {
            let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
            Zeroizing::new(letters.map(|letter| letter.to_ascii_uppercase()).collect())
        };
        verify_slices_are_equal(&plain(given), &plain(self.0.expose())).is_ok()
    }

    /// What a browser keeps after its user has typed the code in: good for the pages, not for the
    /// sign-in.
    pub(crate) fn cookie(&self) -> String {
        hex::encode(Sha256::digest(format!("pages {}", self.0.expose())))
    }

    /// Whether this is the [cookie](Self::cookie).
    pub(crate) fn is_cookie(&self, given: &str) -> bool {
        verify_slices_are_equal(given.as_bytes(), self.cookie().as_bytes()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_known_however_it_is_typed() {
        let code = StartCode::new().unwrap();
        let text = code.text().expose();
        assert_eq!(text.len(), 19);
        assert!(code.is(text) && code.is(&format!(" {}", text.to_lowercase().replace('-', " "))));
        for wrong in ["", "-", &text[..18], &format!("{text}A"), &code.cookie()] {
            assert!(!code.is(wrong), "{wrong}");
        }
        assert!(!code.is(StartCode::new().unwrap().text().expose()));
        assert!(code.is_cookie(&code.cookie()) && !code.is_cookie(text) && !code.is_cookie(""));
    }
}
