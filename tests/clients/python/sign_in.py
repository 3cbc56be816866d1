"""Every way to sign in that azure-identity has and the dev vault's Entra knows, by both of its
clients: each opens the vault."""

import asyncio
import contextlib
import os
import urllib.parse
from pathlib import Path

import azure.identity
import azure.identity.aio
import azure.keyvault.secrets
import azure.keyvault.secrets.aio
import jwt
import requests
from azure.core.exceptions import ClientAuthenticationError
from sign_in_seed import MACHINE, RESOURCE, WORKER

ENV = os.environ
VAULT_URL, AUTHORITY, TENANT = ENV["VAULT_URL"], ENV["AZURE_AUTHORITY_HOST"], ENV["AZURE_TENANT_ID"]
CLIENT, SECRET = ENV["AZURE_CLIENT_ID"], ENV["AZURE_CLIENT_SECRET"]
FOLDER = Path(ENV["SIGN_IN_FOLDER"])
PEM, PFX, TOKEN = (str(FOLDER / name) for name in ("worker.pem", "worker.pfx", "token"))
VAULT = "https://vault.azure.net/.default"
# Azure CLI's, which every tenant knows.
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
REDIRECT = "http://localhost:8400/"
OPTIONS = {"authority": AUTHORITY, "disable_instance_discovery": True}


@contextlib.contextmanager
def environment(**changes):
    before = dict(ENV)
    for name, value in changes.items():
        ENV.pop(name, None)
        if value is not None:
            ENV[name] = value
    try:
        yield
    finally:
        ENV.clear()
        ENV.update(before)


def allow(uri, code, *_):
    """A person types in a code and agrees."""
    typed = {"user_code": code, "answer": "allow", "start_code": ENV["START_CODE"]}
    requests.post(uri, data=typed, timeout=60).raise_for_status()


def agree_in_browser(client, scope):
    """A person agrees on the page of a sign-in; the browser brings the code to the client."""
    query = {"client_id": client, "response_type": "code", "redirect_uri": REDIRECT, "scope": scope}
    page = f"{AUTHORITY}/{TENANT}/oauth2/v2.0/authorize?{urllib.parse.urlencode(query)}"
    ticket = requests.get(page, timeout=60).text.split('name="ticket" value="')[1].split('"')[0]
    answer = {"ticket": ticket, "answer": "allow", "start_code": ENV["START_CODE"]}
    back = requests.post(page, data=answer, allow_redirects=False, timeout=60)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back.headers["Location"]).query))["code"]


def person():
    """A token of a person for the application itself, who agreed that it may go on to the vault."""
    agree_in_browser(WORKER, VAULT)
    credential = azure.identity.DeviceCodeCredential(CLI, tenant_id=TENANT, prompt_callback=allow, **OPTIONS)
    return credential.get_token(f"api://{WORKER}/.default").token


def ways(module):
    """Both clients have these, under the same names."""
    worker = (TENANT, WORKER)
    certificate = module.CertificateCredential
    yield module.ClientSecretCredential(TENANT, CLIENT, SECRET, **OPTIONS)
    yield certificate(*worker, PEM, **OPTIONS)
    yield certificate(*worker, PEM, send_certificate_chain=True, **OPTIONS)
    yield certificate(*worker, PFX, password="a password", **OPTIONS)
    data = Path(PFX).read_bytes()
    yield certificate(*worker, certificate_data=data, password=b"a password", **OPTIONS)
    yield module.ClientAssertionCredential(*worker, Path(TOKEN).read_text, **OPTIONS)
    yield module.WorkloadIdentityCredential(
        tenant_id=TENANT, client_id=WORKER, token_file_path=TOKEN, **OPTIONS
    )
    code = agree_in_browser(CLI, VAULT)
    yield module.AuthorizationCodeCredential(TENANT, CLI, code, REDIRECT, **OPTIONS)
    yield module.OnBehalfOfCredential(
        *worker, user_assertion=person(), client_certificate=Path(PEM).read_bytes(), **OPTIONS
    )
    yield module.EnvironmentCredential(disable_instance_discovery=True)
    with environment(AZURE_CLIENT_ID=WORKER, AZURE_CLIENT_SECRET=None, AZURE_CLIENT_CERTIFICATE_PATH=PEM):
        yield module.EnvironmentCredential(disable_instance_discovery=True)
    yield module.DefaultAzureCredential(**OPTIONS)
    with environment(AZURE_CLIENT_ID=WORKER, AZURE_CLIENT_SECRET=None, AZURE_FEDERATED_TOKEN_FILE=TOKEN):
        yield module.DefaultAzureCredential(**OPTIONS)

    # As in App Service, then as on a virtual machine; the system's identity, then one of its own.
    managed = module.ManagedIdentityCredential
    machine = {"IDENTITY_ENDPOINT": None, "IDENTITY_HEADER": None}
    machine["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = ENV["MACHINE_HOST"]
    for place in ({}, machine):
        with environment(**place):
            yield managed()
            yield managed(client_id=MACHINE)
            yield managed(identity_config={"resource_id": RESOURCE})
    with environment(AZURE_CLIENT_SECRET=None, AZURE_CLIENT_ID=MACHINE):
        yield module.DefaultAzureCredential(**OPTIONS)


def failures(module):
    """What Entra refuses, and how."""
    certificate = module.CertificateCredential
    yield "AADSTS7000215", module.ClientSecretCredential(TENANT, CLIENT, "wrong", **OPTIONS)
    # The certificate of another application.
    yield "AADSTS700027", certificate(TENANT, CLIENT, PEM, **OPTIONS)
    yield "AADSTS700016", module.ClientSecretCredential(TENANT, MACHINE[:-1] + "9", SECRET, **OPTIONS)
    # An issuer that the application does not know.
    token = jwt.encode({"iss": "https://other.example", "sub": "x"}, "k" * 32, algorithm="HS256")
    yield "AADSTS700211", module.ClientAssertionCredential(TENANT, WORKER, lambda: token, **OPTIONS)


def synchronous():
    def opens(credential):
        with credential, azure.keyvault.secrets.SecretClient(VAULT_URL, credential) as client:
            assert client.get_secret("web").properties.content_type == "application/x-pkcs12"

    for credential in ways(azure.identity):
        opens(credential)
    opens(azure.identity.DeviceCodeCredential(CLI, tenant_id=TENANT, prompt_callback=allow, **OPTIONS))
    for number, credential in failures(azure.identity):
        try:
            credential.get_token(VAULT)
        except ClientAuthenticationError as error:
            assert number in str(error), (number, error)
        else:
            raise AssertionError(f"not refused: {number}")


async def asynchronous():
    for credential in ways(azure.identity.aio):
        async with credential, azure.keyvault.secrets.aio.SecretClient(VAULT_URL, credential) as client:
            secret = await client.get_secret("web")
            assert secret.properties.content_type == "application/x-pkcs12"
    for number, credential in failures(azure.identity.aio):
        async with credential:
            try:
                await credential.get_token(VAULT)
            except ClientAuthenticationError as error:
                assert number in str(error), (number, error)
            else:
                raise AssertionError(f"not refused: {number}")


synchronous()
asyncio.run(asynchronous())
