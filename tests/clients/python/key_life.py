"""Keys: made, imported, used and checked on this side, rotated, deleted, brought back."""

import hashlib

from azure.core.exceptions import ResourceNotFoundError
from azure.keyvault.keys import JsonWebKey, KeyClient, KeyRotationLifetimeAction, KeyRotationPolicy
from azure.keyvault.keys.crypto import (
    CryptographyClient,
    EncryptionAlgorithm,
    KeyWrapAlgorithm,
    SignatureAlgorithm,
)
from common import QUICK, VAULT_URL, credential, names, refused
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

client = KeyClient(VAULT_URL, credential())
MESSAGE = b"a message"
CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


def number(octets):
    return int.from_bytes(octets, "big")


def rsa_public(key):
    return rsa.RSAPublicNumbers(number(key.e), number(key.n)).public_key()


# RSA: what the vault signs is checked here, what is encrypted here the vault decrypts.
for size in (2048, 3072):
    key = client.create_rsa_key(f"rsa-{size}", size=size)
    assert len(key.key.n) == size // 8 and key.key_type == "RSA"
    public = rsa_public(key.key)
    crypto = CryptographyClient(key, credential())
    for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"):
        digest = hashlib.new(f"sha{name[2:]}", MESSAGE).digest()
        signed = crypto.sign(SignatureAlgorithm(name), digest)
        assert signed.key_id == key.id
        algorithm = getattr(hashes, f"SHA{name[2:]}")()
        scheme = (
            padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
            if name.startswith("PS")
            else padding.PKCS1v15()
        )
        public.verify(signed.signature, digest, scheme, utils.Prehashed(algorithm))
        assert crypto.verify(SignatureAlgorithm(name), digest, signed.signature).is_valid
    for name in ("RSA1_5", "RSA-OAEP", "RSA-OAEP-256"):
        encrypted = crypto.encrypt(EncryptionAlgorithm(name), MESSAGE)
        assert crypto.decrypt(EncryptionAlgorithm(name), encrypted.ciphertext).plaintext == MESSAGE
        wrapped = crypto.wrap_key(KeyWrapAlgorithm(name), b"k" * 32)
        assert crypto.unwrap_key(KeyWrapAlgorithm(name), wrapped.encrypted_key).key == b"k" * 32

# EC.
for curve, kind in CURVES.items():
    key = client.create_ec_key(f"ec-{curve}", curve=curve)
    assert key.key.crv == curve
    public = ec.EllipticCurvePublicNumbers(number(key.key.x), number(key.key.y), kind()).public_key()
    bits = {"P-256": 256, "P-384": 384, "P-521": 512}[curve]
    algorithm = getattr(hashes, f"SHA{bits}")()
    digest = hashlib.new(f"sha{bits}", MESSAGE).digest()
    crypto = CryptographyClient(key, credential())
    signature = crypto.sign(SignatureAlgorithm(f"ES{bits}"), digest).signature
    half = len(signature) // 2
    assert half == len(key.key.x) == len(key.key.y), "fixed width"
    der = utils.encode_dss_signature(number(signature[:half]), number(signature[half:]))
    public.verify(der, digest, ec.ECDSA(utils.Prehashed(algorithm)))

# Imported.
private = rsa.generate_private_key(65537, 2048)
numbers = private.private_numbers()


def octets(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


jwk = JsonWebKey(
    kty="RSA",
    key_ops=["sign", "verify", "encrypt", "decrypt"],
    n=octets(numbers.public_numbers.n),
    e=octets(numbers.public_numbers.e),
    d=octets(numbers.d),
    p=octets(numbers.p),
    q=octets(numbers.q),
    dp=octets(numbers.dmp1),
    dq=octets(numbers.dmq1),
    qi=octets(numbers.iqmp),
)
imported = client.import_key("brought", jwk)
assert imported.key.n == octets(numbers.public_numbers.n) and imported.key.d is None
digest = hashlib.sha256(MESSAGE).digest()
crypto = CryptographyClient(imported, credential())
signature = crypto.sign(SignatureAlgorithm.rs256, digest).signature
private.public_key().verify(
    signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
)

# Only what a key is for.
only = client.create_rsa_key("only", key_operations=["verify"])
assert only.key_operations == ["verify"]
changed = client.update_key_properties("only", key_operations=["sign", "verify"], tags={"a": "b"})
assert changed.key_operations == ["sign", "verify"] and changed.properties.tags == {"a": "b"}

# Rotated.
rotated = client.rotate_key("rsa-2048")
assert len(list(client.list_properties_of_key_versions("rsa-2048"))) == 2
assert client.get_key("rsa-2048").id == rotated.id
policy = KeyRotationPolicy(
    lifetime_actions=[KeyRotationLifetimeAction("rotate", time_before_expiry="P30D")],
    expires_in="P90D",
)
assert client.update_key_rotation_policy("rsa-2048", policy).expires_in == "P90D"
actions = client.get_key_rotation_policy("rsa-2048").lifetime_actions
assert "P30D" in [action.time_before_expiry for action in actions]

# Deleted, recovered, backed up, purged, restored.
assert {"rsa-2048", "brought", "web"} <= set(names(client.list_properties_of_keys()))
client.begin_delete_key("brought", **QUICK).wait()
with refused(404, "KeyNotFound", kind=ResourceNotFoundError):
    client.get_key("brought")
assert names(client.list_deleted_keys()) == ["brought"]
assert client.begin_recover_deleted_key("brought", **QUICK).result().id == imported.id
backup = client.backup_key("brought")
client.begin_delete_key("brought", **QUICK).wait()
client.purge_deleted_key("brought")
assert client.restore_key_backup(backup).key.n == imported.key.n
assert crypto.sign(SignatureAlgorithm.rs256, digest).signature == signature

# The key of a certificate.
web = client.get_key("web")
signature = CryptographyClient(web, credential()).sign(SignatureAlgorithm.ps256, digest).signature
rsa_public(web.key).verify(
    signature,
    digest,
    padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    utils.Prehashed(hashes.SHA256()),
)
