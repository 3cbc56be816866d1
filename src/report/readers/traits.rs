//! [`Traits`]: what of a PKCS#12 file some reader stumbles over.

use kvcert_pki::format::OpenedWith;
use kvcert_pki::format::anatomy::{Anatomy, Encryption, Holds, Pfx};

use super::Verdict;

/// What matters about a file.
pub(super) struct Traits {
    /// Ciphers that OpenSSL 3 keeps in its legacy provider.
    retired: Vec<String>,
    /// Newer schemes than PKCS#12's own: PBES2.
    modern: Vec<String>,
    /// What nobody is known to read.
    unknown: Vec<String>,
    /// A MAC with another hash than SHA-1.
    modern_mac: Option<String>,
    has_pbmac1: bool,
    has_mac: bool,
    has_encryption: bool,
    has_key: bool,
    /// Whether some of it cannot be read, password or not.
    pub(super) is_unreadable: bool,
    /// Whether something stayed locked.
    pub(super) is_locked: bool,
    opened_with: Option<OpenedWith>,
}

/// What a reader makes of one thing, and why.
type Reasons = Vec<(Verdict, String)>;

impl Traits {
    pub(super) fn of(pfx: &Pfx, anatomy: &Anatomy) -> Self {
        let mut traits = Self {
            retired: Vec::new(),
            modern: Vec::new(),
            unknown: Vec::new(),
            modern_mac: None,
            has_pbmac1: false,
            has_mac: pfx.mac.is_some(),
            has_encryption: false,
            has_key: !anatomy.keys.is_empty(),
            is_locked: pfx.opened_with.is_none(),
            is_unreadable: false,
            opened_with: pfx.opened_with,
        };
        if let Some(mac) = &pfx.mac {
            traits.has_pbmac1 = mac.algorithm.starts_with("PBMAC1");
            let is_modern = mac.algorithm != "HMAC-SHA-1" && !traits.has_pbmac1;
            traits.modern_mac = is_modern.then(|| mac.algorithm.clone());
        }
        for content in &pfx.contents {
            // Encrypted for a public key, or of a kind that kvcert does not know.
            traits.is_unreadable |= matches!(content.holds, Holds::Other { .. });
            traits.see(content.encryption.as_ref());
            traits.see_all(&content.holds);
        }
        traits
    }

    fn see_all(&mut self, holds: &Holds) {
        self.is_unreadable |= matches!(holds, Holds::Unreadable { .. });
        let Holds::Bags { bags } = holds else { return };
        for bag in bags {
            self.has_key |= bag.kind == "pkcs8ShroudedKeyBag";
            self.see(bag.encryption.as_ref());
            self.see_all(&bag.holds);
        }
    }

    fn see(&mut self, encryption: Option<&Encryption>) {
        let Some(encryption) = encryption else { return };
        self.has_encryption = true;
        let (list, name) = match &encryption.cipher {
            Some(it)
                if ["RC2", "RC4", "DES-CBC"]
                    .iter()
                    .any(|old| it.starts_with(old)) =>
            {
                (&mut self.retired, it)
            }
            Some(it) if encryption.scheme == "PBES2" => (&mut self.modern, it),
            Some(_) => return,
            None => (&mut self.unknown, &encryption.scheme),
        };
        if !list.contains(name) {
            list.push(name.clone());
        }
    }

    pub(super) fn openssl(&self) -> Reasons {
        let mut reasons = self.unknown();
        for cipher in &self.retired {
            let why = format!("{cipher} requires `-legacy` and the legacy provider");
            reasons.push((Verdict::Trips, why));
        }
        if self.has_pbmac1 {
            let why = "PBMAC1 requires OpenSSL 3.4 or later".to_owned();
            reasons.push((Verdict::Perhaps, why));
        }
        if !self.has_mac {
            let why = "no MAC: it prints a warning".to_owned();
            reasons.push((Verdict::Perhaps, why));
        }
        reasons
    }

    pub(super) fn windows(&self) -> Reasons {
        let mut reasons = self.newer_than_its_time(Verdict::Trips);
        if !reasons.is_empty() {
            let why = "it reports an incorrect password".to_owned();
            reasons.push((Verdict::Trips, why));
        }
        reasons.extend(self.without_mac());
        reasons
    }

    pub(super) fn macos(&self) -> Reasons {
        let mut reasons = self.newer_than_its_time(Verdict::Perhaps);
        if self.opened_with == Some(OpenedWith::Null) {
            let why = "it cannot open the null password".to_owned();
            reasons.push((Verdict::Trips, why));
        }
        reasons.extend(self.without_mac());
        reasons
    }

    pub(super) fn java(&self) -> Reasons {
        let mut reasons = self.newer_than_its_time(Verdict::Trips);
        if !self.has_key {
            let why = "it ignores certificates without a key".to_owned();
            reasons.push((Verdict::Trips, why));
        } else if !self.has_encryption {
            let why = "it ignores contents that are not encrypted".to_owned();
            reasons.push((Verdict::Trips, why));
        }
        reasons
    }

    /// PBES2, a MAC with SHA-2, PBMAC1: what programs from before 2018 do not support.
    fn newer_than_its_time(&self, verdict: Verdict) -> Reasons {
        let mut reasons = self.unknown();
        for cipher in &self.modern {
            reasons.push((verdict, format!("PBES2 with {cipher}")));
        }
        if let Some(mac) = &self.modern_mac {
            reasons.push((verdict, format!("MAC with {mac}")));
        }
        if self.has_pbmac1 {
            reasons.push((Verdict::Trips, String::from("PBMAC1 (RFC 9579)")));
        }
        reasons
    }

    fn without_mac(&self) -> Option<(Verdict, String)> {
        (!self.has_mac).then(|| (Verdict::Perhaps, String::from("no MAC")))
    }

    fn unknown(&self) -> Reasons {
        let unknown = self.unknown.iter();
        unknown
            .map(|name| (Verdict::Perhaps, format!("unknown encryption {name}")))
            .collect()
    }
}
