#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# checkout: the tree comes back, in user mode and beside other trees.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
make_tree tree
$PANDO init --repo=r --mode=bare-user
$PANDO commit -b os/x tree >/dev/null
$PANDO checkout -U os/x out >log 2>&1
assert_content log ""
assert_eq "$(cat out/usr/bin/hello)" hello
assert_eq "$(readlink out/usr/bin/hi)" hello
cmp tree/usr/share/numbers out/usr/share/numbers
assert_eq "$(stat -c %Y out/usr)" 0
ok "the tree comes back, in silence"

object=$(stat -c %h out/usr/share/numbers)
[ "$object" -gt 1 ] || fail "a checkout in user mode should hard-link"
$PANDO checkout -U -C os/x copy
assert_eq "$(stat -c %h copy/usr/share/numbers)" 1
$PANDO checkout -U -H os/x linked
fails_with 'hard-?link' "$PANDO" checkout -H os/x linked-2
fails_with 'Cannot specify both --require-hardlinks and --force-copy' "$PANDO" checkout -H -C os/x both
if [ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d .)" ]; then
  fails_with 'Unable to do hardlink checkout across devices' "$PANDO" checkout -U -H os/x "/dev/shm/pando-test.$$"
  assert_missing "/dev/shm/pando-test.$$"
fi
ok "hard links where they may be, copies where they are asked for"

if [ "$(id -u)" = 0 ]; then
  $PANDO checkout os/x full
  assert_same_tree tree full
  ok "owners, modes and links are those that were committed"
else
  skip "owners" "needs root"
fi

$PANDO checkout -U --subpath=/usr/etc os/x etc
assert_content etc/a.conf 'a = 1'
fails_with '/nope' "$PANDO" checkout -U --subpath=/nope os/x none
$PANDO checkout -U --subpath=/nope --allow-noent os/x none
assert_missing none
ok "a part of it"

fails_with "'out'.*File exists" "$PANDO" checkout -U os/x out
rm out/usr/bin/hello
echo other >out/usr/bin/hello
echo mine >out/mine
$PANDO checkout -U --union-add os/x out
assert_content out/usr/bin/hello other
$PANDO checkout -U --union os/x out
assert_content out/usr/bin/hello hello
assert_content out/mine mine
ok "into a tree that is there"

$PANDO checkout -U -H --union-identical os/x out
rm out/usr/bin/hello
echo other >out/usr/bin/hello
fails_with "bin.*'hello': another file is there" "$PANDO" checkout -U -H --union-identical os/x out
fails_with '--union-identical requires --require-hardlinks' "$PANDO" checkout -U --union-identical os/x out
fails_with 'Cannot specify both --union and --union-add' "$PANDO" checkout --union --union-add os/x out
ok "a tree that must be the same"

mkdir -p equal/usr/bin
cp -p tree/usr/bin/hello equal/usr/bin/hello
chmod --reference=tree/usr/bin equal/usr/bin
$PANDO checkout -U -H --union-identical --subpath=/usr/bin os/x equal/usr/bin
assert_exists equal/usr/bin/hi
chmod 600 equal/usr/bin/hello
fails_with "another file is there" "$PANDO" checkout -U -H --union-identical --subpath=/usr/bin os/x equal/usr/bin
ok "a file that is no link, and is the same"

printf '%s\n' /usr/bin/hello /usr/share/ /usr/etc/conf.d /nowhere >skip
$PANDO checkout -U --skip-list=skip os/x skipped
assert_missing skipped/usr/bin/hello skipped/usr/share skipped/usr/etc/conf.d
assert_exists skipped/usr/bin/hi skipped/usr/etc/a.conf
printf '/hello\n' >skip
$PANDO checkout -U --skip-list=skip --subpath=/usr/bin os/x skipped-2
assert_missing skipped-2/hello
assert_exists skipped-2/hi
fails_with 'no-list' "$PANDO" checkout -U --skip-list=no-list os/x skipped-3
ok "paths that are left out"

printf '%s\0' os/x /usr/bin os/x /usr/etc >list
$PANDO checkout -U --union --from-file=list many
assert_exists many/hello many/a.conf
printf 'os/x\0/usr/bin\0os/x\0/usr/etc' | $PANDO checkout -U --union --from-stdin many-2
assert_exists many-2/hello many-2/a.conf
fails_with 'File exists' "$PANDO" checkout -U --from-file=list many-3
printf 'os/x\0/usr/bin\0os/x\0' >half
fails_with 'the last COMMIT has no path' "$PANDO" checkout -U --union --from-file=half many-4
fails_with 'DESTINATION must be specified' "$PANDO" checkout -U --from-file=list
fails_with 'Cannot specify both --from-stdin and --from-file' "$PANDO" checkout -U --from-file=list --from-stdin x
ok "many into one"

chmod 2777 tree/usr/share/empty
$PANDO commit -b os/modes tree >/dev/null
chmod 755 tree/usr/share/empty
$PANDO checkout -U -M os/modes plain
assert_mode plain/usr/share/empty 775
ok "plain modes of directories"

