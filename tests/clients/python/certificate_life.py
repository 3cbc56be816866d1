"""The life of a certificate: made, signed elsewhere, imported, changed, deleted, brought back."""

import base64
import datetime

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.certificates import (
    AdministratorContact,
    CertificateClient,
    CertificateContact,
    CertificateContentType,
    CertificatePolicy,
    WellKnownIssuerNames,
)
from azure.keyvault.secrets import SecretClient
from common import QUICK, VAULT_URL, credential, names, refused
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

client = CertificateClient(VAULT_URL, credential())
secrets = SecretClient(VAULT_URL, credential())
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def spki(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def issue(subject, key, issuer, issuer_key, ca=False):
    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = x509.CertificateBuilder(name(issuer), name(subject), key, 4711, NOW - DAY, NOW + 90 * DAY)
    constraints = x509.BasicConstraints(ca=ca, path_length=None)
    return builder.add_extension(constraints, critical=True).sign(issuer_key, hashes.SHA256())


def pfx(name):
    """The secret's key, leaf and chain."""
    secret = secrets.get_secret(name)
    assert secret.properties.content_type == "application/x-pkcs12"
    return pkcs12.load_key_and_certificates(base64.b64decode(secret.value), None)


ca_key = ec.generate_private_key(ec.SECP256R1())
ca = issue("a ca", ca_key.public_key(), "a ca", ca_key, ca=True)

# Self-signed, with the usual policy.
made = client.begin_create_certificate("made", CertificatePolicy.get_default(), **QUICK).result()
leaf = x509.load_der_x509_certificate(bytes(made.cer))
assert leaf.subject.rfc4514_string() == "CN=DefaultPolicy" and leaf.issuer == leaf.subject
leaf.verify_directly_issued_by(leaf)
key, found, chain = pfx("made")
assert found == leaf and not chain and spki(key.public_key()) == spki(leaf.public_key())
assert made.policy.key_type == "RSA" and made.policy.key_size == 2048 and made.policy.exportable
assert made.policy.validity_in_months == 12
assert base64.urlsafe_b64encode(made.properties.x509_thumbprint).decode()
assert made.properties.x509_thumbprint == leaf.fingerprint(hashes.SHA1())
operation = client.get_certificate_operation("made")
assert operation.status == "completed" and operation.target == f"{VAULT_URL}/certificates/made"
x509.load_der_x509_csr(operation.csr)
client.delete_certificate_operation("made")
with refused(404, "PendingCertificateNotFound", kind=ResourceNotFoundError):
    client.get_certificate_operation("made")

# An EC key that may not leave.
policy = CertificatePolicy(
    WellKnownIssuerNames.self,
    subject="CN=kept.example.com",
    san_dns_names=["kept.example.com", "also.example.com"],
    key_type="EC",
    key_curve_name="P-384",
    exportable=False,
    validity_in_months=3,
    key_usage=["digitalSignature"],
)
kept = client.begin_create_certificate("kept", policy, tags={"kept": "yes"}, **QUICK).result()
leaf = x509.load_der_x509_certificate(bytes(kept.cer))
assert leaf.public_key().curve.name == "secp384r1" and kept.properties.tags == {"kept": "yes"}
sans = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
assert sans.get_values_for_type(x509.DNSName) == ["kept.example.com", "also.example.com"]
key, found, chain = pfx("kept")
assert key is None and (found == leaf or [each for each in chain] == [leaf])

# Signed elsewhere: request, merge.
policy = CertificatePolicy(WellKnownIssuerNames.unknown, subject="CN=merged.example.com")
client.begin_create_certificate("merged", policy, **QUICK)
operation = client.get_certificate_operation("merged")
assert operation.status == "inProgress" and operation.issuer_name == "Unknown"
with refused(409, "Forbidden", kind=HttpResponseError):
    client.begin_create_certificate("merged", policy, **QUICK).result()
csr = x509.load_der_x509_csr(operation.csr)
assert csr.is_signature_valid and csr.subject.rfc4514_string() == "CN=merged.example.com"
signed = issue("merged.example.com", csr.public_key(), "a ca", ca_key)
with refused(400, "BadParameter"):
    other = issue("merged.example.com", ca_key.public_key(), "a ca", ca_key)
    client.merge_certificate("merged", [other.public_bytes(Encoding.DER)])
merged = client.merge_certificate("merged", [c.public_bytes(Encoding.DER) for c in (signed, ca)])
assert bytes(merged.cer) == signed.public_bytes(Encoding.DER)
key, found, chain = pfx("merged")
assert found == signed and chain == [ca] and spki(key.public_key()) == spki(csr.public_key())

# Cancelled.
client.begin_create_certificate("cancelled", policy, **QUICK)
assert client.cancel_certificate_operation("cancelled").cancellation_requested
client.delete_certificate_operation("cancelled")

# Imported: PFX with a password, PEM.
own_key = rsa.generate_private_key(65537, 2048)
own = issue("own", own_key.public_key(), "a ca", ca_key)
protected = pkcs12.serialize_key_and_certificates(
    b"own", own_key, own, [ca], BestAvailableEncryption(b"pass")
)
with refused(400, "BadParameter"):
    client.import_certificate("imported", protected, password="wrong")
imported = client.import_certificate("imported", protected, password="pass")
assert bytes(imported.cer) == own.public_bytes(Encoding.DER)
key, found, chain = pfx("imported")
assert found == own and chain == [ca] and key.private_numbers() == own_key.private_numbers()
pem = own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
pem += own.public_bytes(Encoding.PEM) + ca.public_bytes(Encoding.PEM)
policy = CertificatePolicy(WellKnownIssuerNames.unknown, content_type=CertificateContentType.pem)
client.import_certificate("imported", pem, policy=policy)
secret = secrets.get_secret("imported")
assert secret.properties.content_type == "application/x-pem-file"
assert x509.load_pem_x509_certificates(secret.value.encode()) == [own, ca]
versions = list(client.list_properties_of_certificate_versions("imported"))
assert len(versions) == 2

# Changed.
changed = client.update_certificate_properties("imported", enabled=False, tags={"x": "y"})
assert changed.properties.enabled is False and changed.properties.tags == {"x": "y"}
with refused(403, "Forbidden", "SecretDisabled"):
    secrets.get_secret("imported")
client.update_certificate_properties("imported", enabled=True)
policy = client.get_certificate_policy("made")
policy._validity_in_months = 6
assert client.update_certificate_policy("made", policy).validity_in_months == 6

# Deleted, recovered, backed up, purged, restored.
assert {"made", "kept", "merged", "imported"} <= set(names(client.list_properties_of_certificates()))
client.begin_delete_certificate("made", **QUICK).wait()
with refused(404, "SecretNotFound", kind=ResourceNotFoundError):
    secrets.get_secret("made")
assert "made" in names(client.list_deleted_certificates())
assert client.get_deleted_certificate("made").recovery_id
recovered = client.begin_recover_deleted_certificate("made", **QUICK).result()
assert recovered.properties.version == made.properties.version
backup = client.backup_certificate("made")
client.begin_delete_certificate("made", **QUICK).wait()
client.purge_deleted_certificate("made")
restored = client.restore_certificate_backup(backup)
assert bytes(restored.cer) == bytes(made.cer)
assert pfx("made")[1].public_bytes(Encoding.DER) == bytes(made.cer)

# Contacts and issuers.
contacts = [CertificateContact(email="admin@example.com", name="A", phone="1")]
assert client.set_contacts(contacts)[0].email == "admin@example.com"
assert client.get_contacts()[0].name == "A"
client.delete_contacts()
with refused(404, "ContactsNotFound", kind=ResourceNotFoundError):
    client.get_contacts()
admin = AdministratorContact(first_name="A", last_name="B", email="a@example.com", phone="1")
issuer = client.create_issuer("issuer", "Test", account_id="me", admin_contacts=[admin])
assert issuer.provider == "Test" and issuer.admin_contacts[0].email == "a@example.com"
assert client.update_issuer("issuer", enabled=False).enabled is False
assert names(client.list_properties_of_issuers()) == ["issuer"]
assert client.delete_issuer("issuer").name == "issuer"
with refused(404, "CertificateIssuerNotFound", kind=ResourceNotFoundError):
    client.get_issuer("issuer")
