#!/usr/bin/env bash
# Takes docs/three-parts.png from the page of `kvcert inspect --html`, on a dev vault of its own.
# Needs scripts/install-browser.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath "${CARGO_TARGET_DIR:-target}")
work=$(mktemp -d)
export KVCERT_STATE_DIR=$work/state
cargo build --quiet
kvcert=$target/debug/kvcert
"$kvcert" dev --port 0 &>"$work/log" &
trap 'kill %1; rm -rf "$work"' EXIT
until [ -f "$work/state/dev.json" ]; do sleep 0.1; done
"$kvcert" --dev inspect web --html "$work/web.html" >"$work/written"
NODE_PATH=$target/browser/node_modules node - "$work/web.html" docs/three-parts.png <<'JS'
const { chromium } = require('playwright-core');
const [page, picture] = process.argv.slice(2);
(async () => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await tab.goto('file://' + page);
  const end = await tab.locator('h2', { hasText: 'Checks' }).boundingBox();
  await tab.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1280, height: end.y - 16 } });
  await browser.close();
})();
JS
test "$(stat -c %s docs/three-parts.png)" -lt 150000
