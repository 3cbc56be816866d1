#!/usr/bin/env bash
# Fuzzes every target for SECONDS (60 by default), one after another: scripts/fuzz.sh [SECONDS]
#
# Initial inputs come from fixtures/ and, if KVCERT_CORPUS is set, from a folder of real files; the
# latter never enter the repository (git ignores fuzz/corpus and fuzz/artifacts).
#
# libFuzzer's instrumentation and the address sanitizer are unstable options of rustc. With
# RUSTC_BOOTSTRAP=1 the stable compiler accepts them, so that no second toolchain is needed.
# Needs cargo-fuzz (`cargo install cargo-fuzz`), a C++ compiler and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1

seconds=${1:-60}
targets=(pkcs12 pem chain recognise)

python3 - <<'EOF'
import base64, hashlib, json, os, pathlib, re

def seed(target, data):
    if 0 < len(data) <= 65536:
        folder = pathlib.Path("fuzz/corpus", target)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

def pem_certificates(data):
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END", data)
    for block in blocks:
        try:
            yield base64.b64decode(block)
        except ValueError:
            pass

def seed_file(path):
    data = path.read_bytes()
    if path.suffix in (".pfx", ".p12"):
        seed("pkcs12", data)
        seed("recognise", data)
        seed("recognise", base64.b64encode(data))
    elif path.suffix in (".pem", ".crt", ".cer", ".key", ".der"):
        seed("recognise", data)
        if data[:1] != b"\x30":
            seed("pem", data)
            found = list(pem_certificates(data))[:24]
            listed = b"".join(len(c).to_bytes(2, "big") + c for c in found if len(c) < 65536)
            if listed:
                seed("chain", b"\0" + listed)

def seed_recording(path):
    value = json.loads(json.loads(path.read_text())["response"]["body"])["value"].encode()
    seed("recognise", value)
    if b"-----BEGIN" in value:
        seed("pem", value)
    else:
        seed("pkcs12", base64.b64decode(value))

folders = ["fixtures", os.environ.get("KVCERT_CORPUS", "")]
for folder in filter(None, folders):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            seed_file(path)
            if path.suffix == ".json" and path.parent.name.startswith("secret-"):
                try:
                    seed_recording(path)
                except (KeyError, TypeError, ValueError, AttributeError):
                    pass  # an error reply, or a value that was sanitised
# Members of the built-in family: each alone, all in order, all in reverse, with every key.
for key in range(7):
    mode = 2 * key + 1
    for members in (range(16), range(15, -1, -1), range(5), *([n] for n in range(16))):
        seed("chain", bytes([mode]) + b"".join(bytes([n, 0]) for n in members))
EOF

cd fuzz
cargo fuzz build
for target in "${targets[@]}"; do
  echo "== $target: $seconds seconds, $(find "corpus/$target" -type f | wc -l) initial inputs"
  cargo fuzz run "$target" -- -max_total_time="$seconds" -max_len=32768 -timeout=10 \
    -malloc_limit_mb=64 -rss_limit_mb=2048 -print_final_stats=1
done
