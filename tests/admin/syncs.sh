#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Deploying waits for the disk at most four times, and the first time before the switch.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need strace
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
commit_os 1
new_sysroot
deploy_os
commit_os 2
"$PANDO" --repo=sysroot/ostree/repo pull origin os/main >/dev/null

# traced COMMAND…: its syncs and its switches, in order.
traced () {
  strace -f -qq -o trace -e trace=fsync,fdatasync,syncfs,sync,renameat,renameat2,symlinkat "$@" >out 2>&1 ||
    { grep -q 'ptrace' out && skip_all "strace may not trace here"; fail "$(cat out)"; }
  grep -oE 'fsync|fdatasync|syncfs|sync\(|renameat2?\(.*(boot/loader"|ostree/boot\.[01]")' trace |
    sed -E 's/renameat.*loader".*/switch/; s/renameat.*boot\..*/links/'
}

traced "$PANDO" admin deploy --os=os origin:os/main >calls
n=$(grep -c sync calls)
[ "$n" -le 4 ] || fail "$n syncs"
assert_eq "$(grep -v '^links$' calls | head -n 2 | xargs)" 'syncfs switch' "$(cat calls)"
assert_match <(sed -n '/switch/,$p' calls) sync
assert_match trace 'renameat2.*"boot/loader.new".*"boot/loader", RENAME_EXCHANGE\) = 0'
ok "a full switch: $n syncs"

traced "$PANDO" admin deploy --os=os origin:os/main >calls
n=$(grep -c sync calls)
[ "$n" -le 4 ] || fail "$n syncs"
traced "$PANDO" admin deploy --os=os origin:os/main >calls
assert_eq "$(head -n 3 calls | xargs)" 'syncfs links fsync' "$(cat calls)"
ok "a switch of the links alone: $(grep -c sync calls) syncs"
