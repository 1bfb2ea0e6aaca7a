#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boot loaders do not replay the journal of a file system. When a deployment has been made, and after every change of the
# list, the entries must be there for them, too.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need debugfs mkfs.ext4
need_root
truncate -s 96M disk
mkfs.ext4 -q -b 4096 disk
mkdir sysroot
mount -o loop disk sysroot 2>/dev/null || skip_all "no loop mounts here"
unmounts+=("$SCRATCH/sysroot")
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
commit_os 1
new_sysroot

# What GRUB or U-Boot would read now, with the file system still mounted.
loader_sees () { debugfs -R "cat /boot/loader/entries/$1" disk 2>/dev/null; }
# Everything that the entry with this name needs is there.
check_entry () {
  local kernel
  loader_sees "$1" >seen
  cmp seen "sysroot/boot/loader/entries/$1" || fail "a loader sees another entry: $(head -n 5 seen)"
  kernel=$(sed -n 's/^linux //p' seen)
  debugfs -R "cat /boot$kernel" disk 2>/dev/null | cmp - "sysroot/boot$kernel" || fail "a loader sees no kernel"
}

deploy_os
check_entry ostree-1-os.conf
ok "after the first deployment"
for i in 1 2 3; do
  echo "$i" >"tree/usr/lib/modules/6.1.0-1/vmlinuz"
  commit_os "$i.1"
  deploy_os
  check_entry ostree-2-os.conf
  check_entry ostree-1-os.conf
done
ok "after each of the next"
"$PANDO" admin rollback >/dev/null
check_entry ostree-2-os.conf
"$PANDO" admin undeploy 1 >/dev/null
check_entry ostree-1-os.conf
ok "after a rollback, and one less"
