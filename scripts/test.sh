#!/usr/bin/env bash
# Runs all tests. They judge kvcert's output with openssl, which this installs where it is missing.
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

cargo test --locked "$@"
