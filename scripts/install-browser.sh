#!/usr/bin/env bash
# Installs what the tests need to open kvcert's pages in a browser: Debian's Chromium, and
# playwright-core with axe-core from npm in target/browser.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${CARGO_TARGET_DIR:-target}/browser
if ! command -v chromium >/dev/null; then
  command -v apt-get >/dev/null || { echo "the pages need Chromium; please install it" >&2; exit 1; }
  SUDO=
  [ "$(id -u)" = 0 ] || SUDO=sudo
  $SUDO apt-get update -qq
  $SUDO apt-get install -y -qq chromium
fi
command -v npm >/dev/null || { echo "the pages need Node and npm; please install them" >&2; exit 1; }
cmp -s tests/inspect/browser/package.json "$folder/package.json" && [ -d "$folder/node_modules" ] && exit
mkdir -p "$folder"
cp tests/inspect/browser/package.json "$folder/"
npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts
