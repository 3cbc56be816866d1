"""Managed identities, and people: by azure-identity and by MSAL."""

import os
import urllib.parse

import msal
import requests
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

VAULT_URL, AUTHORITY = os.environ["VAULT_URL"], os.environ["AZURE_AUTHORITY_HOST"]
SCOPE = "https://vault.azure.net/.default"
START_CODE = os.environ["START_CODE"]
# Azure CLI's, which every tenant knows.
CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def opens_the_vault(credential):
    with credential, SecretClient(VAULT_URL, credential) as client:
        assert client.get_secret("web").properties.content_type == "application/x-pkcs12"


def managed():
    # As in App Service, then as on a virtual machine.
    opens_the_vault(ManagedIdentityCredential())
    for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]:
        del os.environ[name]
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = os.environ["MACHINE_HOST"]
    opens_the_vault(ManagedIdentityCredential())
    try:
        ManagedIdentityCredential(client_id="nobody").get_token(SCOPE)
    except CredentialUnavailableError as error:
        assert "Identity not found" in str(error), error
    else:
        raise AssertionError("there is no such identity")


def token_of(result):
    assert "access_token" in result, result
    return result["access_token"]


def people():
    application = msal.PublicClientApplication(
        CLIENT,
        authority=f"{AUTHORITY}/{os.environ['AZURE_TENANT_ID']}",
        instance_discovery=False,
    )
    flow = application.initiate_device_flow([SCOPE])
    typed = {"user_code": flow["user_code"], "answer": "allow", "start_code": START_CODE}
    requests.post(flow["verification_uri"], data=typed, timeout=60).raise_for_status()
    token_of(application.acquire_token_by_device_flow(flow))
    account = application.get_accounts()[0]
    assert account["username"] == "dev@kvcert.onmicrosoft.com", account
    # A refresh token, for another resource.
    manager = ["https://management.azure.com/.default"]
    token_of(application.acquire_token_silent(manager, account=account))

    flow = application.initiate_auth_code_flow(
        [SCOPE], redirect_uri="http://localhost:5000/", response_mode="query"
    )
    page = requests.get(flow["auth_uri"], timeout=60).text
    ticket = page.split('name="ticket" value="')[1].split('"')[0]
    answer = {"ticket": ticket, "answer": "allow", "start_code": START_CODE}
    back = requests.post(flow["auth_uri"], data=answer, allow_redirects=False, timeout=60)
    query = urllib.parse.urlsplit(back.headers["Location"]).query
    token_of(application.acquire_token_by_auth_code_flow(flow, dict(urllib.parse.parse_qsl(query))))


managed()
people()
