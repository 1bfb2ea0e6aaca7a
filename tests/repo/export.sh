#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# export: a tar archive of a commit, and back.
. "$(dirname "$0")/../lib.sh"
need tar
"$PANDO" --version | grep -q -e '- libarchive' || skip_all "built without libarchive"

export OSTREE_REPO=r
make_tree tree
long=$(printf 'n%.0s' {1..200})
mkdir -p "tree/$long"
echo long >"tree/$long/$long"
head -c 3000000 /dev/urandom >tree/usr/share/large
setfattr -n user.test -v value tree/usr/bin/hello 2>/dev/null || echo "# no user attributes here"
"$PANDO" init --repo=r --mode=archive
"$PANDO" commit --fsync=no -b os/x --timestamp=@1700000000 tree >/dev/null

$PANDO export os/x >x.tar
$PANDO export os/x -o y.tar
cmp x.tar y.tar
mkdir out
tar -C out --xattrs --xattrs-include='*' -xpf x.tar
assert_same_tree tree out
assert_eq "$(stat -c %Y out/usr/bin/hello)" 1700000000
ok "what tar unpacks is the tree"

"$PANDO" commit --fsync=no -b os/back --tree=tar=x.tar >/dev/null
$PANDO show os/x | grep Content >before
$PANDO show os/back | grep Content >after
cmp before after
$PANDO export os/x --no-xattrs | tar -tvf - >list
"$PANDO" commit --fsync=no -b os/plain --no-xattrs tree >/dev/null
$PANDO export os/x --no-xattrs | "$PANDO" commit --fsync=no -b os/back --tree=tar=- >/dev/null
assert_eq "$($PANDO show os/back | grep Content)" "$($PANDO show os/plain | grep Content)"
ok "and committed, it is the same tree"

$PANDO export os/x --subpath=/usr/etc | tar -tf - >list
printf '%s\n' ./ a.conf conf.d/ conf.d/b.conf >expected
cmp list expected
$PANDO export os/x --format=tar --subpath=usr/etc --prefix=top/ | tar -tf - >list
printf '%s\n' top/ top/a.conf top/conf.d/ top/conf.d/b.conf >expected
cmp list expected
ok "parts and prefixes"

fails_with 'A COMMIT argument is required' "$PANDO" export
fails_with "Refspec 'nope' not found" "$PANDO" export nope -o nope.tar
fails_with 'No such file or directory: /nope' "$PANDO" export os/x --subpath=/nope -o nope.tar
fails_with 'Not a directory: /usr/bin/hello' "$PANDO" export os/x --subpath=/usr/bin/hello -o nope.tar
fails_with "unknown format 'zip': there is tar" "$PANDO" export os/x --format=zip -o nope.tar
fails_with "create 'nope/x.tar': No such file" "$PANDO" export os/x -o nope/x.tar
assert_missing nope.tar
fails_with 'No space left on device' sh -c "$PANDO export os/x >/dev/full"
object=$(find r/objects -name '*.filez' -size +1M)
rm "$object"
fails_with "'usr': 'share': 'large': .*" "$PANDO" export os/x -o part.tar
assert_missing part.tar
ok "errors leave no half archive"
