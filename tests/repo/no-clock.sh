#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device whose clock says that it is 1970: certificates and keys that exist since before this program was built are not of
# the future. What has expired, the clock says alone.
. "$(dirname "$0")/../lib.sh"
need openssl
need_clock

# After what is certified and signed here was made, and before the program was built; and long after.
past=1600000000
future=4102444800
zero=86400

mkdir tree
echo one >tree/file
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m tree >v
"$PANDO" --repo=up summary -u
assert_match <(at_time $zero date +%Y) '^1970$'

# --- certificates -------------------------------------------------------------------------------------

# https_serve NAME TIME DAYS: a server whose certificate, NAME.pem, was made at that time and is valid for so long. Sets tls_url.
https_serve () {
  local port=$((20000 + RANDOM % 20000))
  at_time "$2" openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days "$3" -subj "/CN=127.0.0.1" \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  nginx_serve up "listen 127.0.0.1:$port ssl; ssl_certificate $SCRATCH/$1.pem; ssl_certificate_key $SCRATCH/$1.key;"
  tls_url=https://127.0.0.1:$port
}
# new NAME URL [OPTION…]
new () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify --set=tls-ca-path="$SCRATCH/$1.pem" "${@:3}" origin "$2"
}
pull () { "$PANDO" --repo=r pull --network-retries=0 origin m; }

https_serve valid $past 30000
new valid "$tls_url"
pull >out
new valid "$tls_url"
# With GnuTLS there is no way.
rc=0
at_time $zero pull >out 2>err || rc=$?
if [ $rc != 0 ] && grep -q 'not activated yet' err; then
  assert_match err 'the clock of this machine is behind: set it'
  skip "certificates" "this libcurl is built with GnuTLS"
else
  assert_eq $rc 0 "$(cat err)"
  "$PANDO" --repo=r fsck -q
  ok "a certificate that is not yet valid by the clock"

  https_serve expired $past 1
  new expired "$tls_url"
  fails_with 'certificate has expired' pull
  # By the clock it has not, and nothing expires by what else is known of the time.
  at_time $zero pull >out
  new expired "$tls_url"
  fails_with 'certificate has expired' at_time $((past + 200000)) pull
  ok "a certificate that has expired"

  https_serve later $future 3000
  new later "$tls_url"
  fails_with 'certificate is not yet valid' pull
  fails_with 'not yet valid.*the clock of this machine is behind: set it' at_time $zero pull
  at_time $((future + 86400)) pull >out
  ok "a certificate of the future"

  https_serve other $past 30000
  new valid "$tls_url"
  fails_with 'self.signed certificate' at_time $zero pull
  openssl req -x509 -newkey rsa:2048 -nodes -keyout name.key -out name.pem -days 30 -subj /CN=elsewhere -addext subjectAltName=DNS:elsewhere 2>/dev/null
  port=$((20000 + RANDOM % 20000))
  nginx_serve up "listen 127.0.0.1:$port ssl; ssl_certificate $SCRATCH/name.pem; ssl_certificate_key $SCRATCH/name.key;"
  new name "https://127.0.0.1:$port"
  fails_with 'does not match|no alternative certificate subject name' pull
  new other "https://127.0.0.1:$port" --set=tls-permissive=true
  at_time $zero pull >out
  ok "nothing else of a certificate is forgiven"
fi

# --- OpenPGP ------------------------------------------------------------------------------------------

"$PANDO" --version >out
if ! grep -q -e '- gpgme$' out || ! command -v gpg >/dev/null; then
  skip "OpenPGP" "built without gpgme"
  exit 0
fi
# shellcheck source=tests/gpg-keys.sh
. "$TESTS_DIR/gpg-keys.sh"
gpg_home keys

# signed NAME TIME [EXPIRY OF KEY]: another commit, signed by another key, both made at that time.
signed () {
  echo "faked-system-time $2" >keys/gpg.conf
  new_key keys "$1 <$1@example.com>" "${3:-never}"
  # Each run of gpg begins at that time, and the key must not be of its future.
  echo "faked-system-time $(($2 + 1000))" >keys/gpg.conf
  in_home keys --export "$1@example.com" >"$1.gpg"
  in_home keys --armor --export "$1@example.com" >"$1.asc"
  "$PANDO" --repo=up commit -b m -s "$1" --gpg-sign="$1@example.com" --gpg-homedir=keys tree >v
  "$PANDO" --repo=up summary -u --gpg-sign="$1@example.com" --gpg-homedir=keys
  rm keys/gpg.conf
}
# device NAME: takes what that key has signed, commits and summaries.
device () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --set=gpg-verify-summary=true --gpg-import="$1" origin "file://$SCRATCH/up" >out
}

signed valid $past
device valid.gpg
at_time $zero pull >out
at_time $zero "$PANDO" --repo=r show origin:m >out
assert_match out 'Good signature from "valid '
# Armoured keys are imported by gpg first.
rm -rf r
"$PANDO" --repo=r init --mode=bare-user
at_time $zero "$PANDO" --repo=r remote add --set=gpg-verify-summary=true --gpg-import=valid.asc origin "file://$SCRATCH/up" >out
assert_content out 'Imported 1 GPG key to remote "origin"'
at_time $zero pull >out
ok "a key and a signature that are not yet there by the clock"

signed expired $past 1d
device expired.gpg
fails_with 'Key expired' pull
at_time $zero pull >out
device expired.gpg
fails_with 'Key expired' at_time $((past + 200000)) pull
ok "a key that has expired"

signed later $future
device later.gpg
fails_with "Can't verify" pull
fails_with "Can't verify" at_time $zero pull
ok "a key of the future"

in_home keys --export valid@example.com >both.gpg
sed -i 's/^:-----BEGIN/-----BEGIN/' keys/openpgp-revocs.d/*.rev
in_home keys --import "keys/openpgp-revocs.d/$(fingerprint keys valid@example.com).rev"
signed valid2 $past
"$PANDO" --repo=up gpg-sign --gpg-homedir=keys m valid2@example.com 2>/dev/null || true
cp up/summary.sig good.sig
device valid.gpg
fails_with 'public key not found' at_time $zero pull
device valid2.gpg
flip_byte up/summary.sig $(($(stat -c %s up/summary.sig) - 20))
fails_with "Can't verify summary" at_time $zero pull
cp good.sig up/summary.sig
at_time $zero pull >out
ok "bad signatures and unknown keys stay what they are"
