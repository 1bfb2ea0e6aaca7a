#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Signatures that openssl and gpg made, good, bad, missing, by a wrong key, by one that was revoked or has expired, and any of
# them together: of commits and of summaries, by each type of key. What a pull says of each is in one table.
. "$(dirname "$0")/../lib.sh"
need openssl python3

export OSTREE_DUMMY_SIGN_ENABLED=1
mkdir tree
echo one >tree/file
"$PANDO" --repo=up init --mode=archive
csum=$("$PANDO" --repo=up commit -b m tree)
"$PANDO" --repo=up summary -u
commit=up/objects/${csum:0:2}/${csum:2}.commit
meta=up/objects/${csum:0:2}/${csum:2}.commitmeta
echo 'other bytes' >elsewhere

# --- who signs: sign_TYPE KEY FILE >SIGNATURE ---------------------------------------------------------

for key in good wrong revoked; do
  ed25519_key $key
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key.ec 2>/dev/null
  openssl pkey -in $key.ec -pubout -out $key.ec.pub
  echo $key.dummy >$key.dummy.pub
done
sign_ed25519 () { openssl pkeyutl -sign -rawin -inkey "$1.pem" -in "$2"; }
sign_spki () { openssl pkeyutl -sign -rawin -digest sha256 -inkey "$1.ec" -in "$2"; }
sign_dummy () { printf %s "$1.dummy"; }

types=(ed25519 spki dummy)
"$PANDO" --version >out
if grep -q -e '- gpgme$' out && command -v gpg >/dev/null; then
  # shellcheck source=tests/gpg-keys.sh
  . "$TESTS_DIR/gpg-keys.sh"
  types+=(gpg)
  gpg_home keys
  for key in good wrong revoked; do new_key keys "$key <$key@example.com>"; done
  # What expired did so long ago.
  echo 'faked-system-time 1600000000' >keys/gpg.conf
  new_key keys 'expired <expired@example.com>' 1d
  new_key keys 'short <short@example.com>'
  rm keys/gpg.conf
fi
# "short" is a good key whose signature has expired.
sign_gpg () {
  case $1 in
    expired) in_home keys --faked-system-time 1600001000 --local-user "$1@example.com" --detach-sign --output - "$2" ;;
    short) in_home keys --faked-system-time 1600001000 --default-sig-expire 1d --local-user "$1@example.com" --detach-sign --output - "$2" ;;
    *) in_home keys --local-user "$1@example.com" --detach-sign --output - "$2" ;;
  esac
}

# Each signature once: TYPE.KIND.WHAT is a file. "bad" is by the good key, with a byte changed; "moved" by the good key, of
# other bytes.
for type in "${types[@]}"; do
  keys=(good wrong revoked)
  [ "$type" != gpg ] || keys+=(expired short)
  for what in commit summary; do
    case $what in commit) file=$commit ;; summary) file=up/summary ;; esac
    for key in "${keys[@]}"; do "sign_$type" "$key" "$file" >"$type.$key.$what"; done
    cp "$type.good.$what" "$type.bad.$what"
    flip_byte "$type.bad.$what" $(($(stat -c %s "$type.bad.$what") - 5))
    "sign_$type" good elsewhere >"$type.moved.$what"
  done
done

# --- the table ----------------------------------------------------------------------------------------

# TYPES  SIGNATURES, a comma between them  VERDICT  what a refusal says. A dummy signature is the key, whatever is signed.
cat >table <<'TABLE'
all      -                  refused   [Nn]o signatures found
all      good               accepted  -
all      wrong              refused   couldn't be verified|public key not found
all      bad                refused   couldn't be verified|BAD signature|public key not found|[Nn]o signatures found
curve    moved              refused   couldn't be verified
dummy    moved              accepted  -
gpg      moved              refused   BAD signature
all      revoked            refused   couldn't be verified|[Kk]ey revoked
gpg      expired            refused   Key expired
gpg      short              refused   Expired signature from "short
all      wrong,good         accepted  -
all      good,wrong         accepted  -
all      revoked,good       accepted  -
all      good,revoked       accepted  -
all      wrong,revoked      refused   couldn't be verified|[Kk]ey revoked
raw      bad,good           accepted  -
raw      good,moved         accepted  -
gpg      moved,good         accepted  -
gpg      expired,good       accepted  -
gpg      good,expired       accepted  -
gpg      short,good         accepted  -
gpg      expired,revoked    refused   Key expired
all      wrong,wrong,good   accepted  -
TABLE

