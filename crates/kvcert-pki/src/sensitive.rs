//! [`Sensitive`]: a value that is never shown.

use std::fmt;

use zeroize::Zeroize;

/// A secret: key material, a password, a bearer token.
///
/// It has no `Display`, no `Serialize`, no `PartialEq` and no `Deref`; its `Debug` says only that
/// something is there. [`expose`](Self::expose) is the one way to read it, so that a search for
/// `expose` lists every use of a secret in the program. The value is wiped when it is dropped.
/// Copies that a library makes on its way are out of reach of this type; the binary's allocator
/// wipes those when they are freed.
///
/// ```
/// use kvcert_pki::sensitive::Sensitive;
///
/// let password = Sensitive::new(String::from("correct horse"));
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(password.expose(), "correct horse");
/// ```
pub struct Sensitive<T: Zeroize>(T);

impl<T: Zeroize> Sensitive<T> {
    /// Takes `value` into custody.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Reads the secret. Every caller answers for what it does with it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Zeroize> Drop for Sensitive<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
