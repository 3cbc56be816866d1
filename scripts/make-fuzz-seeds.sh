#!/usr/bin/env bash
# Generates fixtures/fuzz/seeds: a family of certificates that are related in every awkward way, and
# small PKCS#12 files. The result is committed, so that a crash stays reproducible. The keys are for
# tests only.
set -euo pipefail
cd "$(dirname "$0")/../fixtures/fuzz"
mkdir -p seeds
out=$PWD/seeds
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

ca='basicConstraints=critical,CA:TRUE'

# key NAME: an EC key.
key() { openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"; }

# issue FILE SUBJECT SUBJECT_KEY ISSUER_FILE ISSUER_KEY DAYS EXTENSION...
issue() {
  local file=$1 subject=$2 own=$3 issuer=$4 signer=$5 days=$6
  shift 6
  : >extensions
  for extension in "$@"; do echo "$extension" >>extensions; done
  openssl req -new -key "$own.key" -subj "/CN=$subject" -out request
  openssl x509 -req -in request -CA "$issuer.crt" -CAkey "$signer.key" -days "$days" \
    -set_serial "0x$(openssl rand -hex 8)" -extfile extensions -out "$file.crt" 2>/dev/null
}

# root FILE SUBJECT KEY DAYS: a self-signed certificate.
root() { openssl req -x509 -new -key "$3.key" -subj "/CN=$2" -days "$4" -addext "$ca" -out "$1.crt"; }

for name in root other middle twin a b leaf renewed missing tiny; do key "$name"; done
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key
openssl genpkey -algorithm ed25519 -out ed.key

root root Root root 3650
root other Other other 3000
root missing Missing missing 3000
root rsa 'Middle' rsa 3000
root ed Edwards ed 3000
issue middle Middle middle root root 2000 "$ca"
issue cross Middle middle other other 2500 "$ca"
issue dead Middle middle missing missing 3500 "$ca"
issue twin Middle twin root root 2600 "$ca"
root a0 A a 10
issue b B b a0 a 2000 "$ca"
issue a A a b b 2000 "$ca"
issue leaf www.example.com leaf middle middle 90 'subjectAltName=DNS:www.example.com'
issue renewed www.example.com leaf middle middle 180 'subjectAltName=DNS:www.example.com'
issue looped loop.example.com renewed a a 90 'basicConstraints=CA:FALSE'
issue plain plain.example.com tiny middle middle 90 'authorityKeyIdentifier=none' 'subjectKeyIdentifier=none'
issue edleaf ed.example.com ed root root 90 'subjectAltName=IP:192.0.2.1,email:a@example.com,URI:https://example.com'

cat leaf.crt middle.crt root.crt cross.crt other.crt dead.crt twin.crt rsa.crt a.crt b.crt \
  renewed.crt looped.crt plain.crt edleaf.crt ed.crt missing.crt >"$out/family.pem"
cat leaf.key renewed.key tiny.key rsa.key ed.key root.key >"$out/keys.pem"
openssl pkcs8 -topk8 -v2 aes-128-cbc -iter 1 -in leaf.key -passout pass:kvcert -out "$out/encrypted.pem"
{ openssl ec -in leaf.key 2>/dev/null; openssl rsa -in rsa.key -traditional 2>/dev/null; cat leaf.crt; } >"$out/old.pem"

cat middle.crt root.crt >chain.crt
export_pfx() {
  local file=$1
  shift
  openssl pkcs12 -export -inkey leaf.key -in leaf.crt -certfile chain.crt -name leaf -iter 1 "$@" -out "$out/$file"
}
export_pfx plain.pfx -keypbe NONE -certpbe NONE -nomac -passout pass:
export_pfx modern.pfx -passout pass:
export_pfx given.pfx -passout pass:kvcert
export_pfx des.pfx -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1 -passout pass:
export_pfx rc2.pfx -legacy -passout pass:
