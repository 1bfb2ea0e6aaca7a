#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# diff: two commits, a commit and a directory, two directories.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
$PANDO init --repo=r --mode=bare-user
mkdir -p tree/same/deep tree/old tree/turns
echo 1 >tree/file
echo 1 >tree/same/deep/file
echo 1 >tree/old/gone
ln -s file tree/link
$PANDO commit -b x tree >/dev/null
echo 2 >tree/file
ln -sfn other tree/link
rm -r tree/old tree/turns
echo now-a-file >tree/turns
mkdir -p tree/new/sub
echo 1 >tree/new/sub/file
chmod 700 tree/same
$PANDO commit -b x tree >/dev/null

$PANDO diff x >out
cat >expected <<'EOF'
M    /file
M    /link
M    /same
M    /turns
D    /old
A    /new
A    /new/sub
A    /new/sub/file
EOF
sort -k 1,1 -k 2 out >out.sorted
sort -k 1,1 -k 2 expected >expected.sorted
cmp expected.sorted out.sorted
assert_eq "$(cut -c 1 out | uniq | tr -d '\n')" MDA
$PANDO diff 'x^' x | cmp - out
assert_eq "$($PANDO diff x x)" ""
ok "a commit and its parent"

assert_eq "$($PANDO diff x ./tree)" ""
echo 3 >tree/file
mkdir tree/more
touch tree/more/a
assert_eq "$($PANDO diff x ./tree)" "M    /file
A    more
A    more/a"
assert_eq "$($PANDO diff "$PWD/tree" x)" "M    file
D    more"
ln -s tree link-to-tree
assert_eq "$($PANDO diff ./link-to-tree ./tree)" ""
ok "directories"

mkdir a b
touch a/f b/f
if setfattr -n user.one -v 1 b/f 2>/dev/null; then
  assert_eq "$($PANDO diff ./a ./b)" "M    f"
  assert_eq "$($PANDO diff --no-xattrs ./a ./b)" ""
else
  echo "# no extended attributes here"
fi
rm b/f && touch b/f
$PANDO commit -b owned --owner-uid=5 --owner-gid=6 a >/dev/null
assert_eq "$($PANDO diff --owner-uid=5 --owner-gid=6 owned ./b)" ""
assert_eq "$($PANDO diff owned ./b)" "M    /f"
ok "owners and extended attributes"

$PANDO diff --stats 'x^' x >out
assert_match out '^\[A\] Object Count: [0-9]+$' '^\[B\] Object Count: [0-9]+$' '^Common Object Count: [1-9]' \
  '^Common Object Size: [0-9.]+ '
assert_no_match out '^[MDA] '
$PANDO diff --stats --fs-diff x >out
assert_match out '^M    /file' '^Common'
fails_with "--stats is about two commits, and './tree' is a directory" "$PANDO" diff --stats x ./tree
# Counted by hand: the objects that each names.
objects_of () { $PANDO ls -R -C "$1" | grep -oE '[0-9a-f]{64}' | sort -u >"$2"; $PANDO rev-parse "$1" >>"$2"; sort -u -o "$2" "$2"; }
objects_of 'x^' a.list
objects_of x b.list
$PANDO diff --stats 'x^' x >out
assert_match out "^\[A\] Object Count: $(wc -l <a.list)\$" "^\[B\] Object Count: $(wc -l <b.list)\$" \
  "^Common Object Count: $(comm -12 a.list b.list | wc -l)\$"
$PANDO diff --stats x x >out
assert_match out "^Common Object Count: $(wc -l <b.list)\$"
ok "what they share"

$PANDO diff --json --stats --fs-diff x >out
if command -v jq >/dev/null; then
  assert_eq "$(jq -r '.changes[] | select(.change == "deleted") | .path' out)" old
  assert_eq "$(jq '.stats."objects-a" > 0' out)" true
fi
assert_match out '"change" ?: ?"added"'
ok "JSON"

fails_with 'REV must be specified; usage: pando diff' "$PANDO" diff
fails_with "Refspec 'nope' not found" "$PANDO" diff x nope
mkdir zoo # no beginning of a checksum
fails_with "'zoo' is taken for a revision; the directory is './zoo': Refspec 'zoo' not found" "$PANDO" diff x zoo
fails_with 'has no parent' "$PANDO" diff 'x^'
fails_with "open directory './nope'" "$PANDO" diff x ./nope
mkfifo a/f2 b/f2
fails_with "'f2' is neither a file" "$PANDO" diff ./a ./b
ok "errors"
