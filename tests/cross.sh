#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# cross.sh armhf|arm64|s390x: builds the project with Debian's cross compiler and runs its unit tests, the formats' vectors
# among them, under qemu. It happens in a Debian of its own that is kept in the cache folder, since libraries of other
# architectures would trouble this machine's packages. The build is in build-ARCH/. Needs root.
set -euo pipefail
export LC_ALL=C
umask 022
. "$(dirname "$0")/debian.sh"
top=$(cd "$(dirname "$0")/.." && pwd)

target=${1-}
case $target in
  armhf) triplet=arm-linux-gnueabihf qemu=qemu-arm-static ;;
  arm64) triplet=aarch64-linux-gnu qemu=qemu-aarch64-static ;;
  s390x) triplet=s390x-linux-gnu qemu=qemu-s390x-static ;;
  *) die "cross takes one of armhf, arm64, s390x" ;;
esac
[ "$(id -u)" = 0 ] || die "a chroot needs root: run it with sudo"

root=$cache/cross-$suite-$target-2
if [ ! -d "$root" ]; then
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
  echo "cross: a $suite with the compiler for $target (kept for the next time)" >&2
  # The suite alone: libraries of two architectures must be of one version, and not all get their updates at one time.
  # shellcheck disable=SC2119
  mapfile -t sources < <(sources_of_suite)
  packages=autoconf,automake,libtool,make,pkg-config,binutils,qemu-user-static,gcc-$triplet
  for package in libc6-dev libglib2.0-dev libssl-dev zlib1g-dev libcurl4-openssl-dev libmicrohttpd-dev libarchive-dev libext2fs-dev libselinux1-dev libdeflate-dev liblzma-dev \
    libdivsufsort-dev; do
    packages=$packages,$package:$target
  done
  bootstrap "$work/root" "$work/log" --architectures="$arch,$target" --include="$packages" -- "${sources[@]}"
  # Runs a unit test by qemu, and a script as it is.
  cat >"$work/root/usr/local/bin/run-test" <<SCRIPT
#!/bin/sh
case \$(head -c 4 "\$1" | tail -c 3) in
  ELF) exec $qemu "\$@" ;;
  *) exec "\$@" ;;
esac
SCRIPT
  chmod 755 "$work/root/usr/local/bin/run-test"
  mkdir -p "$work/root/src"
  mv -T "$work/root" "$root"
  rm -rf "$work"
  trap - EXIT
fi

# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --kill-child bash -euc '
  root=$1 top=$2 triplet=$3 target=$4
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --bind "$top" "$root/src"
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  exec chroot "$root" env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C bash -euc "
    cd /src
    [ -x configure ] && [ -f Makefile.in ] || ./autogen.sh >/dev/null 2>&1
    mkdir -p build-$target
    cd build-$target
    [ -f Makefile ] || PKG_CONFIG=pkg-config PKG_CONFIG_LIBDIR=/usr/lib/$triplet/pkgconfig:/usr/share/pkgconfig \
      ../configure -q --host=$triplet --enable-werror CFLAGS=\"-g -O2\" >configure.out 2>&1 || { tail -n 20 configure.out; exit 1; }
    make -s -j\$(nproc)
    make -s -k -j\$(nproc) check E2E=no LOG_COMPILER=run-test >check.log 2>&1 || true
  "
' cross "$root" "$top" "$triplet" "$target" </dev/null || die "the build for $target failed"

log=$top/build-$target/check.log
grep -E '^(FAIL|ERROR): ' "$log" || true
passed=$(sed -n 's/^# PASS: *//p' "$log") failed=$(sed -nE 's/^# (FAIL|ERROR): *//p' "$log" | awk '{ n += $1 } END { print n + 0 }')
[ -n "$passed" ] || { tail -n 30 "$log"; passed=0 failed=1; }
file=$top/build-$target/.libs/libtree-1.so
echo "cross: $target, $(du -bL "$file" | cut -f1) bytes of libtree-1.so unstripped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
