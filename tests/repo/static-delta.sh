#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# static deltas: made, listed, shown, applied from files of all kinds, pulled, deleted; and what is wrong with them.
. "$(dirname "$0")/../lib.sh"
need python3


make_tree tree
chmod 755 tree/usr/bin/su # which not all modes can keep
seq 1 50000 >tree/usr/share/large
head -c 300000 /dev/urandom >tree/usr/share/random
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m -s first --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >one
(seq 1 20000; echo between; seq 20001 50000) >tree/usr/share/large
mv tree/usr/share/numbers tree/usr/share/figures
echo more >>tree/usr/share/figures
(head -c 150000 tree/usr/share/random; echo cut; tail -c 100000 tree/usr/share/random) >tree/usr/random
rm tree/usr/share/random
ln -s elsewhere tree/usr/link
echo new >tree/usr/bin/new
"$PANDO" --repo=up commit -b m -s second --owner-uid=0 --owner-gid=0 --timestamp=@2000 tree >two
one=$(cat one) two=$(cat two)

assert_eq "$("$PANDO" --repo=up static-delta list)" '(No static deltas)'
assert_eq "$("$PANDO" --repo=up static-delta indexes)" '(No static deltas indexes)'
"$PANDO" --repo=up static-delta generate m >out 2>err
assert_content out "Generating static delta:
  From: $one
  To:   $two"
assert_match err '^bsdiff=[1-9][0-9]* objects$|^rollsum=[1-9]' '^fallback=0 objects$' 'a plain pull is'
assert_eq "$("$PANDO" --repo=up static-delta list)" "$one-$two"
"$PANDO" --repo=up static-delta generate --empty m >out 2>err
assert_match out '^  From: empty$'
"$PANDO" --repo=up static-delta list >out
assert_eq "$(wc -l <out)" 2
"$PANDO" --repo=up static-delta generate -n m >out
assert_content out "Delta $one-$two already exists."
cp -a up/deltas deltas.first
"$PANDO" --repo=up static-delta generate m >out 2>err
diff -r up/deltas deltas.first || fail "the same input gave other bytes"
assert_eq "$(find up/tmp -name '.delta-*')" ''
ok "generate, list; the same input gives the same bytes"

"$PANDO" --repo=up static-delta show "$one-$two" >out
assert_match out "^Delta: $one-$two$" '^Signed: no$' "^From: $one$" "^To: $two$" '^Endianness: (little|big)$' \
  '^Timestamp: 2000$' '^Number of parts: 1$' '^PartMeta0: nobjects=[0-9]+ size=[0-9]+ usize=[0-9]+$' \
  '^PartPayload0: nmodes=[0-9]+ nxattrs=1 blobsize=[0-9]+ opsize=[0-9]+$' '^PartPayloadOps0: openspliceclose=[1-9]'
"$PANDO" --repo=up static-delta show "$two" >out
assert_match out '^From <scratch>$'
fails_with 'Invalid rev GARBAGE' "$PANDO" --repo=up static-delta show GARBAGE
fails_with "Can't find delta $two-$one" "$PANDO" --repo=up static-delta show "$two-$one"
ok "show"

# receiver NAME [MODE]: a repository that has the first commit.
receiver () {
  rm -rf "$1"
  "$PANDO" --repo="$1" init --mode="${2:-bare-user}"
  "$PANDO" --repo="$1" pull-local up "$one" >out
}

path=$(find up/deltas -path '*-*' -name superblock)
for mode in bare-user bare-user-only archive; do
  receiver r "$mode"
  "$PANDO" --repo=r static-delta apply-offline "$(dirname "$path")"
  "$PANDO" --repo=r fsck -q
  "$PANDO" --repo=r checkout -U "$two" r.tree
  diff -r --no-dereference r.tree tree || fail "$mode: another tree"
  rm -rf r.tree
  ok "apply-offline into $mode"
done
# check NAME: it has the second commit, whole.
check () {
  "$PANDO" --repo="$1" fsck -q
  assert_missing "$1/state/$two.commitpartial"
  "$PANDO" --repo="$1" ls -R "$two" >out
}

receiver r
"$PANDO" --repo=up static-delta generate --inline --swap-endianness --filename=one.delta m >out 2>err
"$PANDO" --repo=r static-delta show ./one.delta >out
assert_match out '^Endianness: '
"$PANDO" --repo=r static-delta apply-offline one.delta
check r
"$PANDO" --repo=r static-delta apply-offline one.delta
ok "one file, of the other byte order; and once more"

