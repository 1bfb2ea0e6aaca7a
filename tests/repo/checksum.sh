#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# checksum: the name that a commit gives to a file.
. "$(dirname "$0")/../lib.sh"

make_tree tree
$PANDO init --repo=r --mode=bare-user
$PANDO --repo=r commit -b x tree >/dev/null
for path in usr/bin/hello usr/bin/su usr/share/zero usr/share/numbers usr/dangling; do
  $PANDO --repo=r ls -C x "/$path" >out
  assert_match out " $($PANDO checksum "tree/$path") "
done
ok "of files and links"

$PANDO --repo=r ls -C -d x /usr/share/sticky >out
assert_match out " $($PANDO checksum tree/usr/share/sticky) /"
ok "of a directory that of its metadata"

plain=$($PANDO checksum tree/usr/bin/hello)
if setfattr -n user.test -v value tree/usr/bin/hello 2>/dev/null; then
  assert_ne "$($PANDO checksum tree/usr/bin/hello)" "$plain"
  assert_eq "$($PANDO checksum --ignore-xattrs tree/usr/bin/hello)" "$plain"
  ok "extended attributes count, or do not"
else
  skip "extended attributes" "the file system has none"
fi

mkfifo pipe
fails_with "'nope': No such file or directory" "$PANDO" checksum nope
fails_with "'pipe' is neither" "$PANDO" checksum pipe
fails_with 'A filename must be given; usage: pando checksum' "$PANDO" checksum
ok "errors"
