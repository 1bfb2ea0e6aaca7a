#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rootfs-compat.sh: commits a whole Debian root filesystem (tests/rootfs.sh) with both programs, in every mode: the same
# checksum, each other's repository is clean, and both check out the same tree. Some minutes; needs root.
# Before lib.sh, which hides the home where the cache is.
roots=$("$(dirname "$0")/rootfs.sh")
. "$(dirname "$0")/lib.sh"
need ostree
need_root
# What a root filesystem may have and this one does not.
cp -a "$roots/v1" tree
setcap cap_net_raw+ep tree/usr/bin/ping 2>/dev/null || setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 tree/usr/bin/ping
setfattr -n user.note -v 'kept' tree/usr/share
ln tree/usr/bin/perl tree/usr/bin/perl-too
[ -n "$(find tree -perm -4000 -print -quit)" ] || fail "no setuid file in the tree"

for mode in bare bare-user archive; do
  ostree --repo=theirs init --mode=$mode
  "$PANDO" --repo=ours init --mode=$mode
  ostree --repo=theirs commit -b os --timestamp=@1700000000 tree >theirs.rev
  "$PANDO" --repo=ours commit -b os --timestamp=@1700000000 tree >ours.rev
  assert_content ours.rev "$(cat theirs.rev)"
  ok "the same commit in $mode"
  ostree --repo=ours fsck -q >fsck.out
  "$PANDO" --repo=theirs fsck -q >fsck.out
  ok "each other's $mode repository is clean"
  ostree --repo=ours checkout os by-ostree
  "$PANDO" --repo=theirs checkout os by-pando
  assert_same_tree by-ostree by-pando
  ok "each checks out what the other wrote in $mode"
  rm -rf ours theirs by-ostree by-pando
done
