#!/usr/bin/env bash
# Builds the release binary, into target/release, with no path of this machine in it: one commit and
# one toolchain give the same bytes in every folder. Arguments go to cargo.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fetch --locked
flags=("--remap-path-prefix=$PWD=/kvcert")
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
  flags+=("--remap-path-prefix=$registry=/crates")
done
# Separated by a control character, since a path may have blanks.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf '%s' "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
exec cargo build --locked --release --bin kvcert "$@"
