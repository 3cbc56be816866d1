"""Every way to sign in that MSAL has and the dev vault's Entra knows."""

import os
from pathlib import Path

import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sign_in_seed import MACHINE, WORKER

ENV = os.environ
AUTHORITY = f"{ENV['AZURE_AUTHORITY_HOST']}/{ENV['AZURE_TENANT_ID']}"
FOLDER = Path(ENV["SIGN_IN_FOLDER"])
PEM = (FOLDER / "worker.pem").read_text()
CERTIFICATE = PEM[PEM.index("-----BEGIN CERT"):]
VAULT = ["https://vault.azure.net/.default"]
MANAGER = ["https://management.azure.com/.default"]
# Azure CLI's, which every tenant knows.
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
USER = "dev@kvcert.onmicrosoft.com"


def application(credential, client=WORKER):
    return msal.ConfidentialClientApplication(
        client, client_credential=credential, authority=AUTHORITY, instance_discovery=False
    )


def token_of(result):
    assert "access_token" in result, result
    assert isinstance(result["expires_in"], int) and result["token_type"] == "Bearer", result
    return result["access_token"]


def opens_the_vault(token):
    url = f"{ENV['VAULT_URL']}/secrets/web?api-version=7.4"
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    answer.raise_for_status()
    assert answer.json()["contentType"] == "application/x-pkcs12"


thumbprint = x509.load_pem_x509_certificate(CERTIFICATE.encode()).fingerprint(hashes.SHA1()).hex()
credentials = [
    # RS256 and x5t; the same with x5c; PS256 and x5t#S256, with x5c too.
    {"private_key": PEM, "thumbprint": thumbprint},
    {"private_key": PEM, "thumbprint": thumbprint, "public_certificate": CERTIFICATE},
    {"private_key": PEM, "public_certificate": CERTIFICATE},
    {"private_key_pfx_path": str(FOLDER / "worker.pfx"), "passphrase": "a password"},
    {
        "private_key_pfx_path": str(FOLDER / "worker.pfx"),
        "passphrase": "a password",
        "public_certificate": True,
    },
    {"client_assertion": (FOLDER / "token").read_text},
]
for credential in credentials:
    opens_the_vault(token_of(application(credential).acquire_token_for_client(VAULT)))
own = application(ENV["AZURE_CLIENT_SECRET"], ENV["AZURE_CLIENT_ID"])
token = token_of(own.acquire_token_for_client(VAULT))
opens_the_vault(token)
assert token_of(own.acquire_token_for_client(VAULT)) == token, "it comes from the cache"

# Refused: a wrong secret, a certificate that is not registered, a secret beside a public client.
for credential, client, number in [
    ("wrong", ENV["AZURE_CLIENT_ID"], 7000215),
    (credentials[2], ENV["AZURE_CLIENT_ID"], 700027),
    (ENV["AZURE_CLIENT_SECRET"], MACHINE, 700016),
]:
    refused = application(credential, client).acquire_token_for_client(VAULT)
    assert refused["error_codes"] == [number], refused
    assert refused["error_description"].startswith(f"AADSTS{number}: "), refused


def allow(flow):
    typed = {"user_code": flow["user_code"], "answer": "allow", "start_code": ENV["START_CODE"]}
    requests.post(flow["verification_uri"], data=typed, timeout=60).raise_for_status()


# A person calls an API, which goes on to the vault on behalf of that person.
tool = msal.PublicClientApplication(CLI, authority=AUTHORITY, instance_discovery=False)
flow = tool.initiate_device_flow([f"api://{WORKER}/.default"])
allow(flow)
signed_in = tool.acquire_token_by_device_flow(flow)
assertion = token_of(signed_in)
api = application(credentials[2])
refused = api.acquire_token_on_behalf_of(assertion, VAULT)
assert (refused["error"], refused["error_codes"]) == ("invalid_grant", [65001]), refused
codes = requests.post(
    f"{AUTHORITY}/oauth2/v2.0/devicecode",
    data={"client_id": WORKER, "scope": VAULT[0]},
    timeout=60,
)
allow(codes.json())
# The former one would answer itself, as it was refused just now.
api = application(credentials[2])
passed_on = api.acquire_token_on_behalf_of(assertion, VAULT)
assert passed_on["id_token_claims"]["preferred_username"] == USER
opens_the_vault(token_of(passed_on))

# A refresh token: for another resource, and again with the one that came for it.
refreshed = tool.acquire_token_by_refresh_token(signed_in["refresh_token"], MANAGER)
token_of(refreshed)
assert refreshed["refresh_token"] != signed_in["refresh_token"]
opens_the_vault(token_of(tool.acquire_token_by_refresh_token(refreshed["refresh_token"], VAULT)))
refused = tool.acquire_token_by_refresh_token("nonsense", VAULT)
assert refused["error"] == "invalid_grant", refused

# Managed identities, as in App Service and as on a virtual machine.
resource = "https://vault.azure.net"
for identity in (msal.SystemAssignedManagedIdentity(), msal.UserAssignedManagedIdentity(client_id=MACHINE)):
    with requests.Session() as session:
        managed = msal.ManagedIdentityClient(identity, http_client=session)
        opens_the_vault(token_of(managed.acquire_token_for_client(resource=resource)))
for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
    del ENV[name]
ENV["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = ENV["MACHINE_HOST"]
for identity in (msal.SystemAssignedManagedIdentity(), msal.UserAssignedManagedIdentity(client_id=MACHINE)):
    with requests.Session() as session:
        managed = msal.ManagedIdentityClient(identity, http_client=session)
        opens_the_vault(token_of(managed.acquire_token_for_client(resource=resource)))
