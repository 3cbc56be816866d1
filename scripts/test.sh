#!/usr/bin/env bash
# Runs all tests. They judge kvcert's output with openssl and with Python programs, which this
# installs where they are missing; with Java and kubectl too, where those are there. The official
# clients judge the dev vault: Python's and Azure CLI, and JavaScript's where Node.js is.
set -euo pipefail
cd "$(dirname "$0")/.."

install_openssl() {
  if command -v apt-get >/dev/null; then
    ${SUDO:-} apt-get update -qq && ${SUDO:-} apt-get install -y -qq openssl
  elif command -v dnf >/dev/null; then
    ${SUDO:-} dnf install -y -q openssl
  elif command -v apk >/dev/null; then
    ${SUDO:-} apk add --quiet openssl
  elif command -v brew >/dev/null; then
    brew install --quiet openssl@3
  else
    echo "the tests need the openssl program; please install it" >&2
    exit 1
  fi
}

if ! command -v openssl >/dev/null; then
  [ "$(id -u)" = 0 ] || SUDO=sudo
  install_openssl
fi
openssl version
scripts/install-judges.sh
scripts/install-clients.sh
if scripts/install-browser.sh; then
  export KVCERT_BROWSER=installed
elif [ -n "${KVCERT_BROWSER_REQUIRED:-}" ]; then
  exit 1
else
  echo "no Chromium: the pages of kvcert inspect are not opened in it" >&2
fi
export KVCERT_JUDGES=installed # so that a test that does not find them fails

cargo test --locked --workspace "$@"