mkdir parts
"$PANDO" --repo=up static-delta generate --max-chunk-size=0 --disable-bsdiff --filename=parts/x m >out 2>err
assert_match err '^bsdiff=0 objects$'
assert_exists parts/x parts/0 parts/1
receiver r
"$PANDO" --repo=r static-delta apply-offline parts/x
check r
rm -rf empty
"$PANDO" --repo=empty init --mode=bare-user
"$PANDO" --repo=up static-delta generate --empty --inline --filename=empty.delta m >out 2>err
"$PANDO" --repo=empty static-delta apply-offline empty.delta
check empty
ok "parts beside the file, a part for each object; from nothing"

"$PANDO" --repo=up static-delta generate --empty --min-fallback-size=1 --inline --filename=small.delta m >out 2>err
assert_match err '^fallback=0 objects$'
head -c 1200000 /dev/urandom >tree/usr/big
"$PANDO" --repo=up commit -b big -s big --owner-uid=0 --owner-gid=0 --timestamp=@3000 tree >three
"$PANDO" --repo=up static-delta generate --empty --min-fallback-size=1 --inline --filename=big.delta big >out 2>err
assert_match err '^fallback=1 objects$'
"$PANDO" --repo=none init --mode=bare-user
fails_with 'the delta does not bring .*\.file' "$PANDO" --repo=none static-delta apply-offline big.delta
fails_with 'not in the|No such' "$PANDO" --repo=none ls "$(cat three)"
ok "fallbacks: offline they must be here"

receiver r
fails_with 'source of the delta, is not' "$PANDO" --repo=none static-delta apply-offline one.delta
fails_with "open 'nowhere'" "$PANDO" --repo=r static-delta apply-offline nowhere
fails_with 'TO revision must be specified' "$PANDO" --repo=up static-delta generate
fails_with 'Cannot specify both --empty and --from=REV' "$PANDO" --repo=up static-delta generate --empty --from=m m
fails_with 'Invalid endianness' "$PANDO" --repo=up static-delta generate --set-endianness=x m
fails_with 'exclude each other' "$PANDO" --repo=up static-delta generate --set-endianness=l --swap-endianness m
fails_with 'number of megabytes' "$PANDO" --repo=up static-delta generate --max-chunk-size=-1 m
fails_with 'PATH must be specified' "$PANDO" --repo=r static-delta apply-offline
ok "what cannot be meant"

