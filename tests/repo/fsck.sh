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

fails_with 'too many arguments' "$PANDO" fsck word
fails_with 'r2.*No such file or directory' "$PANDO" fsck --repo=r2
ok "errors"
