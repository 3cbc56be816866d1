//! Keys: [`PrivateKey`] and the [`PublicKey`] that ties it to a certificate.

mod components;
mod curve;
mod names;
mod private;
mod public;
mod rsa;

pub use components::{Components, EcComponents, RsaComponents};
pub use curve::Curve;
pub use private::PrivateKey;
pub(crate) use private::pkcs8_version_1;
pub use public::PublicKey;
