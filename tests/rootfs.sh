#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rootfs.sh: makes two real Debian root filesystems in the layout that OSTree wants, and prints the
# folder that holds them. Needs root and mmdebstrap.
#
#   v1   the suite as released: systemd, a kernel with its initramfs, openssh, perl and what they need
#   v2   a copy of v1 after `apt-get upgrade` from the updates and security suites, with some packages more
#
# They are kept in ${XDG_CACHE_HOME:-~/.cache}/pando, and made once: the folder gets its name only when it
# is complete. Benchmarks, the demo and the big compatibility test read them and change nothing in them.
set -euo pipefail
export LC_ALL=C
umask 022
. "$(dirname "$0")/debian.sh"

# Part of the folder's name: to be raised when the recipe changes.
recipe=1
packages=systemd-sysv,initramfs-tools,openssh-server,iproute2,iputils-ping,perl,vim-tiny,python3-minimal
# What pando links and loads, so that the system can update itself.
packages=$packages,libglib2.0-0,libssl3,zlib1g,libdeflate0,libcurl4,libmicrohttpd12,ca-certificates
more_packages=(python3 git curl)
case $arch in
  amd64 | arm64) kernel=linux-image-cloud-$arch ;;
  armhf) kernel=linux-image-armmp ;;
  i386) kernel=linux-image-686 ;;
  *) kernel=linux-image-$arch ;;
esac

say () { echo "rootfs: $*" >&2; }

# Upgrades the system in a chroot, in mount and process namespaces of its own: whatever is mounted or left
# running there is gone with it.
upgrade () {
  local root=$1 options=() line
  sources_of_suite all >"$root/etc/apt/sources.list"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  while read -r line; do options+=(-o "$line"); done < <(apt_proxy)
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 more=$2; shift 2
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmp "$root/tmp"
    apt () { chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
               -o Dpkg::Options::=--force-unsafe-io "$@"; }
    apt "$@" update
    apt "$@" --no-install-recommends upgrade
    # shellcheck disable=SC2086
    apt "$@" --no-install-recommends install $more
    apt clean
  ' upgrade "$root" "${more_packages[*]}" "${options[@]}" </dev/null
  rm "$root/usr/sbin/policy-rc.d"
}

# Debian's layout -> OSTree's: only /usr is the system's, /etc comes from /usr/etc, /var starts empty.
lay_out () {
  local root=$1 version name
  version=$(basename "$(echo "$root"/boot/vmlinuz-*)" | sed 's/^vmlinuz-//')
  mv "$root/boot/vmlinuz-$version" "$root/usr/lib/modules/$version/vmlinuz"
  mv "$root/boot/initrd.img-$version" "$root/usr/lib/modules/$version/initramfs.img"
  mv "$root/boot/config-$version" "$root/usr/lib/modules/$version/config"
  mv "$root/boot/System.map-$version" "$root/usr/lib/modules/$version/System.map"
  rm -rf "${root:?}"/{boot,vmlinuz*,initrd.img*}
  mkdir "$root/boot"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/var/cache/debconf/*-old
  # Nothing of the machine that built it: it would make two builds differ, and is not true on a device.
  rm -f "$root"/etc/{resolv.conf,hosts,hostname,machine-id} "$root"/etc/ssh/ssh_host_*
  : >"$root/etc/machine-id"
  mv "$root/etc" "$root/usr/etc"
  mv "$root/var" "$root/usr/lib/sysimage-var"
  rm -rf "${root:?}"/{dev,run,tmp,proc,sys,home,root,srv,mnt,opt,media}
  mkdir "$root"/{var,dev,run,proc,sys,sysroot}
  mkdir -m 1777 "$root/tmp"
  ln -s sysroot/ostree "$root/ostree"
  for name in home srv mnt opt; do ln -s "var/$name" "$root/$name"; done
  ln -s var/roothome "$root/root"
  ln -s run/media "$root/media"
  [ -z "$(find "$root" ! -type f ! -type d ! -type l -print -quit)" ] || die "$root holds device nodes or sockets"
}

make_both () {
  local work=$1 sources
  sources=$(sources_of_suite)
  say "building v1 from $suite with mmdebstrap (about a minute and a half)"
  bootstrap "$work/v1" "$work/log" --include="$packages,$kernel" -- "$sources"
  say "building v2: upgrade, and ${more_packages[*]} (about a minute)"
  cp -a "$work/v1" "$work/v2"
  upgrade "$work/v2" >>"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "upgrade to v2 failed"; }
  lay_out "$work/v1"
  lay_out "$work/v2"
}

folder=$cache/rootfs-$suite-$arch-$recipe
if [ ! -d "$folder" ]; then
  [ "$(id -u)" = 0 ] || die "making a root filesystem needs root: run it with sudo"
  command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: run ./dev deps"
  mkdir -p "$cache"
  exec 9>"$cache/rootfs.lock"
  flock 9
fi
# Asked again: another run may have made it while this one waited for the lock.
if [ ! -d "$folder" ]; then
  work=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
  make_both "$work"
  rm -f "$work/log"
  # 0755 like any root filesystem's: mktemp made it private.
  chmod 755 "$work"
  mv -T "$work" "$folder"
  trap - EXIT
fi
echo "$folder"
