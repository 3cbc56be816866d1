"""What a new vault holds, as the three clients see it."""

from azure.core.exceptions import ResourceNotFoundError
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.secrets import SecretClient
from common import VAULT_URL, credential, names, refused
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12
import base64

secrets = SecretClient(VAULT_URL, credential())
certificates = CertificateClient(VAULT_URL, credential())
keys = KeyClient(VAULT_URL, credential())


def spki(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


web = certificates.get_certificate("web")
secret = secrets.get_secret("web")
key = keys.get_key("web")
assert web.properties.version == secret.properties.version == key.properties.version
assert secret.properties.managed and key.properties.managed
assert secret.properties.content_type == "application/x-pkcs12"
assert secret.properties.key_id == key.id == web.key_id
assert secret.id == web.secret_id

leaf = x509.load_der_x509_certificate(bytes(web.cer))
private, found, chain = pkcs12.load_key_and_certificates(base64.b64decode(secret.value), None)
assert found == leaf and len(chain) == 2
assert spki(private.public_key()) == spki(leaf.public_key())
assert key.key.n == leaf.public_key().public_numbers().n.to_bytes(256, "big")
assert web.policy.exportable and web.policy.issuer_name
assert web.properties.expires_on == leaf.not_valid_after_utc

listed = names(certificates.list_properties_of_certificates())
assert listed == sorted(listed) and "web" in listed and "retired" in listed
assert set(names(secrets.list_properties_of_secrets())) == set(listed)
assert set(names(keys.list_properties_of_keys())) == set(listed)
assert len(list(certificates.list_properties_of_certificate_versions("rotated"))) == 2

with refused(403, "Forbidden", "SecretDisabled"):
    secrets.get_secret("retired")
with refused(404, "SecretNotFound", kind=ResourceNotFoundError):
    secrets.get_secret("nothing")
