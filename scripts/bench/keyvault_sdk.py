"""Writes every certificate of a vault as PEM, with Microsoft's client and cryptography, as a careful
script does. Arguments: the vault's URL, its CA file, the output folder."""

import base64
import os
import socket
import sys
import time

from azure.core.credentials import AccessToken
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.secrets import SecretClient
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

url, ca, out = sys.argv[1:]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve("127.0.0.1" if str(host).endswith("localhost") else host, *rest, **more)


class Token:
    def get_token(self, *_scopes, **_more):
        return AccessToken("a.b.c", int(time.time()) + 3600)


os.makedirs(out, exist_ok=True)
options = {"credential": Token(), "connection_verify": ca, "verify_challenge_resource": False}
secrets = SecretClient(url, **options)
for listed in CertificateClient(url, **options).list_properties_of_certificates():
    value = secrets.get_secret(listed.name).value
    key, leaf, chain = pkcs12.load_key_and_certificates(base64.b64decode(value), None)
    pem = serialization.Encoding.PEM
    with open(os.path.join(out, listed.name + ".key"), "wb", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    with open(os.path.join(out, listed.name + ".crt"), "wb") as file:
        file.write(b"".join(it.public_bytes(pem) for it in [leaf, *chain]))
