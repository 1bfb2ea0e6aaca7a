#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# export: a tar archive of a commit, compressed or not, and back.
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

for method in none gzip xz zstd; do
  $PANDO export os/x --compress=$method -o packed.bz2
  $PANDO export os/x --compress=$method >piped
  cmp packed.bz2 piped
  "$PANDO" commit --fsync=no -b os/back --tree=tar=piped >/dev/null
  $PANDO show os/back | grep Content >after
  cmp before after
  case $method in
    none) cmp piped x.tar ;;
    zstd) ! command -v zstd >/dev/null || zstd -dc <piped | cmp - x-body.tar ;;
    *) $method -dc <piped >x-body.tar 2>err; assert_content err "" ;;
  esac
done
for name in x.tar.gz x.tgz x.tar.xz x.tar.zst x.TAR; do $PANDO export os/x -o $name; done
cmp x.TAR x.tar
cmp x.tgz x.tar.gz
assert_eq "$(head -c 4 x.tar.gz | od -An -tx1)" " 1f 8b 08 00"
assert_eq "$(head -c 6 x.tar.xz | od -An -tx1)" " fd 37 7a 58 5a 00"
assert_eq "$(head -c 4 x.tar.zst | od -An -tx1)" " 28 b5 2f fd"
fails_with "'x.tar.bz2' promises a compression that is not written: use .gz, .xz or .zst" "$PANDO" export os/x -o x.tar.bz2
fails_with "unknown compression 'lzip': there are none, gzip, xz, zstd" "$PANDO" export os/x --compress=lzip -o x.tar
assert_missing x.tar.bz2
ok "compressed, as the option or the name says"

umask 027
echo old >z.tar
chmod 600 z.tar
$PANDO export os/x -o z.tar
cmp z.tar x.tar
assert_mode z.tar 640
umask 022
mkfifo pipe
cat pipe >from-pipe &
$PANDO export os/x -o pipe
wait $!
cmp from-pipe x.tar
assert_eq "$(find . -maxdepth 1 -name 'z.tar.*' -o -maxdepth 1 -name 'pipe.*')" ""
ok "a file is replaced, and a pipe is written to"

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
fails_with "unknown format 'zip': there are tar, ext4" "$PANDO" export os/x --format=zip -o nope.tar
fails_with "create 'nope/x.tar': No such file" "$PANDO" export os/x -o nope/x.tar
assert_missing nope.tar
fails_with 'No space left on device' sh -c "$PANDO export os/x >/dev/full"
object=$(find r/objects -name '*.filez' -size +1M)
rm "$object"
fails_with "'usr': 'share': 'large': .*" "$PANDO" export os/x -o part.tar
assert_missing part.tar part.tar.*
echo old >part.tar
fails_with "'usr': 'share': 'large': .*" "$PANDO" export os/x -o part.tar
assert_content part.tar old
ok "errors leave no half archive"
