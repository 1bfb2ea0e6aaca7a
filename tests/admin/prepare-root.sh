#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The boot helper: its size, and its mounts in a namespace of their own, as in an initramfs and as init=.
. "$(dirname "$0")/../lib.sh"
need unshare readelf
HELPER=${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}/initramfs/pando-prepare-root
[ -x "$HELPER" ] || skip_all "the boot helper is not built"

readelf -l -d "$HELPER" >elf 2>&1
assert_no_match elf INTERP NEEDED
size=$(stat -c %s "$HELPER")
if grep -q '^STATIC_CC = musl-gcc' "${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}/Makefile"; then
  [ "$size" -le 100000 ] || fail "the boot helper has $size bytes"
  ok "static, in $size bytes"
else
  skip "static, in at most 100,000 bytes" "only musl makes it that small: $size bytes"
fi

userns=()
[ "$(id -u)" = 0 ] || userns=(--map-root-user)
unshare "${userns[@]}" --mount true 2>/dev/null || skip_all "no mounts here, not even in a user namespace"

csum=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
mkdir root
cat >cmdline <<<"quiet ostree=/ostree/boot.1/os/$csum/0 rw"

# Fills the current folder with a physical root; /bin/sh of this machine becomes the init of its deployment.
cat >make-root.sh <<'END'
csum=$1
deployment=ostree/deploy/os/deploy/$csum.0
mkdir -p $deployment/usr/etc $deployment/usr/bin $deployment/etc $deployment/var $deployment/sysroot $deployment/run
mkdir -p $deployment/proc $deployment/dev $deployment/sbin $deployment/bin
mkdir -p ostree/deploy/os/var ostree/boot.1.1/os/$csum
ln -s boot.1.1 ostree/boot.1
ln -s ../../../deploy/os/deploy/$csum.0 ostree/boot.1.1/os/$csum/0
echo data >ostree/deploy/os/var/data
echo program >$deployment/usr/bin/program
for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ )]*'); do
  mkdir -p "$deployment/$(dirname "$file")"
  cp -L "$file" "$deployment/$file"
done
cat >$deployment/sbin/init <<'INIT'
#!/bin/sh
echo "init as $$ with $*"
read -r line </var/data && echo "var: $line"
read -r line </sysroot/ostree/deploy/os/var/data && echo "sysroot: $line"
[ -e /run/ostree-booted ] && echo "booted"
(: >/usr/written) 2>/dev/null || echo "usr is read-only"
(: >/etc/written) && echo "etc is writable"
INIT
chmod 755 $deployment/sbin/init
END

# in_initramfs SCRIPT: runs it in a root that is a tmpfs, like an initramfs, with the physical root at /sysroot.
in_initramfs () {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare "${userns[@]}" --mount bash -euc '
    mount -t tmpfs initramfs root
    cd root
    mkdir -p proc sysroot run bin
    cp "$1" bin/prepare-root
    cp ../cmdline proc/cmdline
    mount -t tmpfs disk sysroot
    (cd sysroot && . ../../make-root.sh "$2")
    eval "$3"
  ' bash "$HELPER" "$csum" "$1"
}

# shellcheck disable=SC2016
in_initramfs '
  chroot . /bin/prepare-root
  test "$(cat sysroot/usr/bin/program)" = program
  test "$(cat sysroot/var/data)" = data
  echo x >sysroot/var/written
  test -e sysroot/sysroot/ostree/deploy/os/var/written
  ! touch sysroot/usr/written 2>/dev/null
  touch sysroot/etc/written
  test -f run/ostree-booted -a -d run/ostree
  test ! -e sysroot.tmp
  test "$(stat -c %d:%i sysroot)" = "$(stat -c %d:%i sysroot/sysroot/ostree/deploy/os/deploy/'$csum'.0)"
'
ok "in an initramfs: /usr read-only, /etc and /var writable, the physical root at /sysroot"

# shellcheck disable=SC2016
in_initramfs '
  d=sysroot/ostree/deploy/os/deploy/'$csum'.0
  mkdir $d/.usr-ovl-upper $d/.usr-ovl-work
  chroot . /bin/prepare-root /sysroot 2>error || { cat error; exit 9; }
  echo changed >sysroot/usr/bin/program
  test "$(cat sysroot/sysroot/ostree/deploy/os/deploy/'$csum'.0/.usr-ovl-upper/bin/program)" = changed
' >out 2>&1 && rc=0 || rc=$?
if [ "$rc" = 9 ] && grep -q overlay out; then
  skip "an unlocked deployment has a writable /usr" "no overlay on tmpfs here"
else
  [ "$rc" = 0 ] || fail "$(cat out)"
  ok "an unlocked deployment has a writable /usr"
fi

# complains REGEX SCRIPT: the helper fails, in one line that says step, path and reason.
complains () {
  in_initramfs "$2
    chroot . /bin/prepare-root 2>error && exit 9
    cat error" >out || fail "the boot helper should have failed"
  assert_match out "^pando-prepare-root: $1\$"
  assert_eq "$(wc -l <out)" 1
}
complains "find kernel argument 'ostree': No such file or directory" 'echo quiet >proc/cmdline'
complains "understand kernel argument ostree= '/ostree/boot.1/../x/0': Invalid argument" \
  'echo ostree=/ostree/boot.1/../x/0 >proc/cmdline'
complains "resolve boot link '/ostree/boot.1/os/$csum/0': No such file or directory" 'rm sysroot/ostree/boot.1'
complains "resolve boot link '/ostree/boot.1/os/$csum/0': Invalid argument" \
  "ln -sfn /etc sysroot/ostree/boot.1.1/os/$csum/0"
complains "bind '/sysroot/ostree/deploy/os/deploy/$csum.0/var': No such file or directory" 'rm -r sysroot/ostree/deploy/os/var'
complains "read '/proc/cmdline': .*" 'rm proc/cmdline; mkdir proc/cmdline'
fails_with '^usage: ' "$HELPER" relative
fails_with '^usage: ' "$HELPER" /a /b
ok "errors name step, path and reason"

# As the first process of a system without an initramfs.
if unshare "${userns[@]}" --mount --pid --fork true 2>/dev/null; then
  # shellcheck disable=SC2016
  timeout 20 unshare "${userns[@]}" --mount --pid --fork --kill-child bash -euc '
    mount -t tmpfs disk root
    cd root
    . ../make-root.sh "$2"
    mkdir -p proc bin
    cp "$1" bin/prepare-root
    cp ../cmdline proc/cmdline
    exec chroot . /bin/prepare-root single
  ' bash "$HELPER" "$csum" >out 2>&1 || fail "ended with status $?: $(cat out)"
  assert_content out 'init as 1 with single
var: data
sysroot: data
booted
usr is read-only
etc is writable'
  ok "as init="
else
  skip "as init=" "no process namespace here"
fi
