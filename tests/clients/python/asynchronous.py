"""The asynchronous clients: the life of a secret, of certificates and of a key."""

import asyncio
import base64
import datetime
import hashlib
import os

from azure.identity.aio import ClientSecretCredential
from azure.keyvault.certificates import CertificatePolicy, WellKnownIssuerNames
from azure.keyvault.certificates.aio import CertificateClient
from azure.keyvault.keys.aio import KeyClient
from azure.keyvault.keys.crypto import SignatureAlgorithm
from azure.keyvault.keys.crypto.aio import CryptographyClient
from azure.keyvault.secrets.aio import SecretClient
from common import QUICK, VAULT_URL, names
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding


async def main():
    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    async with credential:
        await asyncio.gather(secret(credential), certificate(credential), key(credential))


async def all_of(items):
    return [item async for item in items]


async def pages_of(items):
    return [await all_of(page) async for page in items.by_page()]


async def secret(credential):
    async with SecretClient(VAULT_URL, credential) as client:
        await asyncio.gather(*(client.set_secret(f"s-{n}", str(n)) for n in range(26)))
        pages = await pages_of(client.list_properties_of_secrets())
        listed = names(sum(pages, []))
        assert len(pages) > 1 and {f"s-{n}" for n in range(26)} <= set(listed), listed
        assert (await client.get_secret("s-7")).value == "7"
        first = (await client.get_secret("s-7")).properties.version
        await client.set_secret("s-7", "again")
        versions = await all_of(client.list_properties_of_secret_versions("s-7"))
        assert len(versions) == 2 and first in [each.version for each in versions]
        assert (await client.get_secret("s-7", first)).value == "7"
        await client.update_secret_properties("s-7", tags={"a": "b"})
        deleted = await client.delete_secret("s-7", **QUICK)
        assert deleted.recovery_id == f"{VAULT_URL}/deletedsecrets/s-7"
        assert names(await all_of(client.list_deleted_secrets())) == ["s-7"]
        await client.recover_deleted_secret("s-7", **QUICK)
        assert (await client.get_secret("s-7")).properties.tags == {"a": "b"}
        backup = await client.backup_secret("s-7")
        await client.delete_secret("s-7", **QUICK)
        await client.purge_deleted_secret("s-7")
        await client.restore_secret_backup(backup)
        assert (await client.get_secret("s-7", first)).value == "7"


async def certificate(credential):
    async with (
        CertificateClient(VAULT_URL, credential) as client,
        SecretClient(VAULT_URL, credential) as secrets,
    ):
        pages = await pages_of(client.list_properties_of_certificates(max_page_size=3))
        assert max(map(len, pages)) == 3 and "web" in names(sum(pages, []))
        made = await client.create_certificate("made", CertificatePolicy.get_default(), **QUICK)
        assert made.policy.issuer_name == "Self"
        assert (await client.get_certificate("made")).cer == made.cer
        assert (await client.get_certificate_operation("made")).status == "completed"

        # What is downloaded is imported again.
        pfx = base64.b64decode((await secrets.get_secret("made")).value)
        imported = await client.import_certificate("imported", pfx)
        assert imported.cer == made.cer
        versions = await all_of(client.list_properties_of_certificate_versions("imported"))
        assert [each.version for each in versions] == [imported.properties.version]

        await client.delete_certificate("made", **QUICK)
        assert names(await all_of(client.list_deleted_certificates())) == ["made"]
        await client.recover_deleted_certificate("made", **QUICK)
        backup = await client.backup_certificate("made")
        await client.delete_certificate("made", **QUICK)
        await client.purge_deleted_certificate("made")
        assert (await client.restore_certificate_backup(backup)).cer == made.cer
        await merged(client)


async def merged(client):
    """Another authority signs the request."""
    policy = CertificatePolicy(WellKnownIssuerNames.unknown, subject="CN=merged.example.com")
    await client.create_certificate("merged", policy, **QUICK)
    operation = await client.get_certificate_operation("merged")
    csr = x509.load_der_x509_csr(operation.csr)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    issuer = x509.Name.from_rfc4514_string("CN=a ca")
    builder = x509.CertificateBuilder(issuer, csr.subject, csr.public_key(), 4711, now - day, now + day)
    signed = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert bytes((await client.merge_certificate("merged", [signed])).cer) == signed


async def key(credential):
    async with KeyClient(VAULT_URL, credential) as client:
        made = await client.create_ec_key("ec", curve="P-256")
        async with CryptographyClient(made, credential) as crypto:
            digest = hashlib.sha256(b"a message").digest()
            signed = await crypto.sign(SignatureAlgorithm.es256, digest)
            checked = await crypto.verify(SignatureAlgorithm.es256, digest, signed.signature)
            assert checked.is_valid
        # Checked on this side, without a word to the vault.
        local = CryptographyClient.from_jwk(made.key)
        assert (await local.verify(SignatureAlgorithm.es256, digest, signed.signature)).is_valid
        pages = await pages_of(client.list_properties_of_keys(max_page_size=3))
        assert max(map(len, pages)) == 3 and {"ec", "web"} <= set(names(sum(pages, [])))
        await client.rotate_key("ec")
        assert len(await all_of(client.list_properties_of_key_versions("ec"))) == 2
        await client.delete_key("ec", **QUICK)
        await client.recover_deleted_key("ec", **QUICK)
        backup = await client.backup_key("ec")
        await client.delete_key("ec", **QUICK)
        await client.purge_deleted_key("ec")
        await client.restore_key_backup(backup)
        assert (await client.get_key("ec", made.properties.version)).key.x == made.key.x


asyncio.run(main())
