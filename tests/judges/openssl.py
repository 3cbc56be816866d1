"""The openssl program as a judge."""

import re
import subprocess
from functools import lru_cache

import pem

LEGACY = ["-provider", "legacy", "-provider", "default"]
NAMED = ["-ec_param_enc", "named_curve", "-ec_conv_form", "uncompressed"]
BAG = re.compile(r"(.*?)(-----BEGIN (PRIVATE KEY|CERTIFICATE)-----.*?-----END \3-----)", re.S)
# A name may have lines of its own.
FRIENDLY_NAME = re.compile(r"^    friendlyName: ?(.*?)\n(?=    \w[^:\n]*: |Key Attributes|subject=|-----BEGIN)", re.S | re.M)
# Several shapes hold the very same bytes, certificates and keys.
SEEN = {}


class Refused(Exception):
    """openssl did not do it."""


def run(*words, data=b""):
    done = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True)
    if done.returncode:
        raise Refused(f"openssl {words[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


@lru_cache(64)
def check(key):
    """Whether the numbers of a key belong together. The shapes of one input have one key in them."""
    run("pkey", "-noout", "-check", data=key)


@lru_cache(64)
def public_of_key(data, password=None, *flags):
    """The public key of a private one, PEM or DER, as DER."""
    check(run("pkey", *flags, "-passin", f"pass:{password or ''}", "-outform", "DER", data=data))
    return run("pkey", *flags, "-passin", f"pass:{password or ''}", "-pubout", "-outform", "DER", data=data)


def public_of_certificate(der):
    ((_, public),) = pem.blocks(run("x509", "-inform", "DER", "-noout", "-pubkey", data=der).decode())
    return public


def with_named_curve(public):
    return run("pkey", "-pubin", "-pubout", "-outform", "DER", *NAMED, data=public)


def key_with_named_curve(data):
    return run("pkey", "-outform", "DER", *NAMED, data=data)


def certificates(path):
    """What it finds in a PEM file, as DER."""
    data = path.read_bytes()
    if data not in SEEN:
        SEEN[data] = pem.in_pkcs7(run("crl2pkcs7", "-nocrl", "-certfile", path, "-outform", "DER"))
    return SEEN[data]


@lru_cache(64)
def bags(data, password, *flags):
    """Text before, PEM and label of every key and certificate in a PFX, in their order."""
    text = run("pkcs12", *flags, "-nodes", "-passin", f"pass:{password or ''}", data=data)
    return BAG.findall(text.decode(errors="surrogateescape"))


def key_store(data, password, *flags):
    """Label, DER and friendly name of every key and certificate in a PFX, in their order."""
    return [(*next(pem.blocks(block)), friendly_name(before)) for before, block, _ in bags(data, password, *flags)]


def for_windows(data, password, *flags):
    """What is said of every key by attributes of Windows."""
    keys = [before for before, _, label in bags(data, password, *flags) if label == "PRIVATE KEY"]
    return [sorted(re.findall(r"^    Microsoft .*$", before, re.M)) for before in keys]


def friendly_name(attributes):
    """As openssl shows it: of every UTF-16 unit the lower byte."""
    # Before them may stand those of a secret, which openssl shows without its value.
    found = FRIENDLY_NAME.search(attributes.rsplit("Bag Attributes", 1)[-1])
    return found and found[1]
