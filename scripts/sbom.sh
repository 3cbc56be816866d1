#!/usr/bin/env bash
# Writes the bill of materials of the binary, CycloneDX 1.5, to target/kvcert.cdx.json: every crate in
# it, with version, licence and checksum. Needs `cargo install cargo-cyclonedx`.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
cargo cyclonedx --format json --spec-version 1.5 --describe binaries --target "$target"
mkdir -p target
# Local crates are named by their folder: the folder of this machine is nobody's business.
sed "s|path+file://$PWD|path+file:///kvcert|g" kvcert_bin.cdx.json >target/kvcert.cdx.json
rm kvcert_bin.cdx.json
