#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Deploying: what is where, the switch, kernel arguments, which deployments stay.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
commit_os 1.0
new_sysroot
csum=$(cat tree/usr/lib/modules/6.1.0-1/{vmlinuz,initramfs.img} | sha256sum | cut -d' ' -f1)

deploy_os --karg=root=LABEL=x --karg=quiet
assert_content out 'Bootloader updated; bootconfig swap: yes; bootversion: boot.1.1, deployment count change: 1'
cat >expected <<END
title Test 1 1.0 (ostree:0)
version 1
options root=LABEL=x quiet ostree=/ostree/boot.1/os/$csum/0
linux /ostree/os-$csum/vmlinuz-6.1.0-1
initrd /ostree/os-$csum/initramfs-6.1.0-1.img
END
diff expected sysroot/boot/loader/entries/ostree-1-os.conf
assert_eq "$(readlink sysroot/boot/loader)" loader.1
assert_eq "$(readlink sysroot/boot/boot)" .
assert_eq "$(readlink sysroot/ostree/boot.1)" boot.1.1
cmp tree/usr/lib/modules/6.1.0-1/vmlinuz "sysroot/boot/ostree/os-$csum/vmlinuz-6.1.0-1"
cmp tree/usr/lib/modules/6.1.0-1/initramfs.img "sysroot/boot/ostree/os-$csum/initramfs-6.1.0-1.img"
assert_eq "$(booting)" "$SCRATCH/$(deployment)"
assert_content "$(deployment).origin" '[origin]
refspec=origin:os/main'
assert_eq "$("$PANDO" --repo=sysroot/ostree/repo rev-parse ostree/1/1/0)" "$REV"
ok "the first deployment"

assert_same_tree "$(deployment)/usr/etc" "$(deployment)/etc"
[ tree/usr/bin/su -ef "$(deployment)/usr/bin/su" ] && fail "linked to its source"
assert_mode "$(deployment)/usr/bin/su" 4755
if lsattr -d "$(deployment)" >attr 2>/dev/null; then
  assert_match attr '^-*i'
  ok "a deployment: /etc is a copy, the root is immutable"
else
  skip "a deployment's root is immutable" "no such flag here"
fi

