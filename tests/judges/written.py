"""What kvcert wrote of one input, in every shape, against what is in the input."""

import hashlib

import jwk
import kubernetes
import openssl
import pem
import pfx
import python
from original import Original


class Truth:
    """The leaf's key and the certificates in order, which every shape must have."""

    def __init__(self, folder, case, password, verdict):
        self.verdict, self.password, self.case = verdict, password, case
        self.original = Original(case["name"], (folder / case["original"]).read_bytes(), case["password"])
        self.certificates = openssl.certificates(folder / f"pem/{case['stem']}.crt")
        self.public = openssl.public_of_certificate(self.certificates[0])
        self.bits, self.traits = pem.key_bits(self.public), set()
        if pem.spells_curve_out(self.public):
            self.traits.add("curve spelled out")
            self.public = openssl.with_named_curve(self.public)
        self.traits.add(python.kind(self.public))
        for certificate in self.certificates:
            self.traits.update(pem.oddities(certificate))
        self.known = verdict.knowing(self.traits)
        self.agrees_with_original()

    def agrees_with_original(self):
        leaf = self.certificates[0]
        assert set(self.certificates) <= set(self.original.certificates), "certificates from nowhere"
        assert len(set(self.certificates)) == len(self.certificates), "a certificate twice"
        assert self.bits in self.original.names, "not a key of the original"
        leaves, chain = self.case["leaves"], self.case["chain"]
        assert not leaves or hashlib.sha1(leaf).hexdigest() in leaves, "another leaf than the index says"
        assert chain in (None, len(self.certificates)), "a chain of another length"

    def check_key(self, shape, data, wanted):
        """`wanted` is the encoding; all judges must find the leaf's key in `data`."""
        password = self.password if wanted == "locked" else None
        if data[:1] == b"\x30":
            assert pem.form(data) == wanted, "another encoding"
        else:
            ((label, der),) = [block for block in pem.blocks(data.decode()) if block[0] != "CERTIFICATE"]
            assert (label, pem.form(der)) == (pem.LABELS[wanted], wanted), "another encoding"
        assert pem.key_bits(openssl.public_of_key(data, password)) == self.bits, "openssl finds another key"
        self.verdict.agree(shape, "openssl")
        if "cryptography" in self.known:
            assert python.bits(python.key(data, password)) == self.bits, "cryptography finds another key"
            self.verdict.agree(shape, "cryptography")

    def check_certificates(self, path, wanted):
        if not wanted:
            assert path.read_bytes() == b"", "certificates where none should be"
            return
        if "cryptography" in self.known:
            assert python.certificates(path.read_bytes()) == wanted, f"cryptography: certificates of {path.name}"
        assert openssl.certificates(path) == wanted, f"openssl: certificates of {path.name}"


def judge(folder, password, case, verdict):
    truth = Truth(folder, case, password, verdict)
    for shape in case["shapes"]:
        family, _, form = shape.partition("-")
        try:
            FAMILIES[family](truth, shape, folder / shape, case["stem"], form or "pkcs8")
        except Exception as problem:
            verdict.problem(shape, f"{type(problem).__name__}: {problem}")


def pair(truth, shape, folder, stem, form):
    truth.check_certificates(folder / f"{stem}.crt", truth.certificates)
    truth.check_key(shape, (folder / f"{stem}.key").read_bytes(), form)


def combined(truth, shape, folder, stem, form):
    truth.check_certificates(folder / f"{stem}.pem", truth.certificates)
    truth.check_key(shape, (folder / f"{stem}.pem").read_bytes(), form)


def certbot(truth, shape, folder, stem, form):
    folder = folder / stem
    for name, wanted in (("cert", truth.certificates[:1]), ("chain", truth.certificates[1:]),
                         ("fullchain", truth.certificates)):
        truth.check_certificates(folder / f"{name}.pem", wanted)
    read = lambda name: (folder / f"{name}.pem").read_bytes()
    assert read("cert") + read("chain") == read("fullchain")
    truth.check_key(shape, read("privkey"), form)


def der(truth, shape, folder, stem, form):
    assert (folder / f"{stem}.der").read_bytes() == truth.certificates[0], "another leaf"
    truth.check_key(shape, (folder / f"{stem}.key.der").read_bytes(), form)


def raw(truth, shape, folder, stem, _):
    (path,) = folder.glob(f"{stem}.*")
    assert path.read_bytes() == truth.original.data, "not what is stored"
    truth.verdict.agree(shape, "bytes")


FAMILIES = {"pem": pair, "combined": combined, "certbot": certbot, "der": der, "pfx": pfx.judge,
            "jwk": jwk.judge, "kubernetes": kubernetes.judge, "raw": raw}
