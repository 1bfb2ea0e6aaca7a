#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# fresh.sh [COMMAND…]: clones the project (what is committed) into a new minimal Debian in which nothing is installed, and
# runs the README's two commands there, `./dev demo` and `./dev test`; or others, each one word. Needs root. The system is
# removed at the end.
set -euo pipefail
export LC_ALL=C
umask 022
. "$(dirname "$0")/debian.sh"
top=$(cd "$(dirname "$0")/.." && pwd)

[ "$(id -u)" = 0 ] || die "a chroot needs root: run it with sudo"
[ -z "$(git -C "$top" status --porcelain)" ] || echo "fresh: note: what is not committed is not in the clone" >&2
[ $# -gt 0 ] || set -- demo test

work=$(mktemp -d "${TMPDIR:-/var/tmp}/pando-fresh.XXXXXX")
# Deployments that the demo left are immutable.
clean () {
  find "$work/root/var/tmp" -path '*/ostree/deploy/*/deploy/*' -prune -type d -exec chattr -i {} + 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

echo "fresh: a new $suite"
mapfile -t sources < <(sources_of_suite all)
bootstrap "$work/root" "$work/log" -- "${sources[@]}"
while read -r line; do
  echo "${line%%=*} \"${line#*=}\";" >>"$work/root/etc/apt/apt.conf.d/80proxy"
done < <(apt_proxy)
git clone -q --no-hardlinks "$top" "$work/root/home/pando"

# Pivoting rather than chroot: what runs in there makes mounts of its own, and for that / must be one.
inside () {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1; shift
    mount --bind "$root" "$root"
    cd "$root"
    mount -t proc proc proc
    mount -t sysfs -o ro sys sys 2>/dev/null || true
    mount --rbind /dev dev
    mount -t tmpfs -o mode=755 run run
    pivot_root . mnt
    umount -l mnt
    cd home/pando
    exec env -i HOME=/root TERM="${TERM-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  ' fresh "$work/root" "$@" </dev/null
}

passed=0 failed=0
for command; do
  echo "fresh: ./dev $command"
  start=$SECONDS
  if inside ./dev "$command"; then
    passed=$((passed + 1))
    echo "PASS ./dev $command in a new $suite ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    echo "FAIL ./dev $command in a new $suite"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
