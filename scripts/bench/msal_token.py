"""Gets a token with a certificate through MSAL. Arguments: the authority with the
tenant, the client id, the PEM with key and certificates, the CA file."""

import socket
import sys

import msal

authority, client, pem, ca = sys.argv[1:]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve("127.0.0.1" if str(host).endswith("localhost") else host, *rest, **more)
text = open(pem).read()
application = msal.ConfidentialClientApplication(
    client,
    authority=authority,
    client_credential={"private_key": text, "public_certificate": text[text.index("-----BEGIN CERT"):]},
    instance_discovery=False,
    verify=ca,
)
print(application.acquire_token_for_client(["https://outlook.office365.com/.default"])["access_token"])
