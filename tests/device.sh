# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# device.sh: for scripts about a running system, sourced after sysroot.sh. It runs in namespaces, made up by the boot helper
# just as at a boot. Its tree (./tree) holds the program, a shell, and what they load.
need unshare
build=${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}
helper=$build/initramfs/pando-prepare-root
program=$(built_in "$build" | head -n 1)/pando
if [ ! -x "$helper" ] || [ ! -x "$program" ]; then
  skip_all "not built here"
fi
unshare --mount --pid --fork true 2>/dev/null || skip_all "no mounts here"

# Copies files into the tree with all they load; what was built here to the places where it would be installed.
into_tree () {
  local file to
  for file in $(LD_LIBRARY_PATH=$build/.libs ldd "$@" | grep -o '/[^ :)]*' | sort -u) "$@"; do
    case $file in
      "$program") to=tree/usr/bin/pando ;;
      "$build"/*) to=tree/usr/lib/${file##*/} ;;
      *) to=tree$file ;;
    esac
    mkdir -p "${to%/*}"
    cp -L "$file" "$to"
  done
}
mkdir -p tree/run
into_tree "$program" /bin/sh

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
