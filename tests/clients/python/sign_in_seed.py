"""Makes what the scripts sign in with, in the folder that is named: a certificate of an application
as PEM and as PFX, a token of another issuer, and the seed that makes the dev vault know both."""

import datetime
import json
import sys
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

# As the other scripts have them.
WORKER = "5c1b9a3e-0000-4000-8000-00000000b001"
MACHINE = "5c1b9a3e-0000-4000-8000-00000000b002"
RESOURCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/m"
ISSUER = "https://issuer.example"
SUBJECT = "system:serviceaccount:default:worker"

SEED = f"""
[[app]]
name = "worker"
client_id = "{WORKER}"
certificates = ["worker.crt"]
redirect_uris = ["http://localhost:8400/"]
federated = [{{ issuer = "{ISSUER}", subject = "{SUBJECT}" }}]
vault_roles = [{{ role = "Key Vault Secrets User" }}]

[[issuer]]
issuer = "{ISSUER}"
jwks_file = "issuer.json"

[[identity]]
name = "machine"
client_id = "{MACHINE}"
resource_id = "{RESOURCE}"
vault_roles = [{{ role = "Key Vault Secrets User" }}]
"""


def main():
    folder = Path(sys.argv[1])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "worker")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 4711, now - day, now + 90 * day)
    certificate = builder.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / "worker.crt").write_bytes(pem)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "worker.pem").write_bytes(plain + pem)
    protected = BestAvailableEncryption(b"a password")
    pfx = pkcs12.serialize_key_and_certificates(b"worker", key, certificate, None, protected)
    (folder / "worker.pfx").write_bytes(pfx)

    issuer = rsa.generate_private_key(65537, 2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(issuer.public_key(), as_dict=True)
    (folder / "issuer.json").write_text(json.dumps({"keys": [{**jwk, "kid": "one"}]}))
    claims = {
        "iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange",
        "iat": now, "nbf": now - day, "exp": now + day,
    }
    token = jwt.encode(claims, issuer, algorithm="RS256", headers={"kid": "one"})
    (folder / "token").write_text(token)
    (folder / "seed.toml").write_text(SEED)


if __name__ == "__main__":
    main()
