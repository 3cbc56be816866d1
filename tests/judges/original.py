"""What is in an input, by programs that are not kvcert."""

import base64
import re
from pathlib import Path

import openssl
import pem
import python

FIXTURES = Path(__file__).parents[2] / "fixtures"
# What no judge reads, and another fixture with the same key and certificate that they do read.
SAME_AS = {
    # The curve is in a block of its own, where openssl does not look.
    "pem/sec1-curve-outside.pem": "pem/pkcs8.pem",
    # Broken where it does not matter; both readers give up all the same.
    "pkcs12/attribute-malformed.pfx": "pem/pkcs8.pem",
    "pkcs12/bag-sdsi.pfx": "pem/pkcs8.pem",
    "pkcs12/name-no-utf16.pfx": "pem/pkcs8.pem",
    # The password is spelled in bytes, or stands in quotes, that both readers take literally.
    "pkcs12/password-in-quotes.pfx": "pem/pkcs8.pem",
    "pkcs12/password-latin-1.pfx": "pem/pkcs8.pem",
    "pkcs12/password-utf-16.pfx": "pem/pkcs8.pem",
}


class Original:
    """Certificates as DER; the friendly names of the keys by the bits of their public keys."""

    def __init__(self, name, data, password):
        self.data = decoded(data)
        parts = parts_of(decoded((FIXTURES / SAME_AS[name]).read_bytes()) if name in SAME_AS else self.data, password)
        self.certificates = [pem.first(der) for label, der, _ in parts if label.endswith("CERTIFICATE")]
        self.certificate_names = {pem.first(der): name for label, der, name in reversed(parts)
                                  if label.endswith("CERTIFICATE")}
        keys = [part for part in parts if part[0].endswith("PRIVATE KEY")]
        # Of a key that is there twice the first counts.
        self.names = {bits_of_key(der, password): friendly for _, der, friendly in reversed(keys)}


def parts_of(data, password):
    """Label, DER and friendly name of every key and certificate."""
    if data[:1] != b"\x30":
        return [(label, der, None) for label, der in pem.blocks(data.decode("latin-1"))]
    try:
        return openssl.key_store(data, password, "-legacy")
    except openssl.Refused:
        return python.key_store(data, password)


def decoded(data):
    """Without the base64 around it, once or more often, if there is any."""
    text = b"".join(data.split())
    if b"-----" in text or not re.fullmatch(rb"[A-Za-z0-9+/_-]+=*", text):
        return data
    text = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return decoded(base64.b64decode(text + b"=" * (-len(text) % 4)))


def bits_of_key(key, password):
    """Of a key in DER, or in PEM with header lines."""
    for flags in (), openssl.LEGACY:
        try:
            return pem.key_bits(openssl.public_of_key(key, password, *flags))
        except openssl.Refused:
            pass
    encrypted = pem.form(key) == "locked"
    return python.bits(python.key(key, password if encrypted else None))
