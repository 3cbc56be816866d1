"""PFX: opens with its password, holds key, chain and friendly name."""

import warnings

import java
import openssl
import pem
import python

# Names that are not kept to the letter.
ESCAPED = "kvcert writes out what would steer a terminal, in the PFX too"
BEYOND = "PKCS#12 has no form for characters beyond the basic plane"
OTHER_NAMES = {
    "pkcs12/name-escapes.pfx": ESCAPED,
    "pkcs12/name-newlines.pfx": ESCAPED,
    "pkcs12/name-rtl.pfx": ESCAPED,
    "pkcs12/name-emoji.pfx": BEYOND,
    "pkcs12/python-new.pfx": BEYOND,
    "pkcs12/python-old.pfx": BEYOND,
}


def judge(truth, shape, folder, stem, form):
    path = folder / f"{stem}.pfx"
    data = path.read_bytes()
    password = "" if form == "open" else truth.password
    # Without `-legacy`: neither profile needs what OpenSSL 3 has put away.
    parts = openssl.key_store(data, password)
    check(truth, parts, "openssl")
    named = [name for label, _, name in parts if label == "PRIVATE KEY"]
    wanted = truth.original.names[truth.bits] or stem
    if truth.case["name"] in OTHER_NAMES:
        assert named != [wanted], "it is kept after all"
        wanted, = named
    assert named == [wanted], f"openssl finds the name {named!r}, not {wanted!r}"
    truth.verdict.agree(shape, "openssl")
    judge = second_judge(truth, stem, form)
    if judge == "cryptography":
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*could not be parsed as DER")
            check(truth, python.key_store(data, password), judge)
        truth.verdict.agree(shape, judge)
    elif judge == "java":
        truth.verdict.for_java.append(java.line(shape, path, wanted, truth.certificates))


def second_judge(truth, stem, form):
    """They are slow, so that they take turns, with the inputs and with the profiles."""
    # A key store without a password is none for keytool.
    known = [judge for judge in truth.known if form != "open" or judge != "java"]
    number = int(stem.split("-")[0]) + (form == "legacy")
    return known[number % len(known)] if known else None


def check(truth, parts, judge):
    keys = [der for label, der, _ in parts if label == "PRIVATE KEY"]
    found = [pem.key_bits(openssl.public_of_key(der)) for der in keys]
    assert found == [truth.bits], f"{judge} finds another key"
    certificates = [der for label, der, _ in parts if label == "CERTIFICATE"]
    assert certificates == truth.certificates, f"{judge} finds other certificates"
