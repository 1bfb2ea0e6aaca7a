#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A running system looks after itself: marks, upgrade, rollback, what may not be dropped. It runs in namespaces, made up by
# the boot helper just as at a boot.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need unshare
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
build=${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}
helper=$build/initramfs/pando-prepare-root
program=$(built_in "$build" | head -n 1)/pando
if [ ! -x "$helper" ] || [ ! -x "$program" ]; then
  skip_all "not built here"
fi
unshare --mount --pid --fork true 2>/dev/null || skip_all "no mounts here"

# The system holds the program, a shell, and what they load: what was built here at the places where it would be installed.
mkdir -p tree/usr/bin tree/usr/lib tree/run
cp "$program" tree/usr/bin/pando
for file in /bin/sh $(LD_LIBRARY_PATH=$build/.libs ldd "$program" /bin/sh | grep -o '/[^ :)]*' | sort -u); do
  case $file in
    "$program") continue ;;
    "$build"/*) to=tree/usr/lib/${file##*/} ;;
    *) to=tree$file ;;
  esac
  mkdir -p "${to%/*}"
  cp -L "$file" "$to"
done

# on_device SCRIPT: boots the default deployment and runs the script there. Another call is another boot.
on_device () {
  entry_of_default >cmdline
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    helper=$1 scratch=$2
    shift 2
    mount --make-rprivate /
    mount -t proc proc /proc
    mount --bind cmdline /proc/cmdline
    mount -t tmpfs -o mode=755 run /run
    mkdir /run/source
    mount --bind repo /run/source
    mount --bind sysroot sysroot
    "$helper" "$scratch/sysroot"
    cd "$scratch/sysroot"
    mount -t proc proc proc
    mount --move /run run
    exec chroot . /bin/sh -euc "$1"
  ' boot "$helper" "$SCRATCH" "$@"
}
entry_of_default () { sed -n 's/^options //p' "$(grep -l "^version $(grep -h '^version ' sysroot/boot/loader/entries/* | cut -d' ' -f2 | sort -rn | head -n 1)$" sysroot/boot/loader/entries/ostree-*.conf)"; }

unset OSTREE_SYSROOT
export LD_LIBRARY_PATH=$build/.libs
sysroot () { OSTREE_SYSROOT=sysroot "$@"; }
commit_os 1
v1=$REV
sysroot new_sysroot
sysroot deploy_os --karg=quiet
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".url' file:///run/source

on_device 'pando admin status' >out
assert_match out "^\* os $v1\.0$"
on_device 'pando admin status -D' >out
assert_content out default
on_device 'pando admin upgrade' >out
assert_match out '^No update available.$'
fails_with 'deployment 0 is the running system' on_device 'pando admin undeploy 0'
fails_with 'not built in yet' on_device 'pando admin deploy --stage origin:os/main'
ok "the running system"

echo two >tree/usr/share/two
commit_os 2
v2=$REV
on_device '
  pando admin upgrade
  pando admin status
  pando admin status -D
  pando admin pin booted
  pando admin pin --unpin booted
  pando admin pin rollback || pando admin upgrade' >out
assert_match out 'count change: 1$' "^  os $v2\.0 \(pending\)$" "^\* os $v1\.0$" '^not-default$' \
  '^Deployment 1 is now pinned$' '^Deployment 1 is now unpinned$' '^No update available.$'
ok "an upgrade is made while the old system runs"

echo three >tree/usr/share/two
commit_os 3
v3=$REV
on_device 'pando admin status; pando admin upgrade; pando admin status' >out
assert_match out "^\* os $v2\.0$" "^  os $v1\.0 \(rollback\)$" "^  os $v3\.0 \(pending\)$"
assert_missing "sysroot/ostree/deploy/os/deploy/$v1.0"
ok "after a reboot, the one before is the rollback, and older ones go"

on_device '
  pando admin status
  pando admin rollback
  pando admin status
  pando admin rollback' >out
assert_match out "^\* os $v3\.0$" "^Next boot: os $v2\.0$" "^  os $v2\.0 \(pending\)$" "^Next boot: os $v3\.0$"
on_device 'pando admin rollback' >/dev/null
on_device 'pando admin status; pando admin undeploy 1; pando admin rollback' >out 2>&1 && fail "nothing is left to go back to"
assert_match out "^\* os $v2\.0$" "^  os $v3\.0 \(rollback\)$" 'no deployment to roll back to'
ok "rollback, forth, and back again"
