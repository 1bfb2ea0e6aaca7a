#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# export --format=ext4: the image is whole, is the same each time, and committed gives the same tree.
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin:/sbin
need e2fsck debugfs dumpe2fs
"$PANDO" --version | grep -q -e '- libext2fs' || skip_all "built without libext2fs"
export OSTREE_REPO=r
"$PANDO" init --repo=r --mode=archive

make_tree tree
ln -s "$(printf 'x%.0s' {1..59})" tree/usr/fast
ln -s "$(printf 'x%.0s' {1..60})" tree/usr/slow
ln -s "$(printf 'long/%.0s' {1..800})end" tree/usr/slower
truncate -s 2M tree/usr/share/sparse
echo end >>tree/usr/share/sparse
truncate -s 1M tree/usr/share/hole
head -c 3000000 /dev/urandom >tree/usr/share/large
head -c 4096 /dev/urandom >tree/usr/share/block
# Every second block is a hole: more extents than an inode has room for.
for ((i = 0; i < 20; i++)); do printf x | dd of=tree/usr/share/holes bs=4096 seek=$((i * 2)) conv=notrunc status=none; done
mkdir -p "tree/usr/$(printf 'n%.0s' {1..255})" tree/usr/share/deep/1/2/3/4/5/6/7/8/9
chmod 2755 tree/usr/share/empty
setfattr -n user.small -v value tree/usr/bin/hello 2>/dev/null || echo "# no user attributes here"
setfattr -n user.large -v "$(printf 'v%.0s' {1..2000})" tree/usr/share/empty 2>/dev/null || true
setfattr -n user.a -v "$(printf 'v%.0s' {1..50})" tree/usr/bin/su 2>/dev/null || true
setfattr -n user.b -v "$(printf 'v%.0s' {1..50})" tree/usr/bin/su 2>/dev/null || true
if [ "$(id -u)" = 0 ]; then
  chown 3000000:4000000 tree/usr/share/numbers
  chown -h 70000:70001 tree/usr/fast
  chown 12:34 tree/var
  setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 tree/usr/share/zero 2>/dev/null ||
    echo "# no file capabilities here"
  if command -v setfacl >/dev/null; then setfacl -m u:5:rw,d:u:6:rx tree/usr/etc; fi
fi

commit () { "$PANDO" commit --fsync=no -b os/x --parent=none --timestamp=@1700000000 "$@"; }
export_ext4 () { "$PANDO" export --format=ext4 "$@"; }
# whole IMAGE: the file system is without fault.
whole () { e2fsck -fn "$1" >fsck.out 2>&1 || fail "$1: $(cat fsck.out)"; assert_no_match fsck.out '<y>|\? no'; }
# back IMAGE COMMIT: committed, it is the same tree.
back () {
  "$PANDO" commit --fsync=no --orphan --timestamp=@1700000000 --no-bindings --tree=ext4="$1" >back.commit
  "$PANDO" commit --fsync=no --orphan --timestamp=@1700000000 --no-bindings --tree=ref="$2" >ref.commit
  cmp back.commit ref.commit
}

commit tree >/dev/null
export_ext4 os/x -o x.img
whole x.img
back x.img os/x
ok "the image is whole, and its tree that of the commit"

export_ext4 os/x -o again.img
cmp x.img again.img
"$PANDO" init --repo=user --mode=bare-user
"$PANDO" pull-local --repo=user r os/x >/dev/null
E2FSPROGS_FAKE_TIME=5 "$PANDO" export --repo=user --format=ext4 os/x -o user.img
cmp x.img user.img
dumpe2fs -h x.img >super 2>/dev/null
assert_match super '^Filesystem created: +Tue Nov 14 22:13:20 2023' '^Last write time: +Tue Nov 14 22:13:20 2023' '^Filesystem state: +clean' \
  '^Block size: +4096' '^Filesystem features: .*metadata_csum'
