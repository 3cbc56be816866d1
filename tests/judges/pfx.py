"""PFX: opens with its password, holds key, chain and friendly name."""

import warnings

import java
import openssl
import pem
import python


def judge(truth, shape, folder, stem, form):
    path = folder / f"{stem}.pfx"
    data = path.read_bytes()
    password = "" if form == "open" else truth.password
    # Without `-legacy`: neither profile needs what OpenSSL 3 has put away.
    parts = openssl.key_store(data, password)
    check(truth, parts, "openssl")
    wanted = check_names(truth, parts, stem)
    check_windows(truth, openssl.for_windows(data, password))
    truth.verdict.agree(shape, "openssl")
    exact = exact_names(truth)
    leaf_name = exact.get(truth.certificates[0])
    judge = second_judge(truth, stem, form)
    if judge == "cryptography":
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*could not be parsed as DER")
            parts = python.key_store(data, password)
        check(truth, parts, judge)
        for label, der, name in parts:
            if label == "CERTIFICATE" and der in exact:
                assert name == exact[der], f"cryptography finds the name {name!r}, not {exact[der]!r}"
        truth.verdict.agree(shape, judge)
    elif judge == "java":
        # The alias is the key's name; it is known to the letter where it is the leaf's.
        known = leaf_name and leaf_name.decode()
        alias = known if known and lower_bytes(known) == wanted else None
        truth.verdict.for_java.append(java.line(shape, path, wanted, truth.certificates, alias))


def without_end(name):
    if isinstance(name, bytes):
        return name.rstrip(b"\0")
    return name.rstrip("\0") if name else name


def check_names(truth, parts, stem):
    """As openssl shows them: of every UTF-16 unit the lower byte. The key's is the answer."""
    original, leaf = truth.original, truth.certificates[0]
    leaf_had = original.certificate_names.get(leaf)
    wanted = original.names[truth.bits] or leaf_had or stem
    for label, der, name in parts:
        if label == "PRIVATE KEY":
            expected = wanted
        elif der == leaf:
            expected = leaf_had or wanted
        else:
            expected = original.certificate_names.get(der) or None
        expected = without_end(expected)
        if isinstance(expected, bytes):  # where openssl does not read the original
            expected = expected.decode()
        assert name == expected, f"openssl finds the name {name!r} of the {label.lower()}, not {expected!r}"
    return wanted


def exact_names(truth):
    """The names of certificates by `cryptography`, which knows all of Unicode."""
    try:
        parts = python.key_store(truth.original.data, truth.case["password"])
    except Exception:
        return {}
    names = {der: name for label, der, name in reversed(parts) if label == "CERTIFICATE"}
    # Windows ends a name with a NUL, which is no part of it.
    return {der: without_end(name) for der, name in names.items() if name and name.strip(b"\0")}


def lower_bytes(name):
    return name.encode("utf-16-le")[::2].decode(errors="surrogateescape")


def check_windows(truth, found):
    try:
        kept = openssl.for_windows(truth.original.data, truth.case["password"], "-legacy")
    except openssl.Refused:
        return
    # Of several keys in the original it cannot be told here which one was taken.
    if len(kept) == 1:
        assert found == kept, f"openssl finds {found} for Windows, not {kept}"


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
