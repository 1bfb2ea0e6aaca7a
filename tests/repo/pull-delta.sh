#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull by static deltas: which one is used, what is fetched beside it, and what happens when it is not what it should be.
. "$(dirname "$0")/../lib.sh"

make_tree tree
for i in $(seq 20); do seq "$i" 3000 >"tree/usr/share/file-$i"; done
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m -s first --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >one
for i in $(seq 20); do echo more >>"tree/usr/share/file-$i"; done
head -c 1200000 /dev/urandom >tree/usr/big
"$PANDO" --repo=up commit -b m -s second --owner-uid=0 --owner-gid=0 --timestamp=@2000 tree >two
one=$(cat one) two=$(cat two)
"$PANDO" --repo=up static-delta generate m --min-fallback-size=1 >out 2>&1
"$PANDO" --repo=up static-delta generate --empty m --min-fallback-size=1 >out 2>&1
"$PANDO" --repo=up summary -u
http_serve up

# receiver NAME [COMMIT]
receiver () {
  rm -rf "$1"
  "$PANDO" --repo="$1" init --mode=bare-user
  "$PANDO" --repo="$1" remote add --no-gpg-verify origin "$HTTP_URL"
  [ $# -lt 2 ] || "$PANDO" --repo="$1" pull --disable-static-deltas origin "m@$2" >out
}

receiver r "$one"
assert_match out 'metadata, .* content objects fetched'
"$PANDO" --repo=r pull --require-static-deltas --dry-run origin m >out
assert_match out '^Delta update: 0/1 parts, 0.bytes/.*, .* total uncompressed$'
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$one"
"$PANDO" --repo=r pull origin m >out
assert_match out '^1 delta parts, 1 loose fetched; '
"$PANDO" --repo=r fsck -q
assert_missing "r/state/$two.commitpartial"
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$two"
"$PANDO" --repo=r pull --require-static-deltas origin m >out
ok "from what is here, with a fallback; nothing to do is fine"

receiver r
"$PANDO" --repo=r pull origin m >out
assert_match out '^1 delta parts, '
"$PANDO" --repo=r fsck -q
receiver r
"$PANDO" --repo=r pull --require-static-deltas origin "$two" >out
assert_match out '^1 delta parts, '
receiver r "$one"
"$PANDO" --repo=r pull --disable-static-deltas origin m >out
assert_match out '^[0-9]+ metadata, '
"$PANDO" --repo=r fsck -q
ok "from nothing; a commit by its checksum; --disable-static-deltas"

receiver r
fails_with 'does not go with --disable-static-deltas' "$PANDO" --repo=r pull --dry-run --disable-static-deltas origin m
fails_with 'both required and disabled' "$PANDO" --repo=r pull --disable-static-deltas --require-static-deltas origin m
fails_with "Static deltas required, but none found for $one" "$PANDO" --repo=r pull --require-static-deltas origin "$one"
"$PANDO" --repo=a init --mode=archive
"$PANDO" --repo=a remote add --no-gpg-verify origin "$HTTP_URL"
fails_with "Can't use static deltas in an archive repo" "$PANDO" --repo=a pull --require-static-deltas origin m
"$PANDO" --repo=a pull --mirror origin m >out
assert_match out '^[0-9]+ metadata, '
ok "archives take none, and what is required must be there"

"$PANDO" --repo=l init --mode=bare-user
"$PANDO" --repo=l pull-local --require-static-deltas up m >out
"$PANDO" --repo=l fsck -q
fails_with 'none found for' "$PANDO" --repo=l pull-local --require-static-deltas up "$one"
"$PANDO" --repo=l pull-local up "$one" >out
ok "pull-local"

rm -rf up/delta-indexes
receiver r "$one"
fails_with 'none found' "$PANDO" --repo=r pull --require-static-deltas origin m
"$PANDO" --repo=up config set core.no-deltas-in-summary true
"$PANDO" --repo=up summary -u
"$PANDO" --repo=r pull --require-static-deltas origin m >out
"$PANDO" --repo=r fsck -q
ok "a delta index alone is enough"

from_one=$(dirname "$(find up/deltas -path '*-*' -name superblock)")
mv "$from_one/0" part
receiver r "$one"
fails_with '/0' "$PANDO" --repo=r pull --require-static-deltas origin m
receiver r "$one"
"$PANDO" --repo=r pull origin m >out
"$PANDO" --repo=r fsck -q
ok "a part that is missing is made up for by objects, unless deltas are required"

head -c 100 part >"$from_one/0"
receiver r "$one"
fails_with 'its bytes are not those' "$PANDO" --repo=r pull origin m
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$one"
(cat part; echo more) >"$from_one/0"
fails_with 'fetch|bytes' "$PANDO" --repo=r pull origin m
mv part "$from_one/0"
cp "$from_one/superblock" superblock
flip_byte "$from_one/superblock" 40
fails_with 'superblock is not the one' "$PANDO" --repo=r pull origin m
rm "$from_one/superblock"
fails_with 'superblock' "$PANDO" --repo=r pull --require-static-deltas origin m
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$one"
"$PANDO" --repo=r pull origin m >out
"$PANDO" --repo=r fsck -q
mv superblock "$from_one/superblock"
receiver r "$one"
"$PANDO" --repo=r pull --require-static-deltas origin m >out
"$PANDO" --repo=r fsck -q
ok "parts and superblocks that are not what they should be are refused; one that went is not needed"

"$PANDO" --repo=up static-delta generate --inline m --min-fallback-size=0 >out 2>&1
"$PANDO" --repo=up static-delta reindex
receiver r "$one"
"$PANDO" --repo=r pull --require-static-deltas origin m >out
assert_match out '^1 delta parts, 0 loose fetched'
"$PANDO" --repo=r fsck -q
ok "an inline delta, without a fallback"
