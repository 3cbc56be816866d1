"""Kubernetes Secrets: by a YAML parser, and by kubectl, which knows the types."""

import base64
import json
import os
import re
import shutil
import subprocess

import yaml

# RFC 1123, as Kubernetes checks the names of Secrets.
LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")


def judge(truth, shape, folder, stem, form):
    secret = yaml.safe_load((folder / f"{stem}.yaml").read_text())
    data, name = secret.pop("data"), secret["metadata"].pop("name")
    assert secret == {"apiVersion": "v1", "kind": "Secret", "metadata": {}, "type": "kubernetes.io/tls"}
    assert NAME.fullmatch(name), f"{name!r} is no name for a Secret"
    key = base64.b64decode(data.pop("tls.key"), validate=True)
    certificates = base64.b64decode(data.pop("tls.crt"), validate=True)
    assert not data, "more than a certificate and its key"
    assert certificates == (folder.parent / f"pem/{stem}.crt").read_bytes(), "another certificate than in PEM"
    truth.check_key(shape, key, form)
    truth.verdict.agree(shape, "yaml")


def judge_all(folder, cases, verdict):
    """kubectl reads a whole folder. `--local` keeps it from asking a server."""
    if not shutil.which("kubectl"):
        verdict.absent.append("kubectl")
        return
    for shape in {shape for case in cases for shape in case["shapes"] if shape.startswith("kubernetes")}:
        words = ["kubectl", "label", "--local", "-f", folder / shape, "-o", "json", "read=back"]
        done = subprocess.run(words, capture_output=True, env={**os.environ, "KUBECONFIG": os.devnull})
        read = list(objects(done.stdout.decode())) if done.returncode == 0 else []
        files = [yaml.safe_load(path.read_text()) for path in sorted((folder / shape).glob("*.yaml"))]
        seen = {item["metadata"]["name"]: item for item in read}
        for wanted in files:
            found = seen.get(wanted["metadata"]["name"], {})
            if (found.get("type"), found.get("data")) == (wanted["type"], wanted["data"]):
                verdict.agree(shape, "kubectl")
            else:
                verdict.problem(shape, f"kubectl: {wanted['metadata']['name']}: {done.stderr.decode()}")


def objects(text):
    """The JSON values that follow each other in `text`."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        yield from value.get("items", [value])
        text = text[end:]
