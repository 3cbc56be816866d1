#!/usr/bin/env bash
# Builds the last commit twice, in two folders, and fails if the binaries differ or contain a path of
# this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
commit=$(git rev-parse HEAD) # somebody may commit meanwhile
for copy in one another-folder; do
  mkdir "$folder/$copy"
  git archive "$commit" | tar -x -C "$folder/$copy"
  CARGO_TARGET_DIR=$folder/$copy/target "$folder/$copy/scripts/build-release.sh" --quiet
done
first=$folder/one/target/release/kvcert
cmp "$first" "$folder/another-folder/target/release/kvcert"
for path in "$folder" "$PWD" "${CARGO_HOME:-$HOME/.cargo}" "$HOME/"; do
  if grep -qaF "$path" "$first"; then
    echo "the binary contains the path $path" >&2
    exit 1
  fi
done
sha256sum "$first" | cut -d ' ' -f 1
