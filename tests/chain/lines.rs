//! Plain chains of one to eight certificates: shuffled, with gaps, repetitions and strangers.

use std::fs;
use std::sync::LazyLock;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::chain::Chain;
use kvcert_pki::content_error::ContentError;
use proptest::prelude::*;

use crate::making::{issue, kinds, root, with_key};
use crate::support::{Scratch, openssl};

const LONGEST: usize = 8;

/// Eight certificates, each issued by the next; the number of each is that of its key.
static LINE: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let names: Vec<String> = (0..LONGEST)
        .map(|number| format!("Line {number}"))
        .collect();
    let above = |number: usize| (number + 1).min(LONGEST - 1);
    let entity = |number: usize| (names[number].as_str(), number);
    (0..LONGEST)
        .map(|number| issue(entity(number), entity(above(number)), 2040))
        .collect()
});

/// A root of someone else, and something that it issued.
static STRANGERS: LazyLock<[Certificate; 2]> = LazyLock::new(|| {
    let other = ("Someone else", 20);
    [
        root(other, 2041),
        issue(("Something else", 21), other, 2041),
    ]
});

/// The end of the line from `first` on, in an order, with what was done to it.
#[derive(Debug, Clone)]
struct Case {
    first: usize,
    missing: Option<usize>,
    strangers: usize,
    repeated: usize,
    input: Vec<Certificate>,
}

impl Case {
    /// The chain, as it was made.
    fn chain(&self) -> &'static [Certificate] {
        &LINE[self.first..self.missing.unwrap_or(LONGEST)]
    }

    /// Those above the gap, and the strangers.
    fn beside(&self) -> usize {
        self.missing.map_or(0, |gap| LONGEST - gap - 1) + self.strangers
    }

    /// Whether the chain is to be told from the certificates alone: nothing else but roots may
    /// seem a leaf.
    fn is_clear(&self) -> bool {
        let leaf_is_root = self.first == LONGEST - 1;
        let gap_below_root = self.missing.is_none_or(|gap| gap >= LONGEST - 2);
        self.beside() == 0 || (!leaf_is_root && gap_below_root && self.strangers < 2)
    }
}

fn cases() -> impl Strategy<Value = Case> {
    let gap = prop::option::of(any::<prop::sample::Index>());
    let repeated = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    (0..LONGEST, gap, 0..=2_usize, repeated)
        .prop_map(|(first, gap, strangers, repeated)| {
            let above = LONGEST - first - 1;
            // Beside a root alone, what a stranger issued is the one thing that looks like a leaf.
            let strangers = if above == 0 {
                strangers.min(1)
            } else {
                strangers
            };
            let missing = gap
                .filter(|_| above > 0)
                .map(|gap| first + 1 + gap.index(above));
            let mut input: Vec<Certificate> = (first..LONGEST)
                .filter(|number| Some(*number) != missing)
                .map(|number| LINE[number].clone())
                .collect();
            input.extend_from_slice(&STRANGERS[..strangers]);
            let again: Vec<Certificate> = repeated
                .iter()
                .map(|at| input[at.index(input.len())].clone())
                .collect();
            let repeated = again.len();
            input.extend(again);
            Case {
                first,
                missing,
                strangers,
                repeated,
                input,
            }
        })
        .prop_flat_map(|case| {
            let shuffled = Just(case.input.clone()).prop_shuffle();
            shuffled.prop_map(move |input| Case {
                input,
                ..case.clone()
            })
        })
}

fn check(chain: &Chain, case: &Case) {
    assert_eq!(chain.certificates(), case.chain());
    assert_eq!(chain.reaches_root(), case.missing.is_none());
    assert_eq!(chain.unrelated().len(), case.beside());
    let mut expected = vec!["duplicate"; case.repeated];
    expected.extend(case.missing.map(|_| "incomplete-chain"));
    expected.extend(vec!["stranger"; case.beside()]);
    assert_eq!(kinds(chain), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn with_the_key_the_chain_is_always_found(case in cases()) {
        check(with_key(case.first, &case.input).unwrap().chain(), &case);
    }

    #[test]
    fn without_a_key_it_is_found_where_it_is_clear(case in cases()) {
        match Chain::without_key(case.input.clone()) {
            Ok(chain) => {
                prop_assert!(case.is_clear());
                check(&chain, &case);
            }
            Err(error) => {
                prop_assert!(!case.is_clear(), "{error}");
                let ambiguous = matches!(error, ContentError::AmbiguousLeaf { .. });
                prop_assert!(ambiguous, "{error}");
            }
        }
    }

    #[test]
    fn a_key_without_its_certificate_is_refused(case in cases()) {
        let error = with_key(22, &case.input).unwrap_err();
        let mismatch = matches!(error, ContentError::KeyMismatch { .. });
        prop_assert!(mismatch, "{error}");
    }
}

#[test]
fn nothing_is_no_chain() {
    assert_eq!(
        Chain::without_key(Vec::new()).unwrap_err(),
        ContentError::NoCertificate
    );
    assert_eq!(with_key(0, &[]).unwrap_err(), ContentError::NoCertificate);
}

/// OpenSSL agrees that each chain holds, if only its last certificate is trusted.
#[test]
fn openssl_verifies_the_chains() {
    let scratch = Scratch::new();
    let write = |name: &str, certificates: &[Certificate]| {
        let mut text = zeroize::Zeroizing::new(String::new());
        for certificate in certificates {
            kvcert_pki::format::pem::encode("CERTIFICATE", certificate.der(), &mut text);
        }
        fs::write(scratch.join(name), text.as_bytes()).unwrap();
        scratch.join(name).display().to_string()
    };
    for first in 0..LONGEST - 1 {
        let mut input = LINE[first..].to_vec();
        input.extend_from_slice(&STRANGERS[..]);
        input.rotate_left(3);
        if first == 2 {
            input.retain(|certificate| *certificate != LINE[5]);
        }
        let certified = with_key(first, &input).unwrap();
        let chain = certified.chain().certificates();
        let (last, rest) = chain.split_last().unwrap();
        let leaf = write("leaf.pem", &chain[..1]);
        let between = write("between.pem", rest);
        let trusted = write("trusted.pem", std::slice::from_ref(last));
        let said = openssl(&[
            "verify",
            "-partial_chain",
            "-trusted",
            &trusted,
            "-untrusted",
            &between,
            &leaf,
        ]);
        assert!(said.ends_with("OK\n"), "{said}");
    }
}
