#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# prune.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
make_tree tree
$PANDO init --repo=r --mode=bare-user

# commit_at BRANCH TIME CONTENT: prints the checksum.
commit_at () {
  echo "$3" >tree/usr/bin/hello
  $PANDO commit -b "$1" --timestamp="$2" tree
}
commits () { find r/objects -name '*.commit' | wc -l; }

old=$(commit_at x @1 one)
middle=$(commit_at x @2 two)
new=$(commit_at x 'October 21 2015' three)
$PANDO prune >out
assert_match out '^Total objects: [0-9]+$' '^No unreachable objects$'
$PANDO prune --refs-only --depth=0 --no-prune >out
assert_match out '^Would delete: [1-9][0-9]* objects, freeing '
assert_eq "$(commits)" 3
$PANDO prune --refs-only --depth=1 >out
assert_match out '^Total objects: [0-9]+$' '^Deleting [0-9]+ objects and 0 static deltas of ' \
  '^Deleted [0-9]+ objects, .* freed$'
$PANDO fsck | tail -1 | grep -q 'of 2 commits'
assert_eq "$($PANDO cat x /usr/bin/hello)" three
ok "prune counts, then deletes"

fails_with "Commit '$new' is referenced" "$PANDO" prune --delete-commit="$new"
fails_with "$old" "$PANDO" prune --delete-commit="$old"
$PANDO prune --delete-commit="$middle" >out
assert_match out '^Deleted [0-9]+ objects'
assert_eq "$(commits)" 1
assert_match r/config '^tombstone-commits=true$'
[ -e "r/objects/${middle:0:2}/${middle:2}.tombstone-commit" ]
$PANDO fsck >/dev/null
ok "a commit is deleted out of its history, and leaves a tombstone"

for n in 1 2 3; do
  commit_at stable "@$n" "stable $n"
  commit_at dev "@$n" "dev $n"
done >/dev/null
commit_at dev yesterday 'dev new' >/dev/null
assert_eq "$(commits)" 8
$PANDO prune --only-branch=stable --depth=1 >/dev/null
assert_eq "$(commits)" 7
$PANDO prune --keep-younger-than='2 weeks ago' --retain-branch-depth=stable=-1 >/dev/null
assert_eq "$(commits)" 4
$PANDO prune --depth=0 --retain-branch-depth=dev=5 --commit-only >out
assert_match out '^Total \(commit only\) objects: 4$' '^Deleted 1 objects'
assert_eq "$(commits)" 3
$PANDO prune >out
assert_match out '^Deleted [1-9][0-9]* objects'
$PANDO fsck >/dev/null
ok "branches have depths and ages of their own"

# The files of a checkout take their space whatever becomes of the objects.
$PANDO init --repo=hard --mode=bare-user
rm -rf plain && mkdir plain && head -c 100000 /dev/zero >plain/zeros
$PANDO --repo=hard commit -b y --owner-uid="$(id -u)" --owner-gid="$(id -g)" plain >/dev/null
$PANDO --repo=hard checkout -U -H y out-y
$PANDO --repo=hard refs --delete y
$PANDO --repo=hard prune --refs-only --no-prune >out
assert_no_match out '100[.0-9]* kB'
rm -rf out-y
$PANDO --repo=hard prune --refs-only >out
assert_match out '^Deleted 4 objects, 100.*kB freed$'
ok "what is linked into a checkout is not said to be freed"

cp -a r broken
rm "broken/objects/${new:0:2}/${new:2}.commit"
before=$(find broken/objects -type f | wc -l)
fails_with "ref 'x': No such metadata object $new.commit; nothing is deleted .* fsck --repair" "$PANDO" --repo=broken prune --refs-only --depth=0
assert_eq "$(find broken/objects -type f | wc -l)" "$before"
ok "nothing is deleted when a ref has lost its commit"

# A lock that another program holds: shared, the scan goes on beside it and the deletion does not.
$PANDO config set core.lock-timeout-secs 0
$PANDO refs --delete dev
exec 9<>r/.lock
lock_shared () { python3 -c 'import fcntl, struct; fcntl.fcntl(9, 37, struct.pack("hhqqi4x", 0, 0, 0, 0, 0))'; }
if lock_shared 2>/dev/null; then
  $PANDO prune --refs-only --no-prune >out
  fails_with 'locked by another process; gave up after 0 seconds' "$PANDO" prune --refs-only
  assert_eq "$(commits)" 3
  ok "the deletion waits for writers"
else
  skip "the deletion waits for writers" "no way to take the lock here"
fi
exec 9>&-

fails_with 'depth' "$PANDO" prune --depth=x
fails_with 'depth' "$PANDO" prune --depth=-2
fails_with 'Invalid depth BACON' "$PANDO" prune --retain-branch-depth=x=BACON
fails_with 'must specify BRANCH=DEPTH' "$PANDO" prune --retain-branch-depth=x
fails_with "Refspec 'nope' not found" "$PANDO" prune --retain-branch-depth=nope=1
fails_with "Refspec 'nope' not found" "$PANDO" prune --only-branch=nope
fails_with "Could not parse 'blah'" "$PANDO" prune --keep-younger-than=blah
fails_with '--static-deltas-only requires --delete-commit' "$PANDO" prune --static-deltas-only
fails_with 'goes with' "$PANDO" prune --static-deltas-only --delete-commit="$new" --refs-only
fails_with 'too many arguments' "$PANDO" prune word
ok "errors"
