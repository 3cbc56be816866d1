"""azure-identity with the tokens of Azure CLI, which is signed in: by both of its clients."""

import asyncio
import os

import azure.identity
import azure.identity.aio
import azure.keyvault.secrets
import azure.keyvault.secrets.aio

VAULT_URL = os.environ["VAULT_URL"]
PATIENCE = {"process_timeout": 120}


def synchronous():
    credential = azure.identity.AzureCliCredential(**PATIENCE)
    with credential, azure.keyvault.secrets.SecretClient(VAULT_URL, credential) as client:
        assert client.get_secret("web").properties.content_type == "application/x-pkcs12"


async def asynchronous():
    credential = azure.identity.aio.AzureCliCredential(**PATIENCE)
    async with credential, azure.keyvault.secrets.aio.SecretClient(VAULT_URL, credential) as client:
        secret = await client.get_secret("web")
        assert secret.properties.content_type == "application/x-pkcs12"


synchronous()
asyncio.run(asynchronous())
