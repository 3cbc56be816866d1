"""Python's `cryptography` as a judge."""

from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, PublicFormat, load_der_private_key, load_der_public_key,
    load_pem_private_key, pkcs12)

import pem

DER = Encoding.DER


# Several shapes hold the very same bytes.
@lru_cache(64)
def key(data, password=None):
    """A private key, PEM or DER. That a password is not needed is an error too."""
    load = load_der_private_key if data[:1] == b"\x30" else load_pem_private_key
    return load(data, password and password.encode())


def bits(private):
    public = private.public_key().public_bytes(DER, PublicFormat.SubjectPublicKeyInfo)
    return pem.key_bits(public)


def public(der):
    return load_der_public_key(der)


def certificates(data):
    return [found.public_bytes(DER) for found in x509.load_pem_x509_certificates(data)]


def key_store(data, password):
    """As `openssl.key_store`. A key has no name here, but mostly it is that of its certificate."""
    store = pkcs12.load_pkcs12(data, (password or "").encode())
    certificates = [store.cert] if store.cert else []
    parts = [("CERTIFICATE", found.certificate.public_bytes(DER), found.friendly_name)
             for found in [*certificates, *store.additional_certs]]
    if store.key:
        pkcs8 = store.key.private_bytes(DER, PrivateFormat.PKCS8, NoEncryption())
        name = parts[0][2] if store.cert else None
        parts.insert(0, ("PRIVATE KEY", pkcs8, name and name.decode()))
    return parts


def kind(public):
    """What to call a public key: `RSA 2048`, `secp256r1`, `Ed25519`."""
    key = load_der_public_key(public)
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    assert isinstance(key, ed25519.Ed25519PublicKey)
    return "Ed25519"
