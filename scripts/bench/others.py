"""Times other libraries in process on the files that `cargo bench` was given: from the bytes of a
PFX to PEM text, by libcrypto (through ctypes) and, where it is there, by Python's `cryptography`.

    python3 scripts/bench/others.py FOLDER [ROUNDS]
"""

import ctypes
import ctypes.util
import pathlib
import statistics
import sys
import time

crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for name, result in {
    "d2i_PKCS12": ctypes.c_void_p,
    "BIO_new": ctypes.c_void_p,
    "BIO_s_mem": ctypes.c_void_p,
    "OPENSSL_sk_value": ctypes.c_void_p,
}.items():
    getattr(crypto, name).restype = result


def libcrypto(data, password):
    """PKCS12_parse, then key and certificates to PEM in memory."""
    start = ctypes.c_char_p(data)
    p12 = ctypes.c_void_p(crypto.d2i_PKCS12(None, ctypes.byref(start), ctypes.c_long(len(data))))
    key, leaf, chain = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    parsed = crypto.PKCS12_parse(p12, password, ctypes.byref(key), ctypes.byref(leaf), ctypes.byref(chain))
    assert parsed == 1 and key and leaf, "libcrypto cannot read it"
    text = ctypes.c_void_p(crypto.BIO_new(ctypes.c_void_p(crypto.BIO_s_mem())))
    assert crypto.PEM_write_bio_PrivateKey(text, key, None, None, 0, None, None) == 1
    assert crypto.PEM_write_bio_X509(text, leaf) == 1
    for at in range(max(0, crypto.OPENSSL_sk_num(chain))):
        issuer = ctypes.c_void_p(crypto.OPENSSL_sk_value(chain, at))
        assert crypto.PEM_write_bio_X509(text, issuer) == 1
        crypto.X509_free(issuer)
    crypto.OPENSSL_sk_free(chain)
    crypto.X509_free(leaf)
    crypto.EVP_PKEY_free(key)
    crypto.PKCS12_free(p12)
    crypto.BIO_free(text)


def cryptography():
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    def convert(data, password):
        key, leaf, chain = pkcs12.load_key_and_certificates(data, password or None)
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for certificate in (leaf, *chain):
            certificate.public_bytes(Encoding.PEM)

    return convert


def microseconds(convert, data, password, rounds):
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        convert(data, password)
        took.append(1e6 * (time.perf_counter() - start))
    return f"{min(took):11.0f} {statistics.median(took):10.0f}"


def main(folder, rounds=100):
    programs = {"libcrypto": libcrypto}
    try:
        programs["cryptography"] = cryptography()
    except ImportError:
        print("Python's `cryptography` is not here")
    print("in process, microseconds:        fastest     median")
    for path in sorted(pathlib.Path(folder).glob("*.pfx")):
        password = b"" if path.name.startswith("kv-") else b"secret"
        for name, convert in programs.items():
            took = microseconds(convert, path.read_bytes(), password, int(rounds))
            print(f"{path.stem:18} {name:12} {took}")


if __name__ == "__main__":
    main(*sys.argv[1:])
