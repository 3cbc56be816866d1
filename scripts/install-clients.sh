#!/usr/bin/env bash
# Installs the official clients that judge the dev vault, where they are not there yet, each in a
# folder of its own beside what cargo builds: Python's and JavaScript's libraries, and Azure CLI
# (the largest, some 700 MB). What cannot be installed here is named, and is no error: the tests
# over it say that they were skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${CARGO_TARGET_DIR:-target}/clients
wanted=tests/clients
mkdir -p "$folder"

# Whether a part is there as it is wanted now; makes its stamp the last thing that is written.
is_there() { cmp -s "$1" "$2/installed.txt"; }
stamp() { cp "$1" "$2/installed.txt"; }

install_python() { # PART REQUIREMENTS
  local venv=$folder/$1 bin
  is_there "$2" "$venv" && return
  echo "installing the official clients: $1" >&2
  rm -rf "$venv"
  "$python" -m venv "$venv"
  bin=$venv/bin
  [ -d "$bin" ] || bin=$venv/Scripts # as Windows has it
  "$bin/python" -m pip install --quiet --no-compile --disable-pip-version-check --requirement "$2"
  stamp "$2" "$venv"
}

install_js() {
  local lock=$wanted/js/package-lock.json
  is_there "$lock" "$folder/js" && return
  echo "installing the official clients: js" >&2
  rm -rf "$folder/js" && mkdir "$folder/js"
  cp "$wanted/js/package.json" "$lock" "$folder/js"
  npm ci --prefix "$folder/js" --silent --no-audit --no-fund --ignore-scripts
  stamp "$lock" "$folder/js"
}

if python=$(command -v python3 || command -v python); then
  install_python python "$wanted/python/requirements.txt"
  install_python az "$wanted/az-requirements.txt"
else
  echo "no Python here: the official Python clients and Azure CLI are not installed" >&2
fi
if command -v node >/dev/null && command -v npm >/dev/null; then
  install_js
else
  echo "no Node.js here: the official JavaScript clients are not installed" >&2
fi
