#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# commit --tree=ext4=IMAGE: the same commit as of the directory that the image was made of, and images that are refused.
. "$(dirname "$0")/../lib.sh"
PATH=$PATH:/usr/sbin:/sbin
need mke2fs debugfs perl
"$PANDO" --version | grep -q -e '- libext2fs' || skip_all "built without libext2fs"
export OSTREE_REPO=r
"$PANDO" init --repo=r --mode=archive

make_tree tree
ln -s "$(printf 'long/%.0s' {1..50})" tree/usr/slow
truncate -s 2M tree/usr/share/sparse
echo end >>tree/usr/share/sparse
head -c 1500000 /dev/urandom >tree/usr/share/large
mkdir tree/usr/share/many
for ((i = 0; i < 200; i++)); do echo $i >tree/usr/share/many/file-number-$i; done
setfattr -n user.small -v value tree/usr/bin/hello 2>/dev/null || echo "# no user attributes here"
setfattr -n user.large -v "$(printf 'v%.0s' {1..600})" tree/usr/share/many 2>/dev/null || true
if [ "$(id -u)" = 0 ]; then
  chown 3000000:4000000 tree/usr/share/numbers
  setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 tree/usr/share/zero 2>/dev/null ||
    echo "# no file capabilities here"
  if command -v setfacl >/dev/null; then setfacl -m u:5:rw tree/usr/etc; fi
fi

# image FILE [OPTION…]: an image of the tree. Its folder for lost files is in no other.
image () {
  local file=$1
  shift
  rm -f "$file"
  truncate -s 16M "$file"
  mke2fs -q -d tree "$@" "$file" 2>mke2fs.err || fail "mke2fs: $(cat mke2fs.err)"
}
commit () { "$PANDO" commit --fsync=no -b os/image --parent=none --timestamp=@1 "$@"; }
echo /lost+found >skips
mkdir tree/lost+found
expected=$(commit --skip-list=skips tree)
rmdir tree/lost+found
for options in "-t ext4" "-t ext4 -O inline_data" "-t ext2" "-t ext3" "-t ext4 -b 1024 -O ^metadata_csum,^64bit" "-t ext4 -I 128" \
    "-t ext4 -O bigalloc"; do
  # shellcheck disable=SC2086 # words
  image disk.img $options
  assert_eq "$(commit --skip-list=skips --tree=ext4=disk.img)" "$expected" "$options"
done
ok "the commit is that of the directory, in ext2, ext3, ext4 and with their features"

image disk.img -t ext4
cksum disk.img >before
commit --tree=ext4=disk.img >/dev/null
cksum disk.img >after
cmp before after
$PANDO ls os/image / >out
assert_match out '^d00700 0 0 +0 /lost\+found$'
commit --owner-uid=7 --owner-gid=8 --no-xattrs --tree=dir=tree --tree=ext4=disk.img >/dev/null
$PANDO ls -X os/image /usr/bin/hello >out
assert_match out '^-00755 7 8 .*\[\]'
echo '=256 /usr/bin/hello-again' >modes
commit --statoverride=modes --tree=ext4=disk.img >/dev/null
$PANDO ls -R os/image /usr/bin >out
assert_match out '^-00400 .*/hello-again$' '^-00755 .*/hello$'
ok "the image is not touched; options change what is in it"

if [ "$(id -u)" = 0 ] && mkdir mounted && mount -o loop,ro disk.img mounted 2>/dev/null; then
  unmounts+=("$PWD/mounted")
  assert_eq "$(commit --tree=ext4=disk.img)" "$(commit mounted)"
  ok "the commit is that of the mounted image"
else
  skip "the commit is that of the mounted image" "nothing can be mounted here"
fi

change () { cp disk.img bad.img; debugfs -w -R "$1" bad.img >/dev/null 2>&1; }
refused () { fails_with "commit 'bad.img': .*$1" commit --tree=ext4=bad.img; }
change 'feature needs_recovery'
refused 'its journal holds changes .*run e2fsck -p on the image'
change 'set_super_value state 0'
refused 'was not unmounted, or has errors; run e2fsck -p'
change 'feature encrypt'
refused "feature 'encrypt', which cannot be read"
# Bytes of the superblock: incompatible features at 96.
cp disk.img bad.img
printf '\200' | dd of=bad.img bs=1 seek=$((1024 + 99)) conv=notrunc status=none
refused 'a feature that is not known: incompatible 0x80000000'
head -c 900000 disk.img >bad.img
refused 'it is cut off: its file system has 16384 blocks of 1024 bytes, and it 900000 bytes'
head -c 1500 disk.img >bad.img
refused 'it is no image of an ext2, ext3 or ext4 file system'
: >bad.img
refused 'it is no image'
fails_with "open image 'nope.img': No such file" commit --tree=ext4=nope.img
ok "what is no whole file system is refused, and what helps is said"

