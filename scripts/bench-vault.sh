#!/usr/bin/env bash
# Measures `kvcert get --all` against a vault with a latency of 20 ms that enforces the service's
# limit of 4,000 calls in ten seconds, beside a typical shell pipeline and Microsoft's Python client.
# The bound is the time of an ideal client that computes in no time (scripts/bench/bound.py): pages
# one after the other, each certificate as soon as its page has arrived, and no more calls than the
# limit allows. It is given for the configured latency, and for the latency that a bare client
# measures on the same machine before kvcert runs.
#
# Client and server share the machine's cores: `PRIORITY=-10 scripts/bench-vault.sh` (as root) gives
# them priority over other work, and most to the server, which stands for another machine.
set -euo pipefail
cd "$(dirname "$0")/.."
counts=${*:-2000 10000}
few=${FEW:-200}
latency=20 limit=4000
target=${CARGO_TARGET_DIR:-$PWD/target}
[ -z "${PRIORITY:-}" ] || renice -n "$PRIORITY" $$ >/dev/null
# A new folder, removed at the end: a file system is slow for a while after a folder of thousands of
# files has been removed.
mkdir -p "$target" && work=$(mktemp -d "$target/bench-vault-XXXXXX")

cargo build --locked --release --package kvcert --bin kvcert --package kvcert-dev --example bench-vault
kvcert=$target/release/kvcert

# What Key Vault writes, from the dev vault: null password, 3DES, 2000 iterations, chain of three.
export KVCERT_STATE_DIR=$work/state
"$kvcert" dev --port 0 --quiet >/dev/null &
dev=$! server=
trap 'kill $dev $server 2>/dev/null || true; rm -rf "$work"' EXIT
until [ -e "$KVCERT_STATE_DIR/dev.json" ]; do sleep 0.05; done
"$kvcert" --dev get web --format raw -o "$work" --quiet >/dev/null
"$kvcert" --dev get web -o "$work" --quiet >/dev/null
base64 -w0 "$work/web.pfx" >"$work/secret"
x5t=$(openssl x509 -in "$work/web.crt" -outform DER | openssl dgst -sha1 -binary | base64 | tr '+/' '-_' | tr -d =)

serve() { # COUNT
  rm -f "$work/url"
  "$target/release/examples/bench-vault" "$work/secret" "$x5t" "$1" $latency $limit "$work" &
  server=$!
  [ -z "${PRIORITY:-}" ] || renice -n $((PRIORITY - 5)) $server >/dev/null
  until [ -e "$work/url" ]; do sleep 0.05; done
  url=$(cat "$work/url")
  # A token with an audience, so that kvcert need not ask the vault for its challenge first.
  local audience
  audience=$(printf '{"aud":"%s"}' "${url/x.vault/vault}" | base64 -w0 | tr '+/' '-_' | tr -d =)
  export KVCERT_ACCESS_TOKEN=e30.$audience.c2ln
}
# The median of the times of some pages, on one connection.
latency_of_a_page() {
  local pages=()
  for _ in $(seq 21); do pages+=(-o /dev/null "$url/certificates?api-version=7.4"); done
  curl -sf --cacert "$work/ca.pem" --resolve "${url#https://}:127.0.0.1" -w '%{time_total}\n' \
    -H "Authorization: Bearer $KVCERT_ACCESS_TOKEN" "${pages[@]}" | tail -n +2 | sort -n | sed -n 10p
}
stop() { kill -INT $server && wait $server 2>/dev/null || true; server=; }
stats() { cat "$work/stats"; }
# Runs a command; leaves its seconds in $took and its peak memory in kilobytes in $peak.
measure() {
  python3 -c 'import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL).returncode
took = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
open(sys.argv[1], "w").write(f"{took:.3f} {peak}\n")
sys.exit(code)' "$work/measured" "$@"
  read -r took peak <"$work/measured"
}

