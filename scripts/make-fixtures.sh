#!/bin/sh
# Generates everything in fixtures/ from scratch, except fixtures/fuzz and fixtures/seed. The result is committed.
#
# Keys, salts and serial numbers are random, so every byte changes from run to run; names, dates
# and expectations do not. `scripts/fixtures/` says how each file is made.
set -eu
cd "$(dirname "$0")/.."

missing=
need() {
    command -v "$1" >/dev/null || missing="$missing $2"
}
need openssl openssl
need keytool openjdk-17-jdk-headless
need pk12util libnss3-tools
need certutil libnss3-tools
need certtool gnutls-bin
need python3 python3-venv
if [ -n "$missing" ]; then
    echo "missing programs: apt-get install$missing" >&2
    exit 1
fi

venv=target/fixtures-venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'cryptography==50.0.2'
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" scripts/fixtures
