#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a transaction that failed has staged the next one takes over, whichever of the two programs either is.
. "$(dirname "$0")/../lib.sh"
need ostree

make_tree tree
staged () { find "r/tmp" -mindepth 3 -type f | wc -l; }
# fail_as PROGRAM: a commit that fails when all its objects are staged.
fail_as () {
  fails_with OSTREE_REPO_TEST_ERROR_PRE_COMMIT env OSTREE_REPO_TEST_ERROR=pre-commit OSTREE_BOOTID=boot \
    "$1" --repo=r commit -b x --timestamp=@5 tree
}

for first in ostree "$PANDO"; do
  for second in ostree "$PANDO"; do
    rm -rf r
    "$PANDO" --repo=r init --mode=bare-user
    fail_as "$first"
    [ "$(staged)" -gt 5 ] || fail "$first has staged $(staged) files"
    assert_eq "$(find r/tmp -mindepth 1 -maxdepth 1 -type d -name 'staging-boot-*' | wc -l)" 1
    OSTREE_BOOTID=boot "$second" --repo=r commit -b x --timestamp=@5 tree >rev
    assert_eq "$(find r/tmp -mindepth 1 -maxdepth 1 -name '*staging*' | wc -l)" 0
    ostree --repo=r fsck -q
    "$PANDO" --repo=r fsck -q
    ok "$(basename "$second") goes on where $(basename "$first") failed"
  done
done

# Another boot's is not trusted.
rm -rf r
"$PANDO" --repo=r init --mode=bare-user
fail_as "$PANDO"
OSTREE_BOOTID=other "$PANDO" --repo=r commit -b x --timestamp=@5 tree >rev
assert_exists r/tmp/staging-boot-*
ok "what another boot has left is not taken"
