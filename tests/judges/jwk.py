"""Checks a private JWK against its key file: every member by its RFC, with `cryptography`."""

import base64
import hashlib
import json
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa


def octets(text):
    assert "=" not in text and "+" not in text and "/" not in text, "base64url without padding"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(octets(text), "big")


jwk = json.load(open(sys.argv[1]))
key = serialization.load_pem_private_key(open(sys.argv[2], "rb").read(), None)
if isinstance(key, rsa.RSAPrivateKey):
    numbers = key.private_numbers()
    assert jwk["kty"] == "RSA"
    expected = {
        "n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d,
        "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp,
    }
    assert {name: number(jwk[name]) for name in expected} == expected
elif isinstance(key, ec.EllipticCurvePrivateKey):
    numbers = key.private_numbers()
    size = (key.curve.key_size + 7) // 8
    assert jwk["kty"] == "EC" and jwk["crv"] == {"secp256r1": "P-256", "secp384r1": "P-384"}[key.curve.name]
    expected = {"x": numbers.public_numbers.x, "y": numbers.public_numbers.y, "d": numbers.private_value}
    assert {name: number(jwk[name]) for name in expected} == expected
    assert all(len(octets(jwk[name])) == size for name in expected), "RFC 7518 section 6.2: full length"
else:
    assert isinstance(key, ed25519.Ed25519PrivateKey) and jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519"
    raw = serialization.Encoding.Raw
    assert octets(jwk["d"]) == key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    assert octets(jwk["x"]) == key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)

chain = [x509.load_der_x509_certificate(base64.b64decode(item, validate=True)) for item in jwk["x5c"]]
leaf = chain[0].public_bytes(serialization.Encoding.DER)
spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
assert chain[0].public_key().public_bytes(*spki) == key.public_key().public_bytes(*spki), "leaf first"
assert octets(jwk["x5t"]) == hashlib.sha1(leaf).digest()
assert octets(jwk["x5t#S256"]) == hashlib.sha256(leaf).digest()
