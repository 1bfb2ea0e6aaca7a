#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Repositories of mode bare-split-xattrs: read always, written when the environment says so.
. "$(dirname "$0")/../lib.sh"
need_root
need setfattr

make_tree tree
setfattr -n user.one -v 1 tree/usr/bin/hello || skip_all "no user attributes here"
setfattr -n user.one -v 1 tree/usr/share/numbers
setfattr -n user.two -v 2 tree/usr/share/zeros
chown 7:8 tree/usr/share/zeros
"$PANDO" --repo=bare init --mode=bare
"$PANDO" --repo=bare commit -b os/x --timestamp=@5 tree >rev

"$PANDO" --repo=split init --mode=bare-split-xattrs
assert_eq "$("$PANDO" --repo=split config get core.mode)" bare-split-xattrs
"$PANDO" --repo=split fsck >out
fails_with 'Not allowed to write .* OSTREE_EXP_WRITE_BARE_SPLIT_XATTRS' "$PANDO" --repo=split commit -b os/x tree
fails_with 'Not allowed to write' "$PANDO" --repo=split pull-local bare
assert_eq "$(find split/objects split/tmp -type f | wc -l)" 0
ok "nothing is written without the variable"

export OSTREE_EXP_WRITE_BARE_SPLIT_XATTRS=1
assert_eq "$("$PANDO" --repo=split commit -b os/x --timestamp=@5 tree)" "$(cat rev)"
"$PANDO" --repo=split fsck >out
"$PANDO" --repo=pulled init --mode=bare-split-xattrs
"$PANDO" --repo=pulled pull-local bare >out
"$PANDO" --repo=pulled fsck >out
for repo in split pulled; do
  find $repo/objects -type f -printf '%P %m %U:%G\n' | sort >files-$repo
done
cmp files-split files-pulled
# No attributes on inodes; one file for each set of them.
assert_eq "$(getfattr -R -d -m 'user\.' split/objects 2>/dev/null)" ''
assert_eq "$(find split/objects -name '*.file-xattrs' | wc -l)" 3
assert_eq "$(find split/objects -name '*.file' | wc -l)" "$(find split/objects -name '*.file-xattrs-link' | wc -l)"
ok "commit and pull write the same"
unset OSTREE_EXP_WRITE_BARE_SPLIT_XATTRS

"$PANDO" --repo=split ls -X os/x /usr/share/zeros >out
assert_match out "^-00644 7 8 100000 \{ \[\(b'user.two', \[byte 0x32\]\)\] \} /usr/share/zeros$"
"$PANDO" --repo=split checkout os/x by-split
"$PANDO" --repo=bare checkout os/x by-bare
assert_same_tree by-split by-bare
for mode in bare bare-user archive; do
  "$PANDO" --repo=to-$mode init --mode=$mode
  "$PANDO" --repo=to-$mode pull-local split os/x >out
  "$PANDO" --repo=to-$mode fsck >out
  assert_eq "$("$PANDO" --repo=to-$mode rev-parse os/x)" "$(cat rev)"
done
ok "ls, checkout, and pulls from it"

# A list of attributes that is damaged or missing is found, told by name, and repaired.
hex=$("$PANDO" --repo=split ls -C os/x /usr/share/zeros | awk '{ print $5 }')
link=split/objects/${hex:0:2}/${hex:2}.file-xattrs-link
list=$(find split/objects -name '*.file-xattrs' -samefile "$link")
cp -a split damaged
printf 'x' | dd of="${list/split/damaged}" conv=notrunc status=none
# cp -a keeps links between what it copies.
fails_with "$(basename "$list" .file-xattrs).*Corrupted file-xattrs object|$hex" "$PANDO" --repo=damaged fsck
export OSTREE_EXP_WRITE_BARE_SPLIT_XATTRS=1
"$PANDO" --repo=damaged fsck --repair --from=bare >out
assert_match out "Repaired $hex.file"
"$PANDO" --repo=damaged fsck >out
rm "${link/split/damaged}"
fails_with "attributes .* are missing" "$PANDO" --repo=damaged fsck
"$PANDO" --repo=damaged fsck --repair --from=bare >out
"$PANDO" --repo=damaged fsck >out
"$PANDO" --repo=damaged ls -X os/x /usr/share/zeros >out
assert_match out 'user.two'
ok "damage is found and repaired"

# What nothing needs goes, and a file that is needed keeps its list.
rm tree/usr/share/zeros
"$PANDO" --repo=split commit -b os/x --timestamp=@6 --parent=none tree >out
"$PANDO" --repo=split prune --refs-only >out
assert_missing "$link" "split/objects/${hex:0:2}/${hex:2}.file"
"$PANDO" --repo=split prune --refs-only >out
assert_missing "$list"
assert_eq "$(find split/objects -name '*.file' | wc -l)" "$(find split/objects -name '*.file-xattrs-link' | wc -l)"
"$PANDO" --repo=split fsck >out
ok "prune"
