"""The asynchronous clients: set, make, sign, and clean up."""

import asyncio
import hashlib
import os

from azure.identity.aio import ClientSecretCredential
from azure.keyvault.certificates import CertificatePolicy
from azure.keyvault.certificates.aio import CertificateClient
from azure.keyvault.keys.aio import KeyClient
from azure.keyvault.keys.crypto import SignatureAlgorithm
from azure.keyvault.keys.crypto.aio import CryptographyClient
from azure.keyvault.secrets.aio import SecretClient
from common import QUICK, VAULT_URL


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


async def secret(credential):
    async with SecretClient(VAULT_URL, credential) as client:
        await asyncio.gather(*(client.set_secret(f"s-{n}", str(n)) for n in range(26)))
        listed = [item.name async for item in client.list_properties_of_secrets()]
        assert {f"s-{n}" for n in range(26)} <= set(listed), listed
        assert (await client.get_secret("s-7")).value == "7"
        await client.delete_secret("s-7", **QUICK)
        await client.recover_deleted_secret("s-7", **QUICK)
        assert (await client.get_secret("s-7")).value == "7"


async def certificate(credential):
    async with CertificateClient(VAULT_URL, credential) as client:
        made = await client.create_certificate("made", CertificatePolicy.get_default(), **QUICK)
        assert made.policy.issuer_name == "Self"
        assert (await client.get_certificate("made")).cer == made.cer
        await client.delete_certificate("made", **QUICK)
        await client.purge_deleted_certificate("made")


async def key(credential):
    async with KeyClient(VAULT_URL, credential) as client:
        made = await client.create_ec_key("ec", curve="P-256")
        async with CryptographyClient(made, credential) as crypto:
            digest = hashlib.sha256(b"a message").digest()
            signed = await crypto.sign(SignatureAlgorithm.es256, digest)
            checked = await crypto.verify(SignatureAlgorithm.es256, digest, signed.signature)
            assert checked.is_valid


asyncio.run(main())
