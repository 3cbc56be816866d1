"""Client assertions of kvcert: verified by PyJWT, and compared with those that MSAL makes."""

import base64
import json
import sys
import urllib.parse
from pathlib import Path

import jwt
import msal
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

# What is another in each assertion.
TIMES_AND_IDS = {"exp", "nbf", "iat", "jti"}


class Answer:
    def __init__(self, value):
        self.status_code, self.headers, self.text = 200, {}, json.dumps(value)

    def raise_for_status(self):
        pass


class Entra:
    """An Entra in this process, which keeps the assertion."""

    def __init__(self, base):
        self.base, self.assertion = base, None

    def get(self, url, **_):
        base = self.base
        return Answer({
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "issuer": f"{base}/v2.0",
        })

    def post(self, url, data=None, **_):
        form = dict(urllib.parse.parse_qsl(data)) if isinstance(data, str) else data
        assertion = form["client_assertion"]
        self.assertion = assertion.decode() if isinstance(assertion, bytes) else assertion
        return Answer({"access_token": "t", "expires_in": 60, "token_type": "Bearer"})

    def close(self):
        pass


def of_msal(task, credential):
    base = f"{task['authority']}/{task['tenant']}"
    entra = Entra(base)
    application = msal.ConfidentialClientApplication(
        task["client"], authority=base, client_credential=credential, http_client=entra,
        instance_discovery=False,
    )
    scope = "https://outlook.office365.com/.default"
    result = application.acquire_token_for_client([scope])
    assert result.get("access_token") == "t", result
    return entra.assertion


def claims_of(assertion):
    return jwt.decode(assertion, options={"verify_signature": False})


def main():
    task = json.loads(Path(sys.argv[1]).read_text())
    pem = Path(task["pem"]).read_bytes()
    leaf = x509.load_pem_x509_certificates(pem)[0]
    key = serialization.load_pem_private_key(pem, None)
    assert leaf.public_key() == key.public_key()
    endpoint = f"{task['authority']}/{task['tenant']}/oauth2/v2.0/token"
    plain = pem.decode()
    certificates = plain[plain.index("-----BEGIN CERT"):]
    theirs = {
        # MSAL chooses so: with the certificate PS256, with its SHA-1 thumbprint RS256.
        "PS256": of_msal(task, {"private_key": plain, "public_certificate": certificates}),
        "RS256": of_msal(task, {
            "private_key": plain, "thumbprint": leaf.fingerprint(hashes.SHA1()).hex(),
        }),
    }
    for assertion, algorithm in zip(task["assertions"], task["algorithms"], strict=True):
        claims = jwt.decode(
            assertion, leaf.public_key(), algorithms=[algorithm], audience=endpoint,
            issuer=task["client"], subject=task["client"],
            options={"require": ["exp", "nbf", "iat", "jti", "aud", "iss", "sub"]},
        )
        header = jwt.get_unverified_header(assertion)
        name, hash = ("x5t#S256", hashes.SHA256()) if algorithm == "PS256" else ("x5t", hashes.SHA1())
        thumbprint = base64.urlsafe_b64encode(leaf.fingerprint(hash)).decode().rstrip("=")
        assert header[name] == thumbprint, header
        other = theirs[algorithm]
        their_header = jwt.get_unverified_header(other)
        assert their_header["alg"] == header["alg"] and their_header["typ"] == header["typ"]
        assert their_header[name].rstrip("=") == thumbprint, their_header
        if "x5c" in header:
            assert x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])) == leaf
        their_claims = claims_of(other)
        same = {name: value for name, value in claims.items() if name not in TIMES_AND_IDS}
        expected = {name: value for name, value in their_claims.items() if name not in TIMES_AND_IDS}
        assert json.dumps(same, sort_keys=True) == json.dumps(expected, sort_keys=True), (same, expected)
        assert set(their_claims) <= set(claims), (set(their_claims), set(claims))
        assert claims["exp"] - claims["iat"] == 600 == round(their_claims["exp"] - their_claims["iat"])


if __name__ == "__main__":
    main()
