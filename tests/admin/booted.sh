#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A running system looks after itself: marks, upgrade, rollback, what may not be dropped.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
# shellcheck source=tests/device.sh
. "$TESTS_DIR/device.sh"

commit_os 1
v1=$REV
sysroot new_sysroot
sysroot deploy_os --karg=quiet
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".url' file:///run/source

on_device 'pando admin status' >out
assert_match out "^\* os $v1\.0$"
on_device 'pando admin status -D' >out
assert_content out default
on_device 'pando admin upgrade' >out
assert_match out '^No update available.$'
fails_with 'deployment 0 is the running system' on_device 'pando admin undeploy 0'
fails_with 'not built in yet' on_device 'pando admin deploy --stage origin:os/main'
ok "the running system"

echo two >tree/usr/share/two
commit_os 2
v2=$REV
on_device '
  pando admin upgrade
  pando admin status
  pando admin status -D
  pando admin pin booted
  pando admin pin --unpin booted
  pando admin pin rollback || pando admin upgrade' >out
assert_match out 'count change: 1$' "^  os $v2\.0 \(pending\)$" "^\* os $v1\.0$" '^not-default$' \
  '^Deployment 1 is now pinned$' '^Deployment 1 is now unpinned$' '^No update available.$'
ok "an upgrade is made while the old system runs"

echo three >tree/usr/share/two
commit_os 3
v3=$REV
on_device 'pando admin status; pando admin upgrade; pando admin status' >out
assert_match out "^\* os $v2\.0$" "^  os $v1\.0 \(rollback\)$" "^  os $v3\.0 \(pending\)$"
assert_missing "sysroot/ostree/deploy/os/deploy/$v1.0"
ok "after a reboot, the one before is the rollback, and older ones go"

on_device '
  pando admin status
  pando admin rollback
  pando admin status
  pando admin rollback' >out
assert_match out "^\* os $v3\.0$" "^Next boot: os $v2\.0$" "^  os $v2\.0 \(pending\)$" "^Next boot: os $v3\.0$"
on_device 'pando admin rollback' >/dev/null
on_device 'pando admin status; pando admin undeploy 1; pando admin rollback' >out 2>&1 && fail "nothing is left to go back to"
assert_match out "^\* os $v2\.0$" "^  os $v3\.0 \(rollback\)$" 'no deployment to roll back to'
ok "rollback, forth, and back again"
