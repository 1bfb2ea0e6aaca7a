#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# checkout: the tree comes back, in user mode and beside other trees.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
make_tree tree
$PANDO init --repo=r --mode=bare-user
$PANDO commit -b os/x tree >/dev/null
$PANDO checkout -U os/x out >log 2>&1
assert_content log ""
assert_eq "$(cat out/usr/bin/hello)" hello
assert_eq "$(readlink out/usr/bin/hi)" hello
cmp tree/usr/share/numbers out/usr/share/numbers
assert_eq "$(stat -c %Y out/usr)" 0
ok "the tree comes back, in silence"

object=$(stat -c %h out/usr/share/numbers)
[ "$object" -gt 1 ] || fail "a checkout in user mode should hard-link"
$PANDO checkout -U -C os/x copy
assert_eq "$(stat -c %h copy/usr/share/numbers)" 1
$PANDO checkout -U -H os/x linked
fails_with 'hard-?link' "$PANDO" checkout -H os/x linked-2
fails_with 'Cannot specify both --require-hardlinks and --force-copy' "$PANDO" checkout -H -C os/x both
ok "hard links where they may be, copies where they are asked for"

if [ "$(id -u)" = 0 ]; then
  $PANDO checkout os/x full
  assert_same_tree tree full
  ok "owners, modes and links are those that were committed"
else
  skip "owners" "needs root"
fi

$PANDO checkout -U --subpath=/usr/etc os/x etc
assert_content etc/a.conf 'a = 1'
fails_with '/nope' "$PANDO" checkout -U --subpath=/nope os/x none
$PANDO checkout -U --subpath=/nope --allow-noent os/x none
assert_missing none
ok "a part of it"

fails_with "'out'.*File exists" "$PANDO" checkout -U os/x out
rm out/usr/bin/hello
echo other >out/usr/bin/hello
echo mine >out/mine
$PANDO checkout -U --union-add os/x out
assert_content out/usr/bin/hello other
$PANDO checkout -U --union os/x out
assert_content out/usr/bin/hello hello
assert_content out/mine mine
ok "into a tree that is there"

$PANDO checkout -U -H --union-identical os/x out
rm out/usr/bin/hello
echo other >out/usr/bin/hello
fails_with "bin.*'hello': another file is there" "$PANDO" checkout -U -H --union-identical os/x out
fails_with '--union-identical requires --require-hardlinks' "$PANDO" checkout -U --union-identical os/x out
fails_with 'Cannot specify both --union and --union-add' "$PANDO" checkout --union --union-add os/x out
ok "a tree that must be the same"

fails_with "Refspec 'nope' not found" "$PANDO" checkout nope
fails_with 'COMMIT must be specified; usage: pando checkout' "$PANDO" checkout
fails_with 'No such file or directory' "$PANDO" checkout -U os/x no/such/place
fails_with 'Invalid boolean argument .perhaps.' "$PANDO" checkout --fsync=perhaps os/x out2
ok "errors"
