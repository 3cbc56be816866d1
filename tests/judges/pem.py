"""PEM, and the little DER that is needed, read with nothing but Python."""

import base64
import re

BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.S)


def blocks(text):
    """Label and DER of each block. Broken lines and literal `\\n` are no obstacle. What is encrypted by
    header lines is nothing without them: it stays as it is."""
    text = text.replace("\\r", "\r").replace("\\n", "\n")
    for found in BLOCK.finditer(text):
        label, body = found.groups()
        yield label, found[0].encode() if "DEK-Info:" in body else base64.b64decode(re.sub(r"\s", "", body))


def split(der):
    """The first value in `der`: tag, content, and what is behind it."""
    size, at = der[1], 2
    if size & 0x80:
        at += size & 0x7F
        size = int.from_bytes(der[2:at], "big")
    return der[0], der[at : at + size], der[at + size :]


def values(der):
    """The values that follow each other in `der`, each whole."""
    while der:
        _, _, rest = split(der)
        yield der[: len(der) - len(rest)]
        der = rest


def content(der):
    return split(der)[1]


def in_pkcs7(der):
    """The certificates in PKCS#7 (RFC 2315), in their order."""
    _, signed = values(content(der))
    *_, certificates, _ = values(content(content(signed)))
    assert certificates[0] == 0xA0
    return list(values(content(certificates)))


def first(der):
    """The first value alone: openssl's trusted certificates have more behind it."""
    return next(values(der))


def key_bits(public):
    """The key itself in a SubjectPublicKeyInfo, however its algorithm is spelled."""
    _, bits = values(content(public))
    return content(bits)


def spells_curve_out(public):
    """Whether the algorithm's parameters are a SEQUENCE, where a curve's name would be an OID."""
    algorithm, _ = values(content(public))
    identifier, *parameters = values(content(algorithm))
    return identifier == EC and parameters[0][0] == 0x30


def oddities(certificate):
    """What some judges refuse in a certificate."""
    to_be_signed = content(next(values(content(certificate))))
    algorithm, issuer = [value for value in values(to_be_signed) if value[0] == 0x30][:2]
    if issuer == b"\x30\x00":
        yield "issuer without a name"
    if ECDSA in algorithm and algorithm.endswith(b"\x05\x00"):
        yield "ECDSA with NULL"


ECDSA = bytes.fromhex("2a8648ce3d04")
EC = bytes.fromhex("06072a8648ce3d0201")


# The tags of the first two values in the SEQUENCE that a private key is.
FORMS = {(0x02, 0x30): "pkcs8", (0x02, 0x02): "pkcs1", (0x02, 0x04): "sec1", (0x30, 0x04): "locked"}
LABELS = {"pkcs8": "PRIVATE KEY", "pkcs1": "RSA PRIVATE KEY", "sec1": "EC PRIVATE KEY",
          "locked": "ENCRYPTED PRIVATE KEY"}


def form(der):
    """Which of the encodings of a private key it is."""
    one, two, *_ = values(content(der))
    return FORMS[one[0], two[0]]
