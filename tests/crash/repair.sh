#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A repair that is killed at any of its calls leaves the damage to be found, or repaired; the next repair does the rest, in
# the repository and in the deployments.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need_killer
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
seq 1000 >tree/usr/lib/libshared.so.1
commit_os 1
new_sysroot
deploy_os
echo two >tree/usr/share/two
commit_os 2
deploy_os
repo=sysroot/ostree/repo
libraries=("$(deployment 0)/usr/lib/libshared.so.1" "$(deployment 1)/usr/lib/libshared.so.1")
checksum=$("$PANDO" --repo=$repo ls -C origin:os/main /usr/lib/libshared.so.1 | awk '{ print $5 }')
object=$repo/objects/${checksum:0:2}/${checksum:2}.file

flip () { printf X | dd of="$object" bs=1 seek=100 conv=notrunc status=none; }

flip
total=$(count_calls "$PANDO" fsck --repo=$repo --repair)
for at in $(crash_points "$total"); do
  flip
  killed_at "$at" "$PANDO" fsck --repo=$repo --repair
  "$PANDO" fsck --repo=$repo --repair >out 2>&1 || fail "killed at $at, then again: $(tail -n 3 out)"
  for library in "${libraries[@]}" "$object"; do
    cmp tree/usr/lib/libshared.so.1 "$library" || fail "killed at $at: $library"
  done
  # What the killed one had put in place already may be a file of its own; here it is linked again.
  for library in "${libraries[@]}"; do ln -f "$object" "$library"; done
  assert_eq "$(find sysroot -name '.pando-repair-*')" '' "killed at $at"
done
ok "a repair killed at some of its $total calls"
