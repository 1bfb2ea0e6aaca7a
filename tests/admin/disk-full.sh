#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A disk that is too small for the new deployment or its kernel: the old ones boot as before, and the next try works.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need_root
small_disk sysroot 16M
mkdir sysroot/boot
small_disk sysroot/boot 3M
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
kernel=tree/usr/lib/modules/6.1.0-1/vmlinuz
head -c 1M /dev/urandom >$kernel
commit_os 1
new_sysroot
"$PANDO" --repo=sysroot/ostree/repo config set core.min-free-space-percent 0
deploy_os
booting >before

# unchanged: the list is as it was.
unchanged () {
  booting >after
  cmp before after || fail "something else boots"
  assert_eq "$("$PANDO" admin status | grep -c '^  os ')" 1
}

head -c 2M /dev/urandom >tree/usr/etc/large
commit_os 2
"$PANDO" --repo=sysroot/ostree/repo pull origin os/main >/dev/null
free=$(($(stat -f -c %a sysroot) * $(stat -f -c %S sysroot) / 1024))
head -c $((free - 500))K /dev/zero >sysroot/filler
fails_with 'No space left on device' "$PANDO" admin deploy --os=os origin:os/main
unchanged
rm sysroot/filler
ok "no space for /etc of a new deployment"

head -c 2500K /dev/urandom >$kernel
commit_os 3
"$PANDO" --repo=sysroot/ostree/repo pull origin os/main >/dev/null
fails_with 'install the kernel.*No space left on device' "$PANDO" admin deploy --os=os origin:os/main
unchanged
ok "no space for the kernel in /boot"

head -c 1M /dev/urandom >$kernel
commit_os 4
deploy_os
assert_eq "$("$PANDO" admin status | grep -c '^  os ')" 2
assert_match <(readlink -e "$(booting)") "$REV"
assert_eq "$(find sysroot/boot/ostree -mindepth 1 -maxdepth 1 | wc -l)" 2
ok "with space again, on a /boot of its own"
