//! Whether the numbers of an RSA private key belong together (RFC 8017 section 3.2).
//!
//! A reader that takes the modulus from the private key and trusts the rest finds the certificate of
//! one key for the private numbers of another. The numbers alone take some microseconds; whether the two
//! factors are prime would take as long as a signature and is not asked: someone who knows two factors of
//! the leaf's modulus has its key.

use std::fmt;

use crypto_bigint::{BoxedUint, ConcatenatingMul, Integer, NonZero};
use der::Decode;
use der::asn1::UintRef;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::public::PublicKey;
use crate::asn1::RsaPrivateKey;
use crate::content_error::ContentError;

/// The public key of a DER `RSAPrivateKey` (RFC 8017 appendix A.1.2) in which every number agrees
/// with the others.
pub(super) fn public_key(der: &[u8]) -> Result<PublicKey, ContentError> {
    let key = RsaPrivateKey::from_der(der).map_err(damaged)?;
    if key.other_primes.is_some() {
        return Err(ContentError::unsupported_form(
            "an RSA private key of more than two primes",
        ));
    }
    let numbers = Numbers::of(&key)?;
    let wrong = numbers.disagreements();
    if !wrong.is_empty() {
        let wrong = wrong.join("; ");
        return Err(damaged(format!("its numbers do not agree: {wrong}")));
    }
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    Ok(PublicKey::rsa(modulus, exponent))
}

/// By their names in RFC 8017.
#[derive(ZeroizeOnDrop)]
struct Numbers {
    n: BoxedUint,
    e: BoxedUint,
    d: BoxedUint,
    p: BoxedUint,
    q: BoxedUint,
    d_p: BoxedUint,
    d_q: BoxedUint,
    q_inv: BoxedUint,
}

impl Numbers {
    fn of(key: &RsaPrivateKey<'_>) -> Result<Self, ContentError> {
        let number = |number: UintRef<'_>| {
            let bytes = number.as_bytes();
            if bytes.len() > MAX_BYTES {
                return Err(ContentError::OverLimit {
                    what: "bits in a number of the RSA private key",
                    found: 8 * bytes.len() as u64,
                    limit: 8 * MAX_BYTES as u64,
                });
            }
            Ok(BoxedUint::from_be_slice_vartime(bytes))
        };
        Ok(Self {
            n: number(key.modulus)?,
            e: number(key.public_exponent)?,
            d: number(key.private_exponent)?,
            p: number(key.prime1)?,
            q: number(key.prime2)?,
            d_p: number(key.exponent1)?,
            d_q: number(key.exponent2)?,
            q_inv: number(key.coefficient)?,
        })
    }

    /// What is wrong, in the order in which one would look for it. Values are never shown.
    fn disagreements(&self) -> Vec<&'static str> {
        let Self { n, e, d, p, q, .. } = self;
        let one = BoxedUint::one();
        if [p, q].into_iter().any(|it| !is_odd(it) || *it <= one) {
            return vec!["p or q is missing, even or too small"];
        }
        let [p_1, q_1] = [p, q].map(|it| Zeroizing::new(it.wrapping_sub(&one)));
        let e_d = Zeroizing::new(d.concatenating_mul(e));
        let inverse = Zeroizing::new(self.q_inv.concatenating_mul(q));
        let relations = [
            (is_odd(e) && *e > one && e < n, "e is out of range"),
            (d < n, "d is out of range"),
            (p != q, "p and q are the same"),
            (p.concatenating_mul(q) == *n, "n is not p * q"),
            (leaves(&e_d, &p_1, &one), "d * e is not 1 modulo p - 1"),
            (leaves(&e_d, &q_1, &one), "d * e is not 1 modulo q - 1"),
            (leaves(d, &p_1, &self.d_p), "dP is not d modulo p - 1"),
            (leaves(d, &q_1, &self.d_q), "dQ is not d modulo q - 1"),
            (
                self.q_inv < *p && leaves(&inverse, p, &one),
                "qInv is not the inverse of q modulo p",
            ),
        ];
        let wrong = relations.iter().filter(|(holds, _)| !holds);
        wrong.map(|(_, otherwise)| *otherwise).collect()
    }
}

fn is_odd(number: &BoxedUint) -> bool {
    number.is_odd().into()
}

