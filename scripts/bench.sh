#!/usr/bin/env bash
# Measures conversion: in process (cargo bench), and as whole processes beside `openssl pkcs12`,
# in turn, so that the ratio holds on a noisy machine. Generates its inputs in target/bench.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-40}
inputs=$PWD/target/bench
rm -rf "$inputs" && mkdir -p "$inputs"

cargo build --locked --release
kvcert=$PWD/target/release/kvcert

# What Key Vault writes, from the dev vault: null password, 3DES, 2000 iterations, chain of three.
export KVCERT_STATE_DIR=$inputs/state
"$kvcert" dev --port 0 --quiet >/dev/null &
vault=$!
trap 'kill $vault 2>/dev/null' EXIT
until [ -e "$KVCERT_STATE_DIR/dev.json" ]; do sleep 0.05; done
"$kvcert" --dev get web --format raw --name kv-rsa2048-chain -o "$inputs" --quiet >/dev/null
kill $vault

# The same encryption on one certificate, and what openssl 3 writes.
legacy="-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -iter 2000"
for bits in 2048 4096; do
  openssl req -x509 -newkey rsa:$bits -nodes -keyout "$inputs/key.pem" -out "$inputs/cert.pem" \
    -subj /CN=bench -days 3650 2>/dev/null
  export_pfx() { openssl pkcs12 -export -inkey "$inputs/key.pem" -in "$inputs/cert.pem" "$@"; }
  # shellcheck disable=SC2086
  export_pfx $legacy -passout pass:secret -out "$inputs/3des-rsa$bits.pfx"
  [ $bits = 4096 ] || export_pfx -passout pass:secret -out "$inputs/aes-2048.pfx"
  [ $bits = 4096 ] || export_pfx -iter 100000 -passout pass:secret -out "$inputs/aes-100k.pfx"
done

KVCERT_BENCH=$inputs cargo bench --locked --bench convert
python3 scripts/bench/others.py "$inputs"

printf 'secret' >"$inputs/password"
microseconds() {
  local start=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  echo $(((${EPOCHREALTIME/./} - ${start/./})))
}
# Reads rounds, prints their medians.
row() {
  awk -v name="$1" '
    { a[NR] = $1; b[NR] = $2 }
    function median(v, n,   i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j-1] > v[j]; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
      return v[int((n + 1) / 2)]
    }
    END { x = median(a, NR); y = median(b, NR); printf "%-18s %8d %8d  %.2f\n", name, x, y, x / y }'
}
echo "whole processes, median of $rounds rounds in turn, microseconds: kvcert, openssl, ratio"
for pfx in kv-rsa2048-chain 3des-rsa2048 3des-rsa4096 aes-2048; do
  password="-passin pass:secret" given="--password-file $inputs/password"
  [ $pfx != kv-rsa2048-chain ] || { password="-passin pass:" given=""; }
  for _ in $(seq "$rounds"); do
    # shellcheck disable=SC2086
    ours=$(microseconds "$kvcert" convert "$inputs/$pfx.pfx" $given --quiet --force -o "$inputs/ours")
    # shellcheck disable=SC2086
    theirs=$(microseconds openssl pkcs12 -in "$inputs/$pfx.pfx" -nodes $password -out "$inputs/theirs.pem")
    echo "$ours $theirs"
  done | row $pfx
done

# A folder of files: one kvcert beside a shell loop. Each round has its own output folder, because
# ext4 creates files slowly for some seconds after others have been removed.
mkdir "$inputs/many"
for number in $(seq -w 1000); do cp "$inputs/3des-rsa2048.pfx" "$inputs/many/$number.pfx"; done
loop() {
  for pfx in "$inputs"/many/*.pfx; do
    name=${pfx##*/}
    openssl pkcs12 -in "$pfx" -nodes -passin pass:secret -out "$1/${name%.pfx}.pem"
  done
}
for round in $(seq $(((rounds + 9) / 10))); do
  folder=$inputs/many-$round
  mkdir -p "$folder/theirs"
  ours=$(microseconds "$kvcert" convert "$inputs"/many/*.pfx --password-file "$inputs/password" --quiet -o "$folder/ours")
  theirs=$(microseconds loop "$folder/theirs")
  echo "$ours $theirs"
done | row 1000-files
