#!/usr/bin/env bash
# Installs the Python programs that judge kvcert's output, where they are not there yet, into a
# folder of their own beside what cargo builds.
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
# Last, so that what was cut short is done again.
cp "$wanted" "$stamp"