mkdir -p layer/usr/etc layer/usr/share/new.d
touch layer/usr/bin.tmp layer/usr/etc/.wh..wh..opq layer/usr/.wh.bin layer/usr/etc/.wh.b
echo b >layer/usr/etc/b
echo replaced >layer/usr/share/empty
ln -s target layer/usr/.wh.link
$PANDO commit -b os/layer layer >/dev/null
$PANDO checkout -U os/x over
touch over/usr/share/new.d
mkdir -p outside/kept
ln -s ../../outside over/usr/etc/link
$PANDO checkout -U --union --whiteouts os/layer over
assert_missing over/usr/bin over/usr/etc/a.conf over/usr/.wh.bin over/usr/etc/link
assert_content over/usr/etc/b b
assert_content over/usr/share/empty replaced
[ -d over/usr/share/new.d ] || fail "a directory should have replaced the file"
assert_eq "$(readlink over/usr/.wh.link)" target
assert_exists over/usr/share/numbers outside/kept
$PANDO checkout -U os/layer plain-layer
assert_exists plain-layer/usr/.wh.bin plain-layer/usr/etc/.wh..wh..opq
touch bad.wh && mkdir bad && touch bad/.wh... bad/.wh.
$PANDO commit -b os/bad bad >/dev/null
fails_with "whiteout '.wh.(..)?' names no file" "$PANDO" checkout -U --whiteouts os/bad bad-out
ok "whiteouts of container images"

if [ "$(id -u)" = 0 ]; then
  mkdir devices
  touch devices/.ostree-wh.gone
  $PANDO commit -b os/devices devices >/dev/null
  $PANDO checkout --process-passthrough-whiteouts os/devices devices-out
  assert_eq "$(stat -c '%F %t:%T' devices-out/gone)" 'character special file 0:0'
  $PANDO checkout --union --process-passthrough-whiteouts os/devices devices-out
  rm devices-out/gone
  touch devices-out/gone
  $PANDO checkout --union-add --process-passthrough-whiteouts os/devices devices-out
  assert_eq "$(stat -c '%F' devices-out/gone)" 'regular empty file'
  $PANDO checkout --union --process-passthrough-whiteouts os/devices devices-out
  assert_eq "$(stat -c '%F %t:%T' devices-out/gone)" 'character special file 0:0'
  ok "whiteouts of overlayfs"
else
  skip "whiteouts of overlayfs" "needs root"
fi

$PANDO init --repo=ar --mode=archive
$PANDO commit --repo=ar -b os/x tree >/dev/null
cache=ar/uncompressed-objects-cache
entries () {
  find "$cache" -type f -printf "${1:-%P}\n" 2>/dev/null | sort
}
$PANDO checkout --repo=ar -U --disable-cache os/x c0
assert_eq "$(entries)" ""
# Of two files of one content that are unpacked side by side, one gets into the cache: the first checkout may have the
# other, all later ones share.
$PANDO checkout --repo=ar -U os/x c1
$PANDO checkout --repo=ar -U os/x c2
$PANDO checkout --repo=ar -U os/x c2-too
assert_eq "$(stat -c %i c2/usr/bin/hello)" "$(stat -c %i c2-too/usr/bin/hello)"
cmp tree/usr/share/numbers c2/usr/share/numbers
[ "$(entries %n | head -n 1)" -ge 3 ] || fail "an entry of the cache has too few links"
# A user writes to his file; the next checkout is not fooled.
echo changed >>c2/usr/bin/hello
truncate -s 0 c2/usr/share/numbers
touch -d @0 c2/usr/share/numbers
$PANDO checkout --repo=ar -U os/x c3
cmp tree/usr/bin/hello c3/usr/bin/hello
cmp tree/usr/share/numbers c3/usr/share/numbers
$PANDO checkout --repo=ar -U os/x c4
$PANDO checkout --repo=ar -U os/x c4-too
assert_eq "$(stat -c %i c4/usr/bin/hello)" "$(stat -c %i c4-too/usr/bin/hello)"
$PANDO checkout --repo=ar -U -C os/x c5
assert_eq "$(stat -c %h c5/usr/bin/hello)" 1
rm -r c1 c2 c2-too c3 c4 c4-too
$PANDO prune --repo=ar --no-prune >/dev/null
assert_ne "$(entries)" ""
$PANDO prune --repo=ar >/dev/null
assert_eq "$(entries)" ""
$PANDO config --repo=ar set core.enable-uncompressed-cache false
$PANDO checkout --repo=ar -U os/x c6
assert_eq "$(entries)" ""
ok "the cache of unpacked files"

fails_with 'composefs: composefs is not built in' "$PANDO" checkout --composefs os/x image
fails_with 'composefs-noverity: composefs is not built in' "$PANDO" checkout --composefs-noverity os/x image
assert_missing image
fails_with "Refspec 'nope' not found" "$PANDO" checkout nope
fails_with 'COMMIT must be specified; usage: pando checkout' "$PANDO" checkout
fails_with "DESTINATION must be specified: without it the tree goes to 'os/x', and there is no directory 'os'" "$PANDO" checkout os/x
fails_with 'No such file or directory' "$PANDO" checkout -U os/x no/such/place
fails_with 'Invalid boolean argument .perhaps.' "$PANDO" checkout --fsync=perhaps os/x out2
ok "errors"
