"""A certificate signs in to the dev vault's Entra, by MSAL and by both clients of azure-identity.
Prints the claims of the token."""

import asyncio
import json
import os
import sys
from pathlib import Path

import jwt
import msal
from azure.identity import CertificateCredential
from azure.identity.aio import CertificateCredential as AsyncCertificateCredential

SCOPE = "https://outlook.office365.com/.default"
ENV = os.environ
TENANT, CLIENT, AUTHORITY = ENV["AZURE_TENANT_ID"], ENV["AZURE_CLIENT_ID"], ENV["AZURE_AUTHORITY_HOST"]


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def by_msal(pem):
    text = pem.read_text()
    application = msal.ConfidentialClientApplication(
        CLIENT,
        authority=f"{AUTHORITY}/{TENANT}",
        client_credential={
            "private_key": text,
            "public_certificate": text[text.index("-----BEGIN CERT"):],
        },
        instance_discovery=False,
        verify=ENV["REQUESTS_CA_BUNDLE"],
    )
    result = application.acquire_token_for_client([SCOPE])
    assert "access_token" in result, result
    return result["access_token"]


def options():
    return {"authority": AUTHORITY, "disable_instance_discovery": True}


def by_identity(pem):
    with CertificateCredential(TENANT, CLIENT, str(pem), **options()) as credential:
        return credential.get_token(SCOPE).token


async def by_async_identity(pem):
    ca = ENV["REQUESTS_CA_BUNDLE"]
    credential = AsyncCertificateCredential(
        TENANT, CLIENT, str(pem), connection_verify=ca, **options()
    )
    async with credential:
        return (await credential.get_token(SCOPE)).token


def main():
    pem = Path(sys.argv[1])
    tokens = [by_msal(pem), by_identity(pem), asyncio.run(by_async_identity(pem))]
    found = [claims_of(token) for token in tokens]
    for claims in found:
        assert claims["roles"] == ["Exchange.ManageAsApp"], claims
        assert claims["appid"] == CLIENT, claims
    json.dump(found[0], sys.stdout)


if __name__ == "__main__":
    main()