# hurt FILE OFFSET BYTE…: overwrites bytes.
hurt () { python3 -c 'import sys
f = open(sys.argv[1], "r+b"); f.seek(int(sys.argv[2])); f.write(bytes(map(int, sys.argv[3:])))' "$@"; }
cp -a "$(dirname "$path")" bad
hurt bad/0 100 1 2 3 4
fails_with 'part 0: its bytes are not those' "$PANDO" --repo=r static-delta apply-offline bad
head -c 50 "$(dirname "$path")/0" >bad/0
fails_with 'part 0: its bytes are not those' "$PANDO" --repo=r static-delta apply-offline bad
rm bad/0
fails_with "part 0: open '0'" "$PANDO" --repo=r static-delta apply-offline bad
ln -s /etc/passwd bad/0
fails_with "part 0: open '0'" "$PANDO" --repo=r static-delta apply-offline bad
head -c 200 "$path" >bad/superblock
fails_with 'superblock: ' "$PANDO" --repo=r static-delta apply-offline bad
: >bad/superblock
fails_with 'superblock: ' "$PANDO" --repo=r static-delta apply-offline bad
fails_with 'No such|not in the' "$PANDO" --repo=r ls "$two"
ok "damaged parts and superblocks leave nothing"

# A part that is what the superblock says, and whose operations are not: the object's checksum tells.
python3 - "$path" bad <<'PY'
import hashlib, lzma, os, sys
path, bad = sys.argv[1:]
part = os.path.dirname(path) + '/0'
payload = bytearray(lzma.decompress(open(part, 'rb').read()[1:]))
at = payload.find(b'new\n')
payload[at:at + 4] = b'evil'
new = b'x' + lzma.compress(bytes(payload))
block = open(path, 'rb').read()
old = open(part, 'rb').read()
block = block.replace(hashlib.sha256(old).digest(), hashlib.sha256(new).digest())
block = block.replace(len(old).to_bytes(8, 'little'), len(new).to_bytes(8, 'little'))
os.unlink(bad + '/0')
open(bad + '/0', 'wb').write(new)
open(bad + '/superblock', 'wb').write(block)
PY
fails_with 'part 0: [0-9a-f]{64}\.file: .*checksum' "$PANDO" --repo=r static-delta apply-offline bad
fails_with 'No such|not in the' "$PANDO" --repo=r ls "$two"
# A bomb: a part that unpacks to far more than what is said of it.
python3 - "$path" bad <<'PY'
import hashlib, lzma, os, sys
path, bad = sys.argv[1:]
part = os.path.dirname(path) + '/0'
c = lzma.LZMACompressor(preset=0)
new = b'x' + b''.join(c.compress(bytes(1 << 20)) for _ in range(200)) + c.flush()
block = open(path, 'rb').read()
old = open(part, 'rb').read()
block = block.replace(hashlib.sha256(old).digest(), hashlib.sha256(new).digest())
block = block.replace(len(old).to_bytes(8, 'little'), len(new).to_bytes(8, 'little'))
open(bad + '/0', 'wb').write(new)
open(bad + '/superblock', 'wb').write(block)
PY
fails_with 'part 0: more than the' "$PANDO" --repo=r static-delta apply-offline bad
ok "hostile parts leave nothing"

export OSTREE_DUMMY_SIGN_ENABLED=1
"$PANDO" --repo=r config set core.sign-verify-deltas true
fails_with 'Key is mandatory' "$PANDO" --repo=r static-delta apply-offline one.delta
fails_with 'no signatures' "$PANDO" --repo=r static-delta apply-offline --sign-type=dummy one.delta key
"$PANDO" --repo=up static-delta generate --inline --sign-type=dummy --sign=key --filename=signed.delta m >out 2>err
fails_with 'Key is mandatory' "$PANDO" --repo=r static-delta apply-offline signed.delta
fails_with 'incorrect signatures found: 1' "$PANDO" --repo=r static-delta apply-offline --sign-type=dummy signed.delta other
fails_with 'No such|not in the' "$PANDO" --repo=r ls "$two"
cp signed.delta forged.delta
hurt forged.delta 60 1
fails_with 'superblock|incorrect signatures' "$PANDO" --repo=r static-delta apply-offline --sign-type=dummy forged.delta key
"$PANDO" --repo=r static-delta show ./signed.delta >out
assert_match out '^Signed: yes$'
"$PANDO" --repo=r static-delta apply-offline --sign-type=dummy signed.delta other key
check r
ok "a delta that must be signed, in one file"

"$PANDO" --repo=up static-delta verify --sign-type=dummy "$one-$two" key >out 2>err && fail "it is not signed"
assert_content out 'Verification fails'
assert_match err 'no signatures in static-delta'
echo key >keys
"$PANDO" --repo=up static-delta generate --sign-type=dummy --keys-file=keys m >out 2>err
assert_exists "$(dirname "$path")/superblock.sig"
"$PANDO" --repo=up static-delta verify --sign-type=dummy "$one-$two" key >out
assert_content out 'Verification OK'
"$PANDO" --repo=up static-delta verify --sign-type=dummy --keys-file=keys "$(dirname "$path")" >out
fails_with 'incorrect signatures' "$PANDO" --repo=up static-delta verify --sign-type=dummy "$one-$two" other
fails_with 'Requested signature type|not a|no signature type|known' "$PANDO" --repo=up static-delta verify --sign-type=none "$one-$two" key
ok "in the repository, signatures stand beside the superblock"

"$PANDO" --repo=up static-delta reindex
"$PANDO" --repo=up static-delta indexes >out
assert_content out "$two"
"$PANDO" --repo=up static-delta delete "$one-$two"
assert_eq "$("$PANDO" --repo=up static-delta list)" "$two"
"$PANDO" --repo=up static-delta reindex --to=m
assert_eq "$("$PANDO" --repo=up static-delta indexes)" "$two"
"$PANDO" --repo=up static-delta delete "$two"
"$PANDO" --repo=up static-delta reindex --to=m
assert_eq "$("$PANDO" --repo=up static-delta indexes)" '(No static deltas indexes)'
fails_with "Can't find delta" "$PANDO" --repo=up static-delta delete "$two"
fails_with 'Invalid rev' "$PANDO" --repo=up static-delta delete nonsense
ok "reindex, indexes, delete"
