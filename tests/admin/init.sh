#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Making sysroots and stateroots.
. "$(dirname "$0")/../lib.sh"
need_root

"$PANDO" admin init-fs full >out
assert_content out ''
for name in boot dev home ostree proc root run sys tmp ostree/deploy ostree/repo/objects; do assert_exists "full/$name"; done
assert_mode full/root 700
assert_mode full/tmp 1777
assert_match full/ostree/repo/config '^mode=bare$'
"$PANDO" admin init-fs full
ok "init-fs makes the directories of a root, and may be repeated"

"$PANDO" admin init-fs --modern modern
assert_eq "$(ls modern)" "boot
ostree"
"$PANDO" admin init-fs --epoch=2 private
assert_mode private/ostree 700
fails_with 'epoch 3' "$PANDO" admin init-fs --epoch=3 wrong
fails_with 'No such file' "$PANDO" admin init-fs no/such/parent
ok "the epochs"

"$PANDO" admin --sysroot=full stateroot-init debian >out
assert_match out 'ostree/deploy/debian initialized as OSTree stateroot'
assert_mode full/ostree/deploy/debian/var/tmp 1777
assert_eq "$(readlink full/ostree/deploy/debian/var/run)" ../run
assert_eq "$(readlink full/ostree/deploy/debian/var/lock)" ../run/lock
fails_with 'exists' "$PANDO" admin --sysroot=full stateroot-init debian
for name in '' . .. a/b 'a b' -x; do
  fails_with . "$PANDO" admin --sysroot=full stateroot-init -- "$name"
done
OSTREE_SYSROOT=full "$PANDO" admin os-init other
assert_exists full/ostree/deploy/other/var/log
ok "stateroot-init and its alias os-init"

"$PANDO" admin --sysroot=full status >out
assert_content out 'No deployments.'
fails_with 'no-such.*No such file' "$PANDO" admin --sysroot=no-such status
mkdir empty
fails_with 'init-fs' "$PANDO" admin --sysroot=empty status
ok "status of a new sysroot, and of what is none"

# What OSTree makes is the same.
if command -v ostree >/dev/null; then
  mkdir theirs
  ostree admin init-fs theirs
  ostree admin --sysroot=theirs os-init debian >/dev/null
  listing () { (cd "$1" && find . -path ./ostree/repo -prune -o -path '*/debian/deploy' -o -path '*other*' -o \
    -path ./ostree/lock -o -printf '%M %p %l\n' | sort); }
  diff <(listing theirs) <(listing full) || fail "the trees differ"
  ok "just as ostree does it"
fi