deploy_os
assert_match out 'Copying /etc changes: 0 modified, 0 removed, 0 added' 'swap: yes; bootversion: boot.0.1, .*change: 1$'
assert_missing sysroot/boot/loader.1 sysroot/ostree/boot.1 sysroot/ostree/boot.1.1 sysroot/boot/loader.new
assert_match sysroot/boot/loader/entries/ostree-2-os.conf 'title Test 1 1.0 \(ostree:0\)' "root=LABEL=x quiet ostree=/ostree/boot.0/os/$csum/0$"
assert_match sysroot/boot/loader/entries/ostree-1-os.conf "ostree=/ostree/boot.0/os/$csum/1$"
before=$(md5sum sysroot/boot/loader/entries/*)
deploy_os
assert_match out 'Transaction complete; bootconfig swap: no; bootversion: boot.0.0, .*change: 0$'
assert_eq "$(md5sum sysroot/boot/loader/entries/*)" "$before"
assert_missing sysroot/ostree/boot.0.1
assert_eq "$(booting)" "$SCRATCH/sysroot/ostree/deploy/os/deploy/$REV.2"
assert_eq "$(ls sysroot/ostree/deploy/os/deploy)" "$REV.1
$REV.1.origin
$REV.2
$REV.2.origin"
assert_eq "$(find sysroot/ostree/repo/refs/heads/ostree -type f | sort | xargs)" \
  'sysroot/ostree/repo/refs/heads/ostree/0/0/0 sysroot/ostree/repo/refs/heads/ostree/0/0/1'
ok "the same kernel and arguments need no new entries"

deploy_os --karg=root=LABEL=y --karg-append=console=a --karg-append=console=b --karg-delete=quiet
assert_match <(entry_options ostree-2-os.conf) "^root=LABEL=y ostree=[^ ]* console=a console=b$"
fails_with "several|2 kernel arguments have the key 'console'" "$PANDO" admin deploy --os=os --karg-delete=console origin:os/main
fails_with "no kernel argument 'nope'" "$PANDO" admin deploy --os=os --karg-delete=nope origin:os/main
fails_with 'not one kernel argument' "$PANDO" admin deploy --os=os --karg-append='a b' origin:os/main
fails_with 'not one kernel argument' "$PANDO" admin deploy --os=os --karg=$'a\nlinux /evil' origin:os/main
deploy_os --karg-append='q="a b"' --karg-delete=console=b
assert_match <(entry_options ostree-2-os.conf) '^root=LABEL=y ostree=[^ ]* console=a q="a b"$'
deploy_os --karg-none --karg=only
assert_match <(entry_options ostree-2-os.conf) '^only ostree=[^ ]*$'
deploy_os --no-merge
assert_match <(entry_options ostree-1-os.conf) '^ostree=[^ ]*$'
fails_with 'exclude' "$PANDO" admin deploy --os=os --karg-none --karg-proc-cmdline origin:os/main
ok "kernel arguments"

"$PANDO" admin stateroot-init other >/dev/null
deploy_os --retain
deploy_os --retain
"$PANDO" admin deploy --os=other origin:os/main >out
assert_match sysroot/boot/loader/entries/ostree-4-other.conf '^title Test 1 1.0 \(ostree:other:0\)$'
assert_match sysroot/boot/loader/entries/ostree-1-os.conf '^title Test 1 1.0 \(ostree:os:3\)$'
"$PANDO" admin deploy --os=other --not-as-default origin:os/main >out
"$PANDO" admin status | grep -o '^..[a-z]* ' | xargs >order
assert_content order 'other other os os os'
ok "several stateroots, --retain and --not-as-default"

"$PANDO" admin pin 4 >out
assert_content out 'Deployment 4 is now pinned'
deploy_os
assert_eq "$("$PANDO" admin status | grep -c 'Pinned: yes')" 1
pinned=$(("$("$PANDO" admin status | grep -E '^  (os|other)|Pinned' | grep -n Pinned | cut -d: -f1)" - 2))
"$PANDO" admin pin --unpin $pinned >out
assert_content out "Deployment $pinned is now unpinned"
deploy_os
assert_eq "$("$PANDO" admin status | grep -c 'Pinned: yes' || true)" 0
fails_with 'No booted deployment' "$PANDO" admin pin booted
ok "a pinned deployment stays"

# What is not ours in /boot.
printf 'title Windows\nefi /w.efi\n' >sysroot/boot/loader/entries/windows.conf
echo 'timeout 5' >sysroot/boot/loader/loader.conf
mkdir sysroot/boot/ostree/not-ours
mkdir -p sysroot/boot/loader/keys/auto
echo key >sysroot/boot/loader/keys/auto/db.auth
echo secret >sysroot/boot/loader/random-seed
chmod 600 sysroot/boot/loader/random-seed
deploy_os --karg=new=1
assert_mode sysroot/boot/loader/random-seed 600
assert_content sysroot/boot/loader/keys/auto/db.auth key
assert_match out 'swap: yes'
assert_match sysroot/boot/loader/entries/windows.conf '^efi /w.efi$'
assert_content sysroot/boot/loader/loader.conf 'timeout 5'
assert_exists sysroot/boot/ostree/not-ours
ok "entries of other systems stay"

# What boots is what the first ostree= says, whatever somebody has put behind it.
"$PANDO" admin status >expected
entry=$(grep -l '^title' sysroot/boot/loader/entries/ostree-*.conf | head -n 1)
cp "$entry" entry-before
sed -i 's|^options .*|& ostree=/ostree/boot.9/elsewhere|' "$entry"
"$PANDO" admin status >out
cmp out expected
cp entry-before "$entry"
ok "of two boot paths in an entry the first counts, as in the boot helper"

"$PANDO" admin --print-current-dir >out
assert_content out "$SCRATCH/$(deployment)"
ok "--print-current-dir"
