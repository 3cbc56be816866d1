#!/usr/bin/env bash
# Measures `kvcert token`, from process start to token, against the dev vault's Entra on loopback: with
# a certificate in a file, with one in the vault, and with the vault signing; beside a Python script
# with MSAL (same file, same Entra), and `az account get-access-token` after `az login`, which reads
# the token from its cache without a request. The contestants run in turn, so that the ratios hold on
# a noisy machine. Then RSA-2048 signatures beside `openssl speed`.
#
# The other clients are those of `scripts/install-clients.sh`, or those in the folder CLIENTS.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-20}
target=${CARGO_TARGET_DIR:-$PWD/target}
clients=${CLIENTS:-$target/clients}
work=$target/bench-token
rm -rf "$work" && mkdir -p "$work"

kvcert=${KVCERT:-$target/release/kvcert} # KVCERT measures an existing binary
[ -n "${KVCERT:-}" ] || cargo build --locked --release --bin kvcert

export KVCERT_STATE_DIR=$work/state
"$kvcert" dev --port 0 --data "$work/data" --quiet >/dev/null &
vault=$!
trap 'kill $vault 2>/dev/null || true' EXIT
until [ -e "$KVCERT_STATE_DIR/dev.json" ]; do sleep 0.05; done
field() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" "$KVCERT_STATE_DIR/dev.json"; }
authority=$(field authority) tenant=$(field tenant_id) client=$(field exchange_client_id)
ca=$work/data/ca.pem
"$kvcert" --dev get web --format combined -o "$work" --quiet >/dev/null
pem=$work/web.pem

ours_file() { "$kvcert" --dev token "$pem" --for exchange; }
ours_vault() { "$kvcert" --dev token web --for exchange; }
ours_signed() { "$kvcert" --dev token web --for exchange --sign-in-vault; }
msal() { "$clients/python/bin/python" scripts/bench/msal_token.py "$authority/$tenant" "$client" "$pem" "$ca"; }
export AZURE_CONFIG_DIR=$work/azure AZURE_CORE_COLLECT_TELEMETRY=false REQUESTS_CA_BUNDLE=$ca
az() { PYTHONPATH=$PWD/tests/clients/python "$clients/az/bin/python" -m azure.cli "$@"; }
theirs_az() { az account get-access-token --output json; }

microseconds() {
  local start=$EPOCHREALTIME
  "$@" >/dev/null
  echo $((${EPOCHREALTIME/./} - ${start/./}))
}
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

contestants=(ours_file ours_vault ours_signed)
if [ -x "$clients/python/bin/python" ]; then contestants+=(msal); else echo "skipping MSAL: scripts/install-clients.sh installs it"; fi
if [ -x "$clients/az/bin/python" ]; then
  az config set core.instance_discovery=false >/dev/null 2>&1
  az cloud register --name dev --endpoint-resource-manager "$authority" >/dev/null 2>&1
  az cloud set --name dev >/dev/null 2>&1
  az login --service-principal --allow-no-subscriptions --username "$(field client_id)" \
    --password "$(field client_secret)" --tenant "$tenant" >/dev/null 2>&1
  theirs_az >/dev/null
  contestants+=(theirs_az)
else
  echo "skipping Azure CLI: scripts/install-clients.sh installs it"
fi

for contestant in "${contestants[@]}"; do "$contestant" >/dev/null; done # everything is warm
for _ in $(seq "$rounds"); do
  for contestant in "${contestants[@]}"; do microseconds "$contestant" >>"$work/$contestant.us"; done
done
base=$(median <"$work/ours_file.us")
echo "process start to token, median of $rounds rounds in turn, microseconds, times kvcert with a file"
for contestant in "${contestants[@]}"; do
  found=$(median <"$work/$contestant.us")
  awk -v name="$contestant" -v a="$found" -v b="$base" 'BEGIN { printf "%-12s %9d %7.1f\n", name, a, a / b }'
done

kill $vault && wait $vault 2>/dev/null || true
cargo bench --locked --bench sign ${PROFILE:+--profile "$PROFILE"}
openssl speed -seconds 2 rsa2048 2>/dev/null | awk '/^rsa 2048/ { printf "openssl speed: %.1f microseconds a signature\n", 1e6 / $6 }'
