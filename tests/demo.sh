#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh [FOLDER]: the whole way of a real Debian system, from build host to device, on this machine.
#
#   1  a build host commits v1 and serves it          4  the device is upgraded over HTTP, and reboots into v2
#   2  a device's disk is made from it over HTTP      5  it is rolled back, and reboots into v1
#   3  the device boots v1; the build host makes v2
#
# The device is a folder. To "boot" it is to do in a mount namespace what its initramfs would do (the boot helper,
# pando-prepare-root, is the real one), and to run the device's own pando in there. Each step checks that what it shows is
# true. The folder (default: /var/tmp/pando-demo) is left for people to look into. Needs root.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022
tests=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$tests")
build=$(readlink -f "${BUILD_DIR:-$top/build}")
folder=${1:-${TMPDIR:-/var/tmp}/pando-demo}
name=debian

# --- telling and checking -----------------------------------------------------------------------------

bold='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
started=$SECONDS
checks=0

die () { echo "error: $*" >&2; exit 1; }

title () { printf '\n%s== %s%s  (%d s)\n' "$bold" "$*" "$plain" $((SECONDS - started)); }

# Shows a command as one would type it, and runs it. Shown beside standard output, which may be read by a pipe.
exec 3>&1
run () {
  if [ "$1" = on_device ]; then
    echo "${bold}device# ${*:2}${plain}" >&3
  else
    echo "${bold}\$ $*${plain}" >&3
  fi
  "$@"
}

# check TEXT COMMAND…: what the text says is true because the command succeeds.
check () {
  local text=$1
  shift
  "$@" >"$folder/.check" 2>&1 || { cat "$folder/.check"; die "not true: $text"; }
  checks=$((checks + 1))
  echo "   true: $text"
}