change 'mknod null c 1 3'
refused "'/null': Not a regular file or symlink"
# debugfs takes this for the name of an entry of the root.
change 'mknod /usr/null c 1 3'
refused "'//usr/null': Invalid / in filename"
change 'ln /usr /usr/share/loop'
refused "'/usr/share/.*': the directory is in another one, too"
change 'clri /usr/share/zeros'
refused "'/usr/share/zeros': .*is not in use"
image disk.img -t ext4 -O '^metadata_csum,^dir_index'
# A name that comes twice.
perl -pe 's/file-number-77/file-number-78/' disk.img >bad.img
commit --tree=ext4=bad.img >/dev/null
ok "what cannot be committed is named"

# set NAME WORD: word $2 of what an inode has for its blocks becomes $3; 0 to 2 are the head of its extents, 3 to 5 the first.
set_word () { cp disk.img bad.img; debugfs -w -R "sif $1 block[$2] $3" bad.img >/dev/null 2>&1; }
set_word /usr/share/large 5 0xfffffff
refused "'/usr/share/large': "
set_word /usr/share/large 0 0x0004ffff
refused "'/usr/share/large': "
set_word /usr/share/large 0 0x00fff30a
refused "'/usr/share/large': "
# An index that leads to itself, and one to the super block.
set_word /usr/share/large 1 0x00010000
refused "'/usr/share/large': "
# The same blocks as those of the inode tables: bytes are bytes, but a directory is none.
set_word /usr/share/many 5 2
refused "'/usr/share/many"
change 'sif /usr/share/large size 0xffffffffffff'
refused "'/usr/share/large': has 281474976710655 bytes, and there is no room for them"
change 'sif /usr/slow size 100000'
refused "'/usr/slow': the target of the link is empty or too long"
change 'sif /usr/slow block[5] 0xfffffff'
refused "'/usr/slow': "
change 'sif /usr/bin/hi size 0'
refused "'/usr/bin/hi': the target of the link is empty or too long"
change 'sif /usr/share/zeros mode 0140644'
refused "'/usr/share/zeros': Not a regular file or symlink"
change 'sif /usr/share/many file_acl 0xfffffff'
refused "'/usr/share/many': read extended attributes"
change 'sif / mode 0100644'
refused 'its root is no directory'
ok "extents, sizes and attributes that lead nowhere"

# A flipped bit, and a checksum that tells.
image disk.img -t ext4 -b 4096 -O metadata_csum
# flip BLOCK BYTE
flip () {
  cp disk.img bad.img
  perl -e 'open (F, "+<", "bad.img"); seek (F, $ARGV[0], 0); read (F, $b, 1); seek (F, $ARGV[0], 0); print F chr (ord ($b) ^ 1)' \
    $(($1 * 4096 + $2))
}
debugfs -R 'imap /usr/bin/hello' disk.img >imap 2>/dev/null
block=$(sed -n 's/.*block \([0-9]*\), offset.*/\1/p' imap) offset=$(sed -n 's/.*offset 0x\([0-9a-f]*\).*/\1/p' imap)
flip "$block" $((16#$offset + 24))
refused "'/usr/bin/hello': read inode: Inode checksum does not match inode"
flip "$(debugfs -R 'bmap /usr/share/many 0' disk.img 2>/dev/null)" 100
refused "'/usr/share/many': read directory: Directory block checksum does not match"
# Where the inodes are, which has its checksum in a descriptor that nobody verifies: the inodes have theirs.
flip 1 8
refused 'Inode checksum does not match|inode 2 is not in use'
flip 0 $((1024 + 120))
refused 'open the file system: .*checksum'
ok "checksums that do not match"

image disk.img -t ext4 -O '^metadata_csum,^dir_index'
# Damage of all kinds: whatever comes of it, it is a commit or an error.
image disk.img -t ext4
for ((i = 0; i < 6; i++)); do
  perl -e 'srand (shift); local $/; my $all = <STDIN>;
    substr ($all, 2048 + int (rand (600000)), 4) = pack ("L", rand (2 ** 32)) for 1 .. 60; print $all' $i <disk.img >bad.img
  rc=0
  commit --tree=ext4=bad.img >out 2>&1 || rc=$?
  [ "$rc" -le 1 ] || fail "damage $i: status $rc: $(tail -c 500 out)"
done
head -c 700000 disk.img >bad.img
fails_with "bad.img" commit --tree=ext4=bad.img
"$PANDO" fsck -q
ok "damaged images do no harm"
