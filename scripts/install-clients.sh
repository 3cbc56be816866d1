#!/usr/bin/env bash
# Installs the official clients that check the dev vault, if they are missing, each in its own folder
# below target/clients: the libraries for Python and JavaScript, and Azure CLI (the largest, 400 to
# 700 MB). A client that cannot be installed here is reported but is not an error: its tests say that
# they were skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${CARGO_TARGET_DIR:-target}/clients
wanted=tests/clients
mkdir -p "$folder"

# Whether a part is installed in the wanted version. The stamp is written last, so that an interrupted
# installation is repeated.
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
  echo "no Python found: not installing the official Python clients and Azure CLI" >&2
fi
if command -v node >/dev/null && command -v npm >/dev/null; then
  install_js
else
  echo "no Node.js found: not installing the official JavaScript clients" >&2
fi
