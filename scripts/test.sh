#!/usr/bin/env bash
# Runs all tests. They check kvcert's output with openssl and Python programs, which this script
# installs if they are missing, and with Java and kubectl if present. The official clients check the
# dev vault: those for Python, Azure CLI, and those for JavaScript if Node.js is present.
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
  echo "no Chromium: skipping the tests that open kvcert's pages in a browser" >&2
fi
export KVCERT_JUDGES=installed # a test that does not find them must fail

cargo test --locked --workspace "$@"