hex=$("$PANDO" rev-parse os/x)
uuid=$(sed -n 's/^Filesystem UUID: *//p' super | tr -d -)
assert_eq "${uuid:0:12}${uuid:13:3}${uuid:17}" "${hex:0:12}${hex:13:3}${hex:17:15}" "the UUID is of the commit"
debugfs -R 'ls -p /' x.img 2>/dev/null >list
assert_no_match list 'lost\+found'
debugfs -R 'stat /usr/bin/su' x.img 2>/dev/null >stat
assert_match stat 'Mode: +04755' 'Flags: 0x80000' 'mtime: 0x6553f100:00000000' 'crtime: 0x6553f100:00000000'
ok "it is the same image each time, with the identity and time of the commit"

used=$(($(stat -c %b x.img) * 512))
[ "$used" -lt 5500000 ] || fail "$used bytes on disk"
[ "$(stat -c %s x.img)" -lt 8000000 ] || fail "$(stat -c %s x.img) bytes"
export_ext4 os/x --size=32M -o big.img
assert_eq "$(stat -c %s big.img)" $((32 << 20))
whole big.img
back big.img os/x
dumpe2fs -h big.img >super 2>/dev/null
assert_match super '^Filesystem features: .*has_journal' '^Inode count: +2048'
export_ext4 os/x --size=20000001 -o odd.img
whole odd.img
assert_eq "$(stat -c %s odd.img)" 20000001
[ "$(($(stat -c %b big.img) * 512))" -lt 6000000 ] || fail "the large image is not sparse"
fails_with 'write .small.img.: the tree does not fit into 2097152 bytes; an image for it has about [0-9]+' \
  "$PANDO" export --format=ext4 os/x --size=2M -o small.img
fit=$(sed -n 's/.*has about //p' .err)
export_ext4 os/x --size="$fit" -o small.img
whole small.img
for size in 0 -1 12X M 1.5M 99999999999999999999; do
  fails_with "Invalid size '$size' of --size" "$PANDO" export --format=ext4 os/x --size=$size -o no.img
done
fails_with 'does not fit into 1 bytes' "$PANDO" export --format=ext4 os/x --size=1 -o no.img
assert_missing no.img
ok "it fits, or has the size that was asked for"

export_ext4 os/x --subpath=/usr/etc --no-xattrs -o part.img
whole part.img
debugfs -R 'ls -p /' part.img 2>/dev/null >list
assert_match list '/a.conf/' '/conf.d/'
mkdir empty
commit empty >/dev/null
export_ext4 os/x -o empty.img
whole empty.img
back empty.img os/x
for time in 0 1 2200000000 4294967297 17000000000 99999999999; do
  "$PANDO" commit --fsync=no -b os/time --parent=none --timestamp=@$time tree >/dev/null
  export_ext4 os/time -o time.img
  export_ext4 os/time -o again.img
  cmp time.img again.img
  debugfs -R 'stat /usr' time.img 2>/dev/null >stat
  # e2fsck compares the super block with today.
  case $time in 0 | 1) whole time.img ;; esac
done
ok "parts, nothing at all, and all times"

mkdir -p many/plain many/indexed many/nodes many/long many/dirs
for ((i = 0; i < 60; i++)); do : >many/plain/file-$i; done
(cd many/indexed && seq -f 'a-file-%g' 1 5000 | xargs touch)
(cd many/nodes && seq -f 'a-file-with-a-name-of-some-length-so-that-an-index-of-two-levels-is-needed-%g' 1 30000 | xargs touch)
(cd many/long && seq -f "$(printf 'l%.0s' {1..240})%g" 1 300 | xargs touch)
(cd many/dirs && seq -f 'd%g' 1 700 | xargs mkdir)
commit many >/dev/null
export_ext4 os/x -o many.img
whole many.img
back many.img os/x
debugfs -R 'htree_dump /nodes' many.img 2>/dev/null | head -n 3 >htree
assert_match htree 'Root node dump'
debugfs -R 'stat /indexed' many.img 2>/dev/null >stat
assert_match stat 'Flags: 0x81000'
debugfs -R 'stat /plain' many.img 2>/dev/null >stat
assert_match stat 'Flags: 0x80000'
rm -rf many
ok "large directories have an index, of one and of two levels"

