//! How curves are told in keys: by their name, and secp256k1 by its numbers, as the service does.

use der::asn1::{Any, ObjectIdentifier, OctetString, Uint};
use der::{Decode, Encode, Sequence};

use super::Curve;

/// `SpecifiedECDomain` ([SEC 1, appendix C.2](https://www.secg.org/sec1-v2.pdf)).
#[derive(PartialEq, Sequence)]
struct Specified {
    version: u8,
    field: Field,
    curve: Coefficients,
    base: OctetString,
    order: Uint,
    cofactor: u8,
}

#[derive(PartialEq, Sequence)]
struct Field {
    kind: ObjectIdentifier,
    prime: Uint,
}

#[derive(PartialEq, Sequence)]
struct Coefficients {
    a: OctetString,
    b: OctetString,
}

impl Curve {
    /// Reads the parameters of a key. Of those that are told by numbers only secp256k1's are known.
    pub(crate) fn of_parameters(parameters: &Any) -> Option<Self> {
        if let Ok(oid) = parameters.decode_as() {
            return Self::of(oid);
        }
        let told = Specified::from_der(&parameters.to_der().ok()?).ok()?;
        (told == secp256k1().ok()?).then_some(Self::P256K)
    }

    /// The parameters as they stand in certificates and exported keys.
    pub(crate) fn parameters(self) -> anyhow::Result<Any> {
        Ok(match self {
            Self::P256K => Any::encode_from(&secp256k1()?)?,
            named => Any::encode_from(&named.oid())?,
        })
    }
}

/// [SEC 2, section 2.4.1](https://www.secg.org/sec2-v2.pdf).
fn secp256k1() -> anyhow::Result<Specified> {
    let coefficient = |number| {
        let mut bytes = [0; 32];
        bytes[31] = number;
        OctetString::new(bytes)
    };
    Ok(Specified {
        version: 1,
        field: Field {
            kind: PRIME_FIELD,
            prime: Uint::new(&hex::decode(PRIME)?)?,
        },
        curve: Coefficients {
            a: coefficient(0)?,
            b: coefficient(7)?,
        },
        base: OctetString::new(hex::decode(format!("04{BASE_X}{BASE_Y}"))?)?,
        order: Uint::new(&hex::decode(ORDER)?)?,
        cofactor: 1,
    })
}

const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");
const PRIME: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
const BASE_X: &str = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const BASE_Y: &str = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
