#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# fsck.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
make_tree tree
$PANDO init --repo=r --mode=bare-user
$PANDO commit -b x --timestamp=@1 tree >/dev/null
echo changed >tree/usr/bin/hello
$PANDO commit -b x --timestamp=@2 tree >/dev/null
$PANDO fsck >out 2>err
cat >expected <<'END'
Validating refs...
Validating refs in collections...
Enumerating commits...
Verifying content integrity of 2 commit objects...
object fsck of 2 commits completed successfully - no errors found.
END
diff expected out
assert_content err ""
assert_eq "$($PANDO fsck -q)" "$(tail -1 expected)"
ok "a sound repository"

object=$($PANDO ls -C x /usr/share/numbers | awk '{ print $5 }')
path=r/objects/${object:0:2}/${object:2}.file
cp -a "$path" saved
echo more >>"$path"
fails_with "$object" "$PANDO" fsck
fails_with 'Repository corruption encountered' "$PANDO" fsck -a
assert_match .err "$object"
cp -a saved "$path"
$PANDO fsck >/dev/null
ok "a corrupt object is named"

rm "$path"
fails_with "Object missing.*$object.file" "$PANDO" fsck
fails_with 'partial commits from fsck-detected corruption' "$PANDO" fsck
ok "a missing object is named, and its commit is partial from then on"

rm -rf r
$PANDO init --repo=r --mode=bare-user
first=$($PANDO commit -b x --timestamp=@1 tree)
echo more >tree/more
second=$($PANDO commit -b x --timestamp=@2 tree)
object=$($PANDO ls -C x /more | awk '{ print $5 }')
echo junk >>"r/objects/${object:0:2}/${object:2}.file"
fails_with "In commits $second: fsck content object $object" "$PANDO" fsck --delete
assert_match .err "Marking commit as partial: $second" 'Repository corruption encountered'
assert_missing "r/objects/${object:0:2}/${object:2}.file"
assert_content "r/state/$second.commitpartial" f
fails_with '1 partial commits from fsck-detected corruption' "$PANDO" fsck
assert_match .out '^Verifying content integrity of 1 commit objects...$'
ok "--delete"

$PANDO refs --create=y "$first"
fails_with "ref 'y'.*binding" "$PANDO" fsck --verify-bindings
$PANDO refs --delete y
$PANDO refs --delete x
fails_with "Ref .*x.* in bindings for commit .* does not exist" "$PANDO" fsck --verify-back-refs
ok "bindings"

rm -rf r
$PANDO init --repo=r --mode=archive
$PANDO commit -b x --timestamp=@1 tree >first
$PANDO commit -b x --timestamp=@2 tree >/dev/null
$PANDO prune --refs-only --depth=0 >/dev/null
$PANDO fsck --add-tombstones >out
assert_match out "^Adding tombstone for commit $(cat first)$"
assert_match r/config '^tombstone-commits=true$'
first=$(cat first)
echo junk >"r/objects/${first:0:2}/${first:2}.tombstone-commit"
fails_with "fsck $first.tombstone-commit: it is not a dictionary" "$PANDO" fsck
rm "r/objects/${first:0:2}/${first:2}.tombstone-commit"
ok "tombstones"

fails_with 'too many arguments' "$PANDO" fsck word
fails_with 'r2.*No such file or directory' "$PANDO" fsck --repo=r2
ok "errors"