printf '%8s %8s %8s %7s %9s %7s %7s %5s %9s\n' n seconds bound share measured share calls 429s peak-MiB
run=0
for n in $counts; do
  out=$work/out-$((run += 1))
  serve "$n"
  page=$(latency_of_a_page)
  stop
  serve "$n" # whose window of ten seconds is empty
  measure "$kvcert" --json get --all --vault "$url" --ca-file "$work/ca.pem" -o "$out" --quiet
  stop # which writes the statistics
  read -r calls refused < <(stats)
  ideal=$(python3 scripts/bench/bound.py "$n" "0.0$latency" $limit)
  honest=$(python3 scripts/bench/bound.py "$n" "$page" $limit)
  awk -v n="$n" -v t="$took" -v calls="$calls" -v refused="$refused" -v peak="$peak" \
    -v ideal="$ideal" -v honest="$honest" 'BEGIN {
      printf "%8d %8.2f %8.2f %6.1f%% %9.2f %6.1f%% %7d %5d %9.1f\n", n, t, ideal, 100 * ideal / t,
        honest, 100 * honest / t, calls, refused, peak / 1024 }'
  [ "$(find "$out" -name '*.key' | wc -l)" = "$n" ] || echo "certificates are missing"
done

# Fewer certificates for those who are slower.
serve "$few"
measure "$kvcert" get --all --vault "$url" --ca-file "$work/ca.pem" -o "$work/few" --quiet
ours=$took
cat >"$work/pipeline.sh" <<'PIPELINE'
set -euo pipefail
get() { curl -sf --cacert "$work/ca.pem" --resolve "${url#https://}:127.0.0.1" -H "Authorization: Bearer $KVCERT_ACCESS_TOKEN" "$1"; }
mkdir -p "$work/pipeline"
next="$url/certificates?api-version=7.4"
while [ "$next" != null ]; do
  page=$(get "$next")
  next=$(jq -r .nextLink <<<"$page")
  for name in $(jq -r '.value[].id | split("/")[-1]' <<<"$page"); do
    get "$url/secrets/$name?api-version=7.4" | jq -r .value | base64 -d |
      openssl pkcs12 -nodes -passin pass: -out "$work/pipeline/$name.pem" 2>/dev/null
  done
done
PIPELINE
export work url
if command -v curl >/dev/null && command -v jq >/dev/null && measure bash "$work/pipeline.sh"; then
  echo "$few certificates: kvcert $ours s, curl | jq | base64 | openssl $took s: $(awk -v a="$took" -v b="$ours" 'BEGIN { printf "%.1f", a / b }') times as long"
fi
if python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet azure-keyvault-certificates azure-keyvault-secrets cryptography; then
  measure "$work/venv/bin/python" scripts/bench/keyvault_sdk.py "$url" "$work/ca.pem" "$work/sdk"
  echo "$few certificates: kvcert $ours s, azure-keyvault for Python $took s: $(awk -v a="$took" -v b="$ours" 'BEGIN { printf "%.1f", a / b }') times as long"
fi
stop

# Azure CLI cannot download many at once, so people write a loop. It needs a vault with sign-in: the
# dev vault, without latency. scripts/install-clients.sh installs the CLI where this looks for it.
az=$target/clients/az/bin/python
if [ -x "$az" ]; then
  field() { jq -r ".$1" "$KVCERT_STATE_DIR/dev.json"; }
  field ca_pem >"$work/dev-ca.pem"
  export REQUESTS_CA_BUNDLE=$work/dev-ca.pem AZURE_CONFIG_DIR=$work/azure AZURE_CORE_COLLECT_TELEMETRY=false
  export PYTHONPATH=$PWD/tests/clients/python
  "$az" -m azure.cli config set core.instance_discovery=false 2>/dev/null
  "$az" -m azure.cli cloud register --name dev --endpoint-resource-manager "$(field authority)"
  "$az" -m azure.cli cloud set --name dev 2>/dev/null
  "$az" -m azure.cli login --service-principal --allow-no-subscriptions --username "$(field client_id)" \
    --password "$(field client_secret)" --tenant "$(field tenant_id)" >/dev/null
  cat >"$work/az.sh" <<'LOOP'
for number in 1 2 3 4 5; do
  "$az" -m azure.cli keyvault secret download --id "$id" --encoding base64 --file "$work/az-$number.pfx"
done
LOOP
  export az id
  id=$(field vault_url)/secrets/web
  measure bash "$work/az.sh"
  theirs=$took
  cat >"$work/loop.sh" <<'LOOP'
for number in 1 2 3 4 5; do "$kvcert" --dev get web -o "$work/loop-$number" --quiet; done
LOOP
  export kvcert
  measure bash "$work/loop.sh"
  echo "5 one by one: kvcert $took s, az keyvault secret download $theirs s: $(awk -v a="$theirs" -v b="$took" 'BEGIN { printf "%.1f", a / b }') times as long"
fi