equal () { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
has_line () { grep -qE -- "$2" "$1" || { echo "no line '$2' in:"; cat "$1"; return 1; }; }
differs () { ! cmp -s "$1" "$2"; }
# The path of a file that has none stands in its place, so that two files without one are not taken for equal.
capability () { getfattr --absolute-names -n security.capability -e hex "$1" | grep '=' || echo "none in $1"; }
megabytes () { awk -v n="$1" 'BEGIN { printf "%.1f MB", n / 1e6 }'; }

# --- the device ---------------------------------------------------------------------------------------

# What the boot loader would start: the options of the entry with the highest version.
boot_options () {
  local entry
  for entry in "$device"/boot/loader/entries/*.conf; do
    echo "$(sed -n 's/^version //p' "$entry") $entry"
  done | sort -rn | { read -r _ entry; sed -n 's/^options //p' "$entry"; }
}

# Boots the device into its default deployment. It runs, in namespaces of its own, until it is shut down.
boot_device () {
  shut_down
  boot_options >"$folder/cmdline"
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    folder=$1 helper=$2
    mount --make-rprivate /
    mount -t proc proc /proc
    mount --bind "$folder/cmdline" /proc/cmdline
    mount -t tmpfs -o mode=755 run /run
    mount --bind "$folder/device" "$folder/device"
    "$helper" "$folder/device"
    cd "$folder/device"
    mount -t proc proc proc
    mount --bind "$folder/cmdline" proc/cmdline
    mount --rbind /dev dev
    mount --move /run run
    mount -t tmpfs -o mode=1777 tmp tmp
    exec chroot . sleep infinity
  ' boot "$folder" "$helper" &
  machine=$!
  local tries
  for ((tries = 0; tries < 600; tries++)); do
    init=$(cat "/proc/$machine/task/$machine/children" 2>/dev/null || true)
    init=${init%% *}
    [ -n "$init" ] && [ "$(cat "/proc/$init/comm" 2>/dev/null)" = sleep ] && return
    kill -0 "$machine" 2>/dev/null || break
    sleep 0.05
  done
  die "the device did not boot"
}

shut_down () {
  [ -n "$machine" ] || return 0
  # unshare ignores gentler signals while its child runs; the machine's first process dies with it.
  kill -KILL "$machine" 2>/dev/null || true
  wait "$machine" 2>/dev/null || true
  while kill -0 "$init" 2>/dev/null; do sleep 0.02; done
  machine=
}

reboot_device () {
  echo "(reboot)"
  boot_device
}

# on_device COMMAND…: runs it there.
on_device () {
  nsenter --target "$init" --mount --pid --root --wd env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C TZ=UTC "$@"
}

version_of () { sed -n 's/^DEMO_VERSION=//p' "$1/usr/lib/os-release"; }

# The folder of the deployment that would boot next.
default_deployment () {
  local link
  link=$(boot_options | grep -oE 'ostree=[^ ]+')
  readlink -f "$device${link#ostree=}"
}

# --- images -------------------------------------------------------------------------------------------

# make_image VERSION: a root filesystem of rootfs.sh with pando in it, as an image build would make it.
make_image () {
  local version=$1 image=$folder/build-host/$1
  # Hard links where possible: nothing below changes a file in place.
  cp -al "$roots/$version" "$image" 2>/dev/null || { rm -rf "$image"; cp -a --reflink=auto "$roots/$version" "$image"; }
  make -s -C "$build" install DESTDIR="$folder/build-host/pando" >"$folder/.install" 2>&1 ||
    { tail -n 20 "$folder/.install" >&2; die "make install failed"; }
  # /usr/local is the system's here; what configure put there goes to /usr, where the image keeps its programs.
  cp -a "$folder/build-host/pando/usr/local/." "$image/usr/"
  rm -f "$image/usr/lib/os-release.new"
  { cat "$image/usr/lib/os-release"; echo "DEMO_VERSION=$version"; } >"$image/usr/lib/os-release.new"
  mv "$image/usr/lib/os-release.new" "$image/usr/lib/os-release"
}

# --- before the first step ----------------------------------------------------------------------------

[ "$(id -u)" = 0 ] || die "a root filesystem with its owners, and the mounts of a boot, need root: run it with sudo"
unshare --mount --pid --fork true 2>/dev/null || die "this machine lets nobody mount: run the demo where unshare --mount works"
if [ -e "$folder" ]; then
  [ -e "$folder/.pando-demo" ] || die "'$folder' exists and is not of an earlier demo: name another folder"
  find "$folder/device/ostree/deploy" -mindepth 3 -maxdepth 3 -path '*/deploy/*' -type d -exec chattr -i {} + 2>/dev/null || true
  rm -rf --one-file-system "$folder"
fi
mkdir -p "$folder/build-host"
: >"$folder/.pando-demo"
folder=$(readlink -f "$folder")
device=$folder/device repo=$folder/build-host/repo
server='' machine='' init=''
# shellcheck disable=SC2317 # called by the trap
finish () {
  shut_down
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -f "$folder"/.check "$folder"/.install "$folder"/.out "$folder"/.port
}
trap finish EXIT

program=${PANDO:-$build/.libs/pando}
[ -x "$program" ] || program=$build/src/.libs/pando
[ -x "$program" ] || die "no program in '$build': run ./dev build"
export LD_LIBRARY_PATH=$build/.libs
helper=$build/initramfs/pando-prepare-root
# A folder of its own on PATH, so that commands read as a person would type them.
mkdir "$folder/bin"
ln -s "$program" "$folder/bin/pando"
PATH=$folder/bin:$PATH

title "0. Two Debian root filesystems (made once, and kept)"
roots=$("$tests/rootfs.sh")
make_image v1
image_v1=$folder/build-host/v1
v1_bytes=$(du -s -B1 --apparent-size "$image_v1" | cut -f1)
echo "v1: $(find "$image_v1" | wc -l) files and folders, $(megabytes "$v1_bytes")"

title "1. The build host commits v1 and serves it"
run pando --repo="$repo" init --mode=archive
run pando --repo="$repo" commit -b os/stable -s "Debian v1" --add-metadata-string=version=1 "$image_v1" | tee "$folder/.out"
v1=$(tail -n 1 "$folder/.out")
run pando --repo="$repo" summary -u
check "the branch os/stable is the commit that was printed" equal "$(pando --repo="$repo" rev-parse os/stable)" "$v1"
if command -v ostree >/dev/null; then
  check "ostree reads it and finds no fault (ostree fsck)" ostree --repo="$repo" fsck -q
fi
rm -f "$folder/.port"
pando serve --repo="$repo" --port=0 --port-file="$folder/.port" >"$folder/server.log" 2>&1 </dev/null &
server=$!
for ((i = 0; i < 500; i++)); do [ ! -s "$folder/.port" ] || break; sleep 0.02; done
[ -s "$folder/.port" ] || die "the server did not start: $(cat "$folder/server.log")"
url=http://127.0.0.1:$(cat "$folder/.port")
echo "serving at $url"

title "2. A device's disk is made from it, over HTTP"
run pando admin init-fs "$device"
run pando admin --sysroot="$device" stateroot-init "$name"
run pando --repo="$device/ostree/repo" remote add --no-gpg-verify --no-sign-verify origin "$url" os/stable
run pando --repo="$device/ostree/repo" pull origin os/stable | tee "$folder/.out"
check "what arrived is the commit of the build host" \
  equal "$(pando --repo="$device/ostree/repo" rev-parse origin:os/stable)" "$v1"
run pando admin --sysroot="$device" deploy --os="$name" --karg=root=LABEL=demo --karg=quiet origin:os/stable
run pando admin --sysroot="$device" status | tee "$folder/.out"
check "status names the commit" has_line "$folder/.out" "$name $v1\.0"
deployed=$(default_deployment)
check "the boot entry leads to a deployment of v1" equal "$(version_of "$deployed")" v1
check "/etc was made from /usr/etc" cmp "$deployed/etc/ssh/sshd_config" "$image_v1/usr/etc/ssh/sshd_config"
kernel=$(sed -n 's/^linux //p' "$device"/boot/loader/entries/*.conf)
check "its kernel is in /boot" cmp "$device/boot$kernel" "$image_v1"/usr/lib/modules/*/vmlinuz
check "setuid bits are there" equal "$(stat -c %a "$deployed/usr/bin/su")" 4755
check "file capabilities are there" equal "$(capability "$deployed/usr/bin/ping")" "$(capability "$image_v1/usr/bin/ping")"
if command -v ostree >/dev/null; then
  ostree admin --sysroot="$device" status >"$folder/.ostree-status"
  check "ostree admin status prints the same" diff "$folder/.out" "$folder/.ostree-status"
  rm "$folder/.ostree-status"
fi

title "3. The device boots v1"
boot_device
run on_device sh -c 'grep -E "^(PRETTY_NAME|DEMO_VERSION)" /etc/os-release; findmnt -n -o TARGET,OPTIONS /usr | cut -c -60'
check "it runs v1" equal "$(on_device sed -n 's/^DEMO_VERSION=//p' /usr/lib/os-release)" v1
check "/usr is read-only" on_device sh -c '! touch /usr/written 2>/dev/null'
echo "(someone changes a setting and leaves a file in /var:)"
run on_device sh -c 'echo "Banner /etc/issue.net" >/etc/ssh/sshd_config.d/local.conf; mkdir -p /var/log; echo kept >/var/log/demo.log'
run on_device pando admin status | tee "$folder/.out"
check "the booted deployment is marked" has_line "$folder/.out" "^\* $name $v1\.0"

title "4. The build host makes v2: security updates, and $(wc -w <<<"python3 git curl") packages more"
make_image v2
image_v2=$folder/build-host/v2
v2_bytes=$(du -s -B1 --apparent-size "$image_v2" | cut -f1)
run pando --repo="$repo" commit -b os/stable -s "Debian v2" --add-metadata-string=version=2 "$image_v2" | tee "$folder/.out"
v2=$(tail -n 1 "$folder/.out")
run pando --repo="$repo" summary -u
check "v2's parent is v1" equal "$(pando --repo="$repo" rev-parse os/stable^)" "$v1"

title "5. The device is upgraded while v1 runs"
run on_device pando admin upgrade | tee "$folder/.out"
transferred=$(grep -E 'transferred|fetched' "$folder/.out" | tail -n 1)
run on_device pando admin status | tee "$folder/.out"
check "v1 still runs" has_line "$folder/.out" "^\* $name $v1\.0"
check "v2 is pending" has_line "$folder/.out" "^  $name $v2\.0 \(pending\)"
echo "the upgrade fetched: ${transferred:-?}"
echo "size of the image:   $(megabytes "$v2_bytes")"
deployed=$(default_deployment)
check "the default boot entry leads to v2" equal "$(version_of "$deployed")" v2
check "the local setting came along" grep -q issue.net "$deployed/etc/ssh/sshd_config.d/local.conf"
check "an untouched file of /etc is v2's" cmp "$deployed/etc/debian_version" "$image_v2/usr/etc/debian_version"
reboot_device
run on_device pando admin status | tee "$folder/.out"
check "v2 runs" has_line "$folder/.out" "^\* $name $v2\.0"
check "v1 is the rollback" has_line "$folder/.out" "^  $name $v1\.0 \(rollback\)"
check "the new package is there" on_device git --version
check "/var was left alone" on_device grep -q kept /var/log/demo.log
run on_device pando admin upgrade | tee "$folder/.out"
check "another upgrade finds nothing to do" has_line "$folder/.out" "No update available"

title "6. It is rolled back"
run on_device pando admin rollback
run on_device pando admin status | tee "$folder/.out"
check "v2 still runs, v1 is what boots next" has_line "$folder/.out" "^  $name $v1\.0 \(pending\)"
reboot_device
run on_device pando admin status | tee "$folder/.out"
check "v1 runs again" has_line "$folder/.out" "^\* $name $v1\.0"
check "with its own /etc" on_device grep -q issue.net /etc/ssh/sshd_config.d/local.conf
check "and without v2's package" on_device sh -c '! command -v git'
check "the device's repository is without fault" pando --repo="$device/ostree/repo" fsck -q

title "Done: $checks checks, all true"
echo "Look into it: $folder"
echo "  build-host/repo   the repository that was served     device/ostree/deploy   the deployments"
echo "  build-host/v1,v2  the images                         device/boot/loader     the boot entries"