if [ "$(id -u)" = 0 ] && mkdir mounted && mount -o loop many.img mounted 2>/dev/null; then
  unmounts+=("$PWD/mounted")
  # The kernel finds names by their hashes, of both levels, and goes on with what is there.
  for i in 1 77 12345 30000; do
    assert_exists mounted/nodes/a-file-with-a-name-of-some-length-so-that-an-index-of-two-levels-is-needed-$i
  done
  assert_exists mounted/indexed/a-file-4999
  assert_eq "$(find mounted/nodes | wc -l)" 30001
  rm mounted/indexed/a-file-7
  umount mounted
  unmounts=()
  whole many.img
  mount -o loop,ro x.img mounted
  unmounts+=("$PWD/mounted")
  # In the order of names: getfattr lists a directory in the order of its hashes.
  tree_listing tree | sort >tree.list
  tree_listing mounted | sort >mounted.list
  cmp tree.list mounted.list
  umount mounted
  unmounts=()
  ok "the kernel reads it"
else
  skip "the kernel reads it" "nothing can be mounted here"
fi

commit tree >/dev/null
"$PANDO" export --format=ext4 --repo=r os/x >out 2>err && fail "to a pipe"
assert_match err 'an image is not written to a pipe: use --output=FILE'
fails_with 'an image is not compressed' "$PANDO" export --format=ext4 os/x -o x.img.gz
fails_with 'an image is not compressed' "$PANDO" export --format=ext4 --compress=xz os/x -o no.img
fails_with 'the names of an image cannot have a prefix' "$PANDO" export --format=ext4 --prefix=a/ os/x -o no.img
fails_with 'a size is for images' "$PANDO" export --size=1M os/x -o no.tar
fails_with "'/dev/null' is not a regular file" "$PANDO" export --format=ext4 os/x -o /dev/null
fails_with "create 'nope/x.img': No such file" "$PANDO" export --format=ext4 os/x -o nope/x.img
mkdir folder
fails_with "write 'folder': rename: Is a directory" "$PANDO" export --format=ext4 os/x -o folder
echo old >old.img
object=$(find r/objects -name '*.filez' -size +1M)
mv "$object" kept
fails_with "write 'old.img': 'usr': 'share': 'large': Couldn't find file object" "$PANDO" export --format=ext4 os/x -o old.img
assert_content old.img old
mv kept "$object"
mkdir attributes
echo x >attributes/file
if setfattr -n user.a -v "$(printf 'v%.0s' {1..3900})" attributes/file 2>/dev/null; then
  python3 - <<'END' >both.tar
import io, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=tarfile.PAX_FORMAT)
info = tarfile.TarInfo('file')
info.pax_headers = {'SCHILY.xattr.user.%d' % i: 'v' * 3000 for i in range(2)}
out.addfile(info, io.BytesIO(b''))
out.close()
END
  commit --tar-autocreate-parents --tree=tar=both.tar >/dev/null
  fails_with "'file': its extended attributes are more than ext4 has room for" "$PANDO" export --format=ext4 os/x -o no.img
  export_ext4 os/x --no-xattrs -o plain.img
  whole plain.img
fi
assert_eq "$(find . -maxdepth 1 -name '*.img.*')" ""
assert_missing no.img no.tar x.img.gz
ok "errors leave what was there"

need_root
small_disk small 3M
fails_with "write 'small/x.img': .*No space left on device" "$PANDO" export --format=ext4 "$hex" -o small/x.img
fails_with "write 'small/x.tar': .*No space left on device" "$PANDO" export "$hex" -o small/x.tar
assert_eq "$(ls small)" ""
ok "a full disk"
