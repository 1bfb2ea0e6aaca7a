#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Static deltas that are signed, pulled by HTTP: the signatures stand beside the superblock, or in it, and are checked by the
# remote's keys before a part is fetched.
. "$(dirname "$0")/../lib.sh"
need openssl nginx

make_tree tree
ed25519_key good
ed25519_key other
"$PANDO" --repo=up init --mode=archive
build () {
  "$PANDO" --repo=up commit -b m --timestamp="@$1" --owner-uid=0 --owner-gid=0 --sign-from-file=good.secret tree
}
one=$(build 1000)
seq 7 20000 >tree/usr/share/numbers
two=$(build 2000)
nginx_serve up

# delta [OPTION…]: another one, which clients learn of.
delta () {
  "$PANDO" --repo=up static-delta generate "$@" m >out 2>&1
  "$PANDO" --repo=up summary -u
  dir=$(dirname "$(find up/deltas -name superblock)")
}
# receiver: has the first commit, and the good key.
receiver () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify --set=sign-verify=true \
    --set="verification-ed25519-key=$(cat good.pub)" origin "$HTTP_URL"
  "$PANDO" --repo=r pull --disable-static-deltas origin "m@$one" >out
  : >"$HTTP_LOG"
}
accepted () {
  "$PANDO" --repo=r pull --require-static-deltas origin m >out
  assert_match out '^1 delta parts, '
  "$PANDO" --repo=r fsck -q
}
refused () {
  fails_with "$1" "$PANDO" --repo=r pull origin m
  assert_no_match "$HTTP_LOG" '/deltas/.*/[0-9]+ '
  assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$one"
}

delta --sign-from-file=good.secret
receiver
accepted
assert_match "$HTTP_LOG" '/superblock.sig 200'
delta
assert_missing "$dir/superblock.sig"
receiver
accepted
assert_match "$HTTP_LOG" '/superblock.sig 404'
ok "signed by a key of the remote, or not signed"

delta --sign-from-file=other.secret
receiver
refused 'signatures by the keys of remote .origin..*--disable-static-deltas'
"$PANDO" --repo=r pull --disable-static-deltas origin m >out
"$PANDO" --repo=r fsck -q
delta --sign-from-file=good.secret
flip_byte "$dir/superblock.sig" $(($(stat -c %s "$dir/superblock.sig") / 2))
receiver
refused 'signatures by the keys'
delta --sign-from-file=other.secret --sign-from-file=good.secret
receiver
accepted
echo garbage >"$dir/superblock.sig"
receiver
accepted
ok "by another key, or not of this superblock; bytes that are no signatures at all are none"

delta
receiver
"$PANDO" --repo=r config set core.sign-verify-deltas true
fails_with 'core.sign-verify-deltas demands one' "$PANDO" --repo=r pull --require-static-deltas origin m
"$PANDO" --repo=r pull origin m >out
assert_match out '^[0-9]+ metadata, '
assert_no_match "$HTTP_LOG" '/deltas/.*/[0-9]+ '
delta --sign-from-file=good.secret
receiver
"$PANDO" --repo=r config set core.sign-verify-deltas true
accepted
ok "where deltas must be signed, one that is not is left"

# The container that ostree writes into a repository.
for key in good other; do
  delta
  mkdir container
  "$PANDO" --repo=up static-delta generate --filename=container/superblock --sign-from-file=$key.secret m >out 2>&1
  cp container/superblock "$dir/superblock"
  rm -r container
  "$PANDO" --repo=up summary -u
  receiver
  case $key in
    good) accepted ;;
    other) refused 'signatures by the keys' ;;
  esac
done
ok "signatures in the file of the superblock"

delta --sign-from-file=other.secret
rm -rf r
"$PANDO" --repo=r init --mode=bare-user
"$PANDO" --repo=r remote add --no-gpg-verify --set=sign-verify=true --set="verification-ed25519-key=$(cat good.pub)" origin \
  "file://$PWD/up"
"$PANDO" --repo=r pull origin "$one" >out
fails_with 'signatures by the keys' "$PANDO" --repo=r pull --require-static-deltas origin m
delta --sign-from-file=good.secret
"$PANDO" --repo=r pull --require-static-deltas origin m >out
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$two"
ok "from a folder"

rm -rf r
"$PANDO" --repo=r init --mode=bare-user
"$PANDO" --repo=r remote add --no-gpg-verify origin "$HTTP_URL"
"$PANDO" --repo=r pull --disable-static-deltas origin "m@$one" >out
: >"$HTTP_LOG"
"$PANDO" --repo=r pull --require-static-deltas origin m >out
assert_no_match "$HTTP_LOG" 'superblock.sig'
ok "who checks no signatures does not ask for them"
