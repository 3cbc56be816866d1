#!/usr/bin/env bash
# Installs the Python packages that check kvcert's output into target/judges, if they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=tests/judges/requirements.txt
venv=${CARGO_TARGET_DIR:-target}/judges
stamp=$venv/installed.txt
cmp -s "$wanted" "$stamp" && exit

python=$(command -v python3 || command -v python) || {
  echo "the tests need Python; please install it" >&2
  exit 1
}
rm -rf "$venv"
"$python" -m venv "$venv"
bin=$venv/bin
[ -d "$bin" ] || bin=$venv/Scripts # as Windows has it
"$bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
# Last, so that an interrupted installation is repeated.
cp "$wanted" "$stamp"
