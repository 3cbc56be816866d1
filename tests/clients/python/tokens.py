"""The tokens of the dev vault's Entra, checked by PyJWT as an API checks them: with the keys that
the discovery document leads to."""

import base64
import os

import jwt
import msal
import requests
from common import credential
from cryptography import x509
from cryptography.hazmat.primitives import hashes

AUTHORITY, TENANT = os.environ["AZURE_AUTHORITY_HOST"], os.environ["AZURE_TENANT_ID"]
BASE = f"{AUTHORITY}/{TENANT}"
VAULT = "https://vault.azure.net"
# Azure CLI's, which every tenant knows.
CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def document(url):
    answer = requests.get(url, timeout=60)
    answer.raise_for_status()
    return answer.json()


def check(token, configuration, audience, issuer):
    keys = document(configuration["jwks_uri"])
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("RS256", "JWT"), header
    key = jwt.PyJWKSet.from_dict(keys)[header["kid"]].key
    claims = jwt.decode(
        token,
        key,
        algorithms=configuration["id_token_signing_alg_values_supported"],
        audience=audience,
        issuer=issuer,
        options={"require": ["aud", "iss", "iat", "nbf", "exp", "sub", "tid", "oid"]},
    )
    assert claims["tid"] == TENANT, claims
    # A letter of it changed, it is nobody's.
    start, signature = token.rsplit(".", 1)
    other = "B" if signature[0] == "A" else "A"
    try:
        jwt.decode(f"{start}.{other}{signature[1:]}", key, algorithms=["RS256"], audience=audience)
    except jwt.InvalidSignatureError:
        pass
    else:
        raise AssertionError("a wrong signature is taken")
    return claims


def the_key_has_its_certificate(keys):
    [jwk] = keys["keys"]
    assert (jwk["kty"], jwk["use"], jwk["e"]) == ("RSA", "sig", "AQAB"), jwk
    assert jwk["kid"] == jwk["x5t"] and "d" not in jwk, jwk
    certificate = x509.load_der_x509_certificate(base64.b64decode(jwk["x5c"][0]))
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA1())).decode()
    assert thumbprint.rstrip("=") == jwk["x5t"], jwk
    numbers = jwt.PyJWK(jwk).key.public_numbers()
    assert certificate.public_key().public_numbers() == numbers and numbers.n.bit_length() == 2048
    certificate.verify_directly_issued_by(certificate)


new = document(f"{BASE}/v2.0/.well-known/openid-configuration")
old = document(f"{BASE}/.well-known/openid-configuration")
assert old["issuer"] == f"https://sts.windows.net/{TENANT}/" and new["issuer"] == f"{BASE}/v2.0"
for configuration in (new, old):
    the_key_has_its_certificate(document(configuration["jwks_uri"]))
    own = credential().get_token(f"{VAULT}/.default").token
    # Access tokens for the vault are of the older version, whoever issues them.
    claims = check(own, configuration, VAULT, old["issuer"])
    assert (claims["appid"], claims["ver"]) == (os.environ["AZURE_CLIENT_ID"], "1.0"), claims

application = msal.PublicClientApplication(CLIENT, authority=BASE, instance_discovery=False)
flow = application.initiate_device_flow([f"{VAULT}/.default"])
typed = {"user_code": flow["user_code"], "answer": "allow", "start_code": os.environ["START_CODE"]}
requests.post(flow["verification_uri"], data=typed, timeout=60).raise_for_status()
result = application.acquire_token_by_device_flow(flow)
person = check(result["id_token"], new, CLIENT, new["issuer"])
assert person["ver"] == "2.0" and person["preferred_username"] == "dev@kvcert.onmicrosoft.com"
access = check(result["access_token"], old, VAULT, old["issuer"])
assert (access["oid"], access["scp"]) == (person["oid"], "user_impersonation"), access
