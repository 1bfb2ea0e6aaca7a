#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What cannot be deployed says why, and changes nothing.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
commit_os 1
new_sysroot
deploy_os
state () { find sysroot -path sysroot/ostree/repo -prune -o ! -name lock -printf '%y %p %l\n' | sort; }
state >before

# refuses REGEX [OPTION…]: deploying what ./tree is now.
refuses () {
  local regex=$1
  shift
  commit_os x "$@"
  "$PANDO" --repo=sysroot/ostree/repo pull origin os/main >/dev/null
  fails_with "$regex" "$PANDO" admin deploy --os=os origin:os/main
  "$PANDO" admin cleanup
  state >after
  diff before after || fail "something changed"
}

mv tree/usr/lib/modules/6.1.0-1/vmlinuz kernel
refuses 'has no kernel'
mv kernel tree/usr/lib/modules/6.1.0-1/vmlinuz
ok "no kernel"

mv tree/usr/etc away
refuses 'neither usr/etc nor etc'
mv away tree/usr/etc
mkdir tree/etc
echo x >tree/etc/x
refuses 'both /etc and /usr/etc'
rm -r tree/etc
ok "no defaults for /etc, and too many"

fails_with "no stateroot 'unknown'.*stateroot-init" "$PANDO" admin deploy --os=unknown origin:os/main
fails_with "no stateroot '../os'" "$PANDO" admin deploy --os=../os origin:os/main
fails_with "'nothing' not found" "$PANDO" admin deploy --os=os nothing
fails_with 'Not currently booted' "$PANDO" admin deploy origin:os/main
fails_with 'Cannot stage deployment: Not currently booted' "$PANDO" admin deploy --stage --os=os origin:os/main
fails_with 'usage: ' "$PANDO" admin deploy --os=os
ok "names that lead nowhere"

commit_os partial
"$PANDO" --repo=sysroot/ostree/repo pull --commit-metadata-only origin os/main >/dev/null
fails_with 'not pulled completely' "$PANDO" admin deploy --os=os origin:os/main
ok "a commit that is here in part"

"$PANDO" --repo=sysroot/ostree/repo config set sysroot.bootloader zipl
fails_with "'zipl' is not supported.*auto, syslinux, uboot, none" deploy_os
"$PANDO" --repo=sysroot/ostree/repo config set sysroot.bootloader auto
mkdir sysroot/boot/grub
touch sysroot/boot/grub/grub.cfg
fails_with "grub2.*sysroot.bootloader to none" deploy_os
rm -r sysroot/boot/grub
ok "a boot loader that nobody would tell"

find sysroot/boot/ostree sysroot/ostree/deploy/os/deploy -maxdepth 1 | sort >trees-before
mkdir sysroot/boot/loader.new
fails_with 'write the list of deployments' deploy_os --karg=another=1
rm -rf sysroot/boot/loader.new
find sysroot/boot/ostree sysroot/ostree/deploy/os/deploy -maxdepth 1 | sort >trees-after
diff trees-before trees-after
ok "a deployment that cannot be listed takes no room"

"$PANDO" admin cleanup
state >after
diff before after || fail "something changed"
ok "nothing has changed"

# Damage.
echo 'options quiet' >sysroot/boot/loader/entries/ostree-9-os.conf
fails_with "ostree-9-os.conf.*no boot path" "$PANDO" admin status
echo 'options ostree=/ostree/boot.1/os/../../../../etc' >sysroot/boot/loader/entries/ostree-9-os.conf
fails_with "ostree-9-os.conf.*no boot path" "$PANDO" admin status
rm sysroot/boot/loader/entries/ostree-9-os.conf
ln -sfn loader.7 sysroot/boot/loader
fails_with "points to 'loader.7'" "$PANDO" admin status
ln -sfn loader.1 sysroot/boot/loader
mv sysroot/ostree/boot.1.1 sysroot/ostree/away
fails_with 'boot link' "$PANDO" admin status
mv sysroot/ostree/away sysroot/ostree/boot.1.1
mkdir unmounted
mv sysroot/boot/* unmounted/
for command in status cleanup 'deploy --os=os origin:os/main'; do
  # shellcheck disable=SC2086 # a command and its words
  fails_with "no 'boot/loader': is /boot mounted" "$PANDO" admin $command
done
mv unmounted/* sysroot/boot/
"$PANDO" admin status >out
assert_match out "^  os "
ok "entries and links that are broken are named"

# A lock that somebody holds is waited for.
exec 9<>sysroot/ostree/lock
flock_ofd () { python3 -c 'import fcntl, struct; fcntl.fcntl(9, 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))'; }
if flock_ofd 2>/dev/null; then
  "$PANDO" admin cleanup >waited 2>&1 9<&- &
  waiting=$!
  started+=("$waiting")
  for ((i = 0; i < 500; i++)); do [ ! -s waited ] || break; sleep 0.02; done
  assert_match waited 'Waiting for sysroot lock'
  kill -0 "$waiting" || fail "did not wait"
  "$PANDO" admin status >/dev/null
  exec 9<&-
  wait "$waiting" || fail "failed after it had waited"
  ok "one change at a time; looking needs no lock"
else
  exec 9<&-
  skip "one change at a time" "no way to take the lock here"
fi
