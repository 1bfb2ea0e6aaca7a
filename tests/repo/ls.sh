#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# ls and cat: looking into commits.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
mkdir -p tree/sub
echo hi >tree/a
echo bbb >tree/sub/b
ln -s a tree/l
chmod 4755 tree/a
chmod 644 tree/sub/b
$PANDO init --repo=r --mode=archive
$PANDO commit -b x --owner-uid=5 --owner-gid=0 --no-xattrs tree >/dev/null
cat >expected <<'END'
d00755 5 0      0 /
-04755 5 0      3 /a
l00777 5 0      0 /l -> a
d00755 5 0      0 /sub
END
$PANDO ls x >out
diff expected out
echo '-00644 5 0      4 /sub/b' >>expected
$PANDO ls -R x >out
diff expected out
ok "lines, one level and all"

assert_eq "$($PANDO ls -d x /sub)" 'd00755 5 0      0 /sub'
assert_eq "$($PANDO ls x sub/b)" '-00644 5 0      4 /sub/b'
$PANDO ls -C x >out
assert_match out '^d.* [0-9a-f]{64} [0-9a-f]{64} /$' '^-.* [0-9a-f]{64} /a$'
$PANDO ls -X x /a >out
assert_match out ' \{ @a\(ayay\) \[\] \} /a$'
assert_eq "$($PANDO ls -R --nul-filenames-only x | tr '\0' ' ')" '/ /a /l /sub /sub/b '
ok "single paths, checksums, attributes, names alone"

$PANDO ls -R --json x >out
assert_match out '"path" : "/sub/b"' '"target" : "a"' '"size" : 4' '"type" : "directory"'
ok "JSON"

assert_eq "$($PANDO cat x /a sub/b)" "hi
bbb"
ok "cat prints one file after the other"

mkdir links
cp -r tree links/usr
ln -s usr/l links/one
ln -s ../../../one links/usr/sub/two
ln -s /usr/sub/two links/three
ln -s loop links/loop
ln -s usr links/dir
$PANDO commit -b links links >/dev/null
assert_eq "$($PANDO cat links one /usr/sub/two /three)" "hi
hi
hi"
fails_with 'too many symbolic links' "$PANDO" cat links /loop
fails_with "Can't open directory '/usr'" "$PANDO" cat links /dir
fails_with "'/dir/a': Not a directory" "$PANDO" cat links /dir/a
ok "cat follows links within the commit"

fails_with "'/nope': No such file or directory" "$PANDO" ls x /nope
fails_with "'/a/b': Not a directory" "$PANDO" ls x /a/b
fails_with "Refspec 'nope' not found" "$PANDO" ls nope
fails_with 'COMMIT must be specified; usage: pando ls' "$PANDO" ls
fails_with '/nope' "$PANDO" cat x /nope
fails_with "Can't open directory '/sub'" "$PANDO" cat x /sub
fails_with 'A COMMIT and at least one PATH' "$PANDO" cat x
fails_with 'r2.*No such file or directory' "$PANDO" ls --repo=r2 x
ok "errors name the path"
