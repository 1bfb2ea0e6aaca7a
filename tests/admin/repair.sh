#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# fsck --repair in a sysroot: deployments that share damaged bytes get the good ones.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
mkdir tree/usr/lib/deep
seq 1000 >tree/usr/lib/deep/libshared.so.1
ln tree/usr/lib/deep/libshared.so.1 tree/usr/lib/libagain.so.1
commit_os 1
new_sysroot
deploy_os
echo two >tree/usr/share/two
commit_os 2
deploy_os
export OSTREE_REPO=sysroot/ostree/repo
first=$(deployment 1)
second=$(deployment 0)
library=usr/lib/deep/libshared.so.1
assert_eq "$(stat -c %i "$first/$library")" "$(stat -c %i "$second/$library")"
checksum=$("$PANDO" ls -C origin:os/main "/$library" | awk '{ print $5 }')
object=$OSTREE_REPO/objects/${checksum:0:2}/${checksum:2}.file

# Flips a byte of the library, in the object and all that is linked to it.
flip () { printf X | dd of="$first/$library" bs=1 seek=100 conv=notrunc status=none; }
# Both deployments have the bytes that were committed, by links to the object.
verify () {
  local deployment path
  for deployment in "$first" "$second"; do
    for path in $library usr/lib/libagain.so.1; do
      cmp "tree/$library" "$deployment/$path"
      assert_eq "$(stat -c %i "$deployment/$path")" "$(stat -c %i "$object")"
    done
  done
  "$PANDO" fsck -q >/dev/null
  assert_eq "$(find sysroot -name '.pando-repair-*')" ''
}

flip
fails_with "fsck content object $checksum" "$PANDO" fsck
"$PANDO" fsck --repair >out 2>err
assert_content err ''
assert_match out "^Replaced the damaged '/ostree/deploy/.*/$library'$" "^Repaired $checksum.file from 'origin'$" \
  '^1 objects repaired$'
assert_eq "$(grep -c '^Replaced the damaged' out)" 4
verify
ok "a library that two deployments share"

# A power cut must not leave a name of the library with bytes that never reached the disk.
if command -v strace >/dev/null; then
  flip
  strace -f -qq -o trace -e trace=syncfs,renameat "$PANDO" fsck --repair >out 2>&1
  assert_match <(grep -m 1 -E 'syncfs|libshared' trace) 'syncfs'
  verify
  ok "the good bytes are on the disk before they are linked"
fi

flip
ln "$object" outside
mkdir sysroot/ostree/deploy/os/deploy/stray
ln "$object" sysroot/ostree/deploy/os/deploy/stray/link
: >"$first/usr/lib/.pando-repair-00000000"
"$PANDO" fsck --repair >out 2>err
assert_match err "^1 files outside of deployments share the damaged $checksum.file"
assert_match out "stray/link'$"
verify
rm -r outside sysroot/ostree/deploy/os/deploy/stray
ok "links that are elsewhere are told"

flip
chattr +i "$first/usr/lib/deep"
if fails_with "Cannot replace the damaged '.*/$library'" "$PANDO" fsck --repair; then
  chattr -i "$first/usr/lib/deep"
  assert_match .err 'Repository corruption encountered'
  cmp "tree/$library" "$second/$library"
  ok "a file that cannot be replaced is named"
fi
