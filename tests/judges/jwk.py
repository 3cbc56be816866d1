"""JWK: every member by its RFC, and a JOSE library that signs with it."""

import base64
import hashlib
import json
import re

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

import openssl
import python

# RFC 7518 section 3.1, RFC 8037, RFC 8812.
ALGORITHMS = {"P-256": ["ES256"], "P-384": ["ES384"], "P-521": ["ES512"], "secp256k1": ["ES256K"],
              "Ed25519": ["EdDSA"], None: ["RS256", "PS256"]}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "secp256k1"}


def judge(truth, shape, folder, stem, _):
    text = (folder / f"{stem}.jwk.json").read_text()
    members = json.loads(text)
    der = (folder.parent / f"der/{stem}.key.der").read_bytes()
    if "curve spelled out" in truth.traits:
        der = openssl.key_with_named_curve(der)
    check_members(members, python.key(der))
    check_certificates(members, truth.certificates)
    truth.verdict.agree(shape, "cryptography")
    public = JWK.from_pyca(python.public(truth.public))
    # PS256 needs more room than 512 bits.
    algorithms = ["RS256"] if "RSA 512" in truth.traits else ALGORITHMS[members.get("crv")]
    for algorithm in algorithms:
        sign_and_verify(JWK.from_json(text), public, algorithm)
    truth.verdict.agree(shape, "jwcrypto")


def check_members(members, key):
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        assert members["kty"] == "RSA"
        expected = {"n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d, "p": numbers.p,
                    "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        assert {name: number(members[name]) for name in expected} == expected
        assert all(octets(members[name])[0] for name in expected), "RFC 7518 section 2: no zeros in front"
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        numbers, size = key.private_numbers(), (key.curve.key_size + 7) // 8
        assert (members["kty"], members["crv"]) == ("EC", CURVES[key.curve.name])
        public = numbers.public_numbers
        expected = {"x": public.x, "y": public.y, "d": numbers.private_value}
        assert {name: number(members[name]) for name in expected} == expected
        assert all(len(octets(members[name])) == size for name in expected), "RFC 7518 section 6.2: full length"
    else:
        assert (members["kty"], members["crv"]) == ("OKP", "Ed25519")
        assert octets(members["d"]) == key.private_bytes_raw()
        assert octets(members["x"]) == key.public_key().public_bytes_raw()


def check_certificates(members, certificates):
    leaf = certificates[0]
    assert [base64.b64decode(item, validate=True) for item in members["x5c"]] == certificates
    assert octets(members["x5t"]) == hashlib.sha1(leaf).digest()
    assert octets(members["x5t#S256"]) == hashlib.sha256(leaf).digest()


def sign_and_verify(private, public, algorithm):
    signed = JWS(b"payload")
    signed.allowed_algs = [algorithm]
    signed.add_signature(private, None, json.dumps({"alg": algorithm}))
    received = JWS()
    received.allowed_algs = [algorithm]
    received.deserialize(signed.serialize(compact=True), public)
    assert received.payload == b"payload"


def octets(text):
    assert re.fullmatch("[A-Za-z0-9_-]*", text), "base64url without padding"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(octets(text), "big")