# --- who pulls ----------------------------------------------------------------------------------------

# public TYPE KEY: the file of the key.
public () { case $1 in ed25519) echo "$2.pub" ;; spki) echo "$2.ec.pub" ;; dummy) echo "$2.dummy.pub" ;; esac; }

# device TYPE WHAT SUFFIX-OF-OPTIONS: one for each, which is copied for each case.
device () {
  local type=$1 folder=device.$1.$2 options=(--set=gpg-verify=false --set=sign-verify=false)
  mkdir -p "$folder/ostree/deploy" "$folder/etc/ostree/revoked.$type.d"
  "$PANDO" --repo="$folder/ostree/repo" init --mode=bare-user
  if [ "$type" = gpg ]; then
    for key in good revoked expired short; do in_home keys --export $key@example.com; done >trusted.gpg
    options+=("--set=gpg-verify$3=true" --gpg-import=trusted.gpg)
  else
    cat "$(public "$type" good)" "$(public "$type" revoked)" >"$type.trusted"
    cp "$(public "$type" revoked)" "$folder/etc/ostree/revoked.$type.d/stolen"
    options+=("--set=sign-verify$3=true" "--set=verification-$type-file=$SCRATCH/$type.trusted")
  fi
  "$PANDO" --repo="$folder/ostree/repo" remote add "${options[@]}" origin "file://$SCRATCH/up" >out
}
for type in "${types[@]}"; do
  device "$type" commit ''
  device "$type" summary -summary
done
if [ -n "${types[3]-}" ]; then
  # The revocation comes when all have the key.
  sed -i 's/^:-----BEGIN/-----BEGIN/' keys/openpgp-revocs.d/*.rev
  in_home keys --import "keys/openpgp-revocs.d/$(fingerprint keys revoked@example.com).rev"
  in_home keys --export revoked@example.com >revocation.gpg
  for what in commit summary; do
    "$PANDO" --repo=device.gpg.$what/ostree/repo remote gpg-import --keyring=revocation.gpg origin >out
  done
fi

metadata_key () { case $1 in gpg) echo ostree.gpgsigs ;; *) echo "ostree.sign.$1" ;; esac; }

# case_of TYPE WHAT SIGNATURES VERDICT SAYS
case_of () {
  local type=$1 what=$2 dict=dict.$1.$2.$3 repo=case/ostree/repo
  rm -rf case "$meta" up/summary.sig
  cp -a "device.$type.$what" case
  case $what,$3 in
    *,-) ;;
    commit,*) cp "$dict" "$meta" ;;
    summary,*) cp "$dict" up/summary.sig ;;
  esac
  if [ "$4" = accepted ]; then
    "$PANDO" --repo=$repo pull origin m >out || fail "$type, $what: $3 is refused"
    assert_eq "$("$PANDO" --repo=$repo rev-parse origin:m)" "$csum"
  elif [ "$3$what" = -summary ]; then
    fails_with 'no summary.sig found' "$PANDO" --repo=$repo pull origin m
  else
    fails_with "$5" "$PANDO" --repo=$repo pull origin m
  fi
  if [ "$4" = refused ]; then
    assert_eq "$("$PANDO" --repo=$repo refs --list | wc -l)$(find $repo/objects -type f | wc -l)" 00 "$type, $what: $3"
  fi
}

# is_for TYPES TYPE
is_for () {
  case $1 in
    all) ;;
    raw) [ "$2" != gpg ] ;;
    curve) [ "$2" = ed25519 ] || [ "$2" = spki ] ;;
    *) [ "$1" = "$2" ] ;;
  esac
}

# All dictionaries at once.
for type in "${types[@]}"; do
  while read -r for signatures _; do
    if [ "$signatures" = - ] || ! is_for "$for" "$type"; then continue; fi
    for what in commit summary; do
      files=()
      IFS=, read -ra kinds <<<"$signatures"
      for kind in "${kinds[@]}"; do files+=("$type.$kind.$what"); done
      echo "dict.$type.$what.$signatures $(metadata_key "$type") ${files[*]}"
    done
  done <table
done | "$TESTS_DIR/sign-dict"

for type in "${types[@]}"; do
  for what in commit summary; do
    n=0
    while read -r for signatures verdict says; do
      is_for "$for" "$type" || continue
      case_of "$type" $what "$signatures" "$verdict" "$says"
      n=$((n + 1))
    done <table
    ok "$type signatures of a $what: $n cases"
  done
done
[ -n "${types[3]-}" ] || skip OpenPGP "built without gpgme"
