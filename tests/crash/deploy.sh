#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Deploying, killed at any of its writes, links, renames and syncs: the boot entries lead to a deployment that is whole,
# the list is the old one or the new one, and the same command made again succeeds.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need_killer
need_root
# In memory: how long a disk takes to sync is of no interest here.
small_disk disk 256M
cd disk
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
export OSTREE_SYSROOT_DEBUG=mutable-deployments
commit_os 1
v1=$REV
new_sysroot
deploy_os --karg=quiet
echo mine >"$(deployment)/etc/mine"
echo new >tree/usr/share/new
echo 'kernel 2' >tree/usr/lib/modules/6.1.0-1/vmlinuz
commit_os 2
v2=$REV
"$PANDO" --repo=sysroot/ostree/repo pull origin os/main >/dev/null
mv sysroot start
for rev in "$v1" "$v2"; do "$PANDO" --repo=repo checkout -U "$rev" "whole-$rev"; done

# A copy of it. By hard links: nothing in a sysroot is changed in place.
fresh () {
  rm -rf sysroot
  cp -al start sysroot
}

# Which calls to try: of the shorter loops fewer, unless everything is to be tried.
points () {
  if [ "$1" -gt 150 ] || [ -n "${TEST_ALL-}" ]; then
    crash_points "$1"
  else
    crash_points "$1" | awk 'NR % 3 == 0'
  fi
}

# What boots is whole: kernel, initramfs, and all files of the commit that its name says.
check_boots () {
  local at=$1 root name file
  root=$(booting)
  name=$(basename "$root")
  "$PANDO" admin status >status.out || fail "killed at $at: status fails"
  assert_match status.out "^  os ${v1}\.0$|^  os ${v2}\.0$"
  assert_eq "$(head -n 1 status.out)" "  os $name" "killed at $at"
  sed -n 's/^\(linux\|initrd\) //p' sysroot/boot/loader/entries/*.conf >kernels
  while read -r file; do
    [ -s "sysroot/boot$file" ] || fail "killed at $at: no $file"
  done <kernels
  diff -r --no-dereference "$root/usr" "whole-${name%.*}/usr" >diff.out || fail "killed at $at: $(head -n 5 diff.out)"
  assert_content "$root/etc/mine" mine
}

# loop WORD COMMAND…
loop () {
  local what=$1 total at old new
  shift
  fresh
  old=$("$PANDO" admin status)
  total=$(count_calls "$@")
  new=$("$PANDO" admin status)
  for at in $(points "$total"); do
    fresh
    killed_at "$at" "$@"
    check_boots "$at"
    case $("$PANDO" admin status) in
      "$old" | "$new") ;;
      *) fail "killed at $at, the list is neither the old nor the new one: $("$PANDO" admin status)" ;;
    esac
    "$PANDO" admin upgrade --os=os >again.out 2>&1 || fail "killed at $at, then again: $(cat again.out)"
    "$PANDO" admin cleanup >/dev/null
    check_boots "$at, and again"
    assert_eq "$(find sysroot/ostree -maxdepth 1 -name 'boot.*' | wc -l)" 2
    assert_eq "$(find sysroot/boot -maxdepth 1 -name 'loader*' | wc -l)" 2
    assert_eq "$(find sysroot/boot/ostree -mindepth 1 -maxdepth 1 | wc -l)" "$(sed -n 's/^linux //p' sysroot/boot/loader/entries/*.conf | sort -u | wc -l)"
    assert_eq "$(find sysroot/ostree/deploy/os/deploy -mindepth 1 -maxdepth 1 -type d | wc -l)" "$("$PANDO" admin status | grep -c '^  os ')"
    "$PANDO" --repo=sysroot/ostree/repo fsck -q >fsck.out 2>&1 || fail "killed at $at: $(tail -n 3 fsck.out)"
  done
  ok "$what, killed at some of its $total calls"
}

loop "an upgrade" "$PANDO" admin upgrade --os=os
"$PANDO" admin upgrade --os=os >/dev/null
rm -rf start
mv sysroot start
loop "a rollback" "$PANDO" admin rollback
loop "undeploying" "$PANDO" admin undeploy 1