/// Whether `rest` is what remains of `number` divided by `modulus`.
fn leaves(number: &BoxedUint, modulus: &BoxedUint, rest: &BoxedUint) -> bool {
    let modulus = NonZero::new(modulus.clone()).into_option();
    modulus.is_some_and(|mut modulus| {
        let found = Zeroizing::new(number.rem(&modulus));
        modulus.zeroize();
        *found == *rest
    })
}

fn damaged(detail: impl fmt::Display) -> ContentError {
    ContentError::damaged("the RSA private key", detail)
}

/// 16,384 bits, more than which OpenSSL does not read either.
const MAX_BYTES: usize = 2048;

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use crypto_bigint::Resize;
    use der::asn1::{Any, AnyRef};
    use der::{Encode, Tag};

    use super::*;
    use crate::key::{Components, PrivateKey};

    /// n, e, d, p, q, dP, dQ, qInv.
    type Raw = [BoxedUint; 8];

    static KEYS: LazyLock<[Raw; 2]> = LazyLock::new(|| [(); 2].map(|()| generated()));

    fn generated() -> Raw {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let key = PrivateKey::from_pkcs8(der.as_ref()).unwrap();
        let Components::Rsa(it) = key.secret_components().unwrap() else {
            panic!("not RSA");
        };
        [
            it.modulus,
            it.public_exponent,
            it.private_exponent,
            it.prime1,
            it.prime2,
            it.exponent1,
            it.exponent2,
            it.coefficient,
        ]
        .map(|number| BoxedUint::from_be_slice_vartime(&number))
    }

    /// A key of any two numbers as if they were prime, with the first usable exponent from `e`.
    fn of(p: &BoxedUint, q: &BoxedUint, e: &BoxedUint) -> Raw {
        let len = p.bits_precision() + q.bits_precision();
        let [p, q, mut e] = [p, q, e].map(|it| it.clone().resize(len));
        let [p_1, q_1] =
            [&p, &q].map(|it| NonZero::new(it.wrapping_sub(BoxedUint::one())).unwrap());
        let phi = NonZero::new(p_1.wrapping_mul(&*q_1)).unwrap();
        let d = loop {
            if let Some(d) = e.invert_mod(&phi).into_option() {
                break d;
            }
            e = e.wrapping_add(BoxedUint::from(2_u8));
        };
        let q_inv = q.rem(&NonZero::new(p.clone()).unwrap());
        let q_inv = q_inv.invert_mod(&NonZero::new(p.clone()).unwrap()).unwrap();
        let (d_p, d_q) = (d.rem(&p_1), d.rem(&q_1));
        [p.wrapping_mul(&q), e, d, p, q, d_p, d_q, q_inv]
    }

    fn der(key: &Raw) -> Vec<u8> {
        let numbers = key.each_ref().map(BoxedUint::to_be_bytes);
        let numbers = numbers.each_ref().map(|it| UintRef::new(it).unwrap());
        let [n, e, d, p, q, d_p, d_q, q_inv] = numbers;
        let key = RsaPrivateKey {
            version: 0,
            modulus: n,
            public_exponent: e,
            private_exponent: d,
            prime1: p,
            prime2: q,
            exponent1: d_p,
            exponent2: d_q,
            coefficient: q_inv,
            other_primes: None,
        };
        key.to_der().unwrap()
    }

    fn checked(key: &Raw) -> Result<PublicKey, String> {
        public_key(&der(key)).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn refused(key: &Raw, expected: &str) {
        let said = checked(key).unwrap_err();
        let expected = format!("the RSA private key is damaged: {expected}");
        assert_eq!(said, expected);
    }

    fn prime(hexadecimal: &str) -> BoxedUint {
        BoxedUint::from_be_slice_vartime(&hex::decode(hexadecimal).unwrap())
    }

    /// 2^255 - 19, and the prime of secp256k1.
    fn primes() -> [BoxedUint; 2] {
        [
            prime("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
            prime("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
        ]
    }

    fn e() -> BoxedUint {
        BoxedUint::from(65537_u64)
    }

    #[test]
    fn the_private_numbers_of_another_key_are_refused() {
        let [a, b] = &*KEYS;
        assert!(checked(a).is_ok());
        let mut mixed = b.clone();
        mixed[0] = a[0].clone();
        refused(&mixed, "its numbers do not agree: n is not p * q");
    }

    #[test]
    fn every_number_counts() {
        let [a, b] = &*KEYS;
        let expected = [
            "n is not p * q",
            "d * e is not 1 modulo p - 1; d * e is not 1 modulo q - 1",
            "d * e is not 1 modulo p - 1; d * e is not 1 modulo q - 1; dP is not d modulo p - 1; dQ is not d modulo q - 1",
            "n is not p * q; d * e is not 1 modulo p - 1; dP is not d modulo p - 1; qInv is not the inverse of q modulo p",
            "n is not p * q; d * e is not 1 modulo q - 1; dQ is not d modulo q - 1; qInv is not the inverse of q modulo p",
            "dP is not d modulo p - 1",
            "dQ is not d modulo q - 1",
            "qInv is not the inverse of q modulo p",
        ];
        for (at, expected) in expected.iter().enumerate() {
            let mut mixed = a.clone();
            mixed[at] = if at == 1 {
                BoxedUint::from(3_u8)
            } else {
                b[at].clone()
            };
            // One d of two keys may be larger than the other's modulus.
            let said = checked(&mixed)
                .unwrap_err()
                .replace("d is out of range; ", "");
            let whole =
                format!("the RSA private key is damaged: its numbers do not agree: {expected}");
            assert_eq!(said, whole);
        }
    }

    #[test]
    fn numbers_that_are_missing_or_out_of_range_are_refused() {
        let [key, _] = &*KEYS;
        let zero = BoxedUint::zero();
        let with = |changes: &[(usize, &BoxedUint)]| {
            let mut key = key.clone();
            for (at, number) in changes {
                key[*at] = (*number).clone();
            }
            key
        };
        let missing = "its numbers do not agree: p or q is missing, even or too small";
        refused(&with(&[3, 4, 5, 6, 7].map(|at| (at, &zero))), missing);
        refused(&with(&[(3, &key[0]), (4, &BoxedUint::one())]), missing);
        refused(&with(&[(0, &zero), (3, &BoxedUint::from(4_u8))]), missing);
        let said = checked(&with(&[(2, &zero)])).unwrap_err();
        assert!(said.contains("d * e is not 1 modulo p - 1"), "{said}");
        let said = checked(&with(&[(1, &zero)])).unwrap_err();
        assert!(said.contains("e is out of range"), "{said}");
        let more = key[2].concatenating_add(key[0].concatenating_mul(&key[0]));
        assert!(
            checked(&with(&[(2, &more)]))
                .unwrap_err()
                .contains("d is out of range")
        );
    }

    #[test]
    fn unusual_keys_that_work_are_read() {
        let [p, q] = primes();
        assert_eq!(checked(&of(&p, &q, &e())).unwrap().to_string(), "RSA 511");
        assert!(checked(&of(&p, &q, &BoxedUint::from(u64::MAX - 58))).is_ok());
        let [a, _] = &*KEYS;
        // d modulo (p - 1)(q - 1), not their least multiple, and a long exponent.
        let key = of(&a[3], &a[4], &prime("010000000000000000000000000000000b"));
        assert_eq!(checked(&key).unwrap().to_string(), "RSA 2048");
    }

    #[test]
    fn forms_that_nobody_uses_have_their_own_answer() {
        let [key, _] = &*KEYS;
        let mut long = key.clone();
        long[2] = BoxedUint::one().resize(16_392).shl(16_390);
        let said = checked(&long).unwrap_err();
        assert_eq!(
            said,
            "too many bits in a number of the RSA private key: 16392, where at most 16384 are allowed"
        );
        let der = der(key);
        let mut multi = RsaPrivateKey::from_der(&der).unwrap();
        multi.other_primes = Some(AnyRef::new(Tag::Sequence, &[]).unwrap());
        let said = public_key(&multi.to_der().unwrap())
            .unwrap_err()
            .to_string();
        assert_eq!(
            said,
            "cannot read an RSA private key of more than two primes"
        );
        let mut negative = Vec::<Any>::from_der(&der).unwrap();
        negative[3] = Any::new(Tag::Integer, [0xff; 256]).unwrap();
        let negative = public_key(&negative.to_der().unwrap());
        assert!(matches!(negative, Err(ContentError::Damaged { .. })));
    }
}
