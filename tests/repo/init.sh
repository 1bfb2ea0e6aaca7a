#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# init: every mode, again, and where it cannot be.
. "$(dirname "$0")/../lib.sh"

for mode in bare bare-user archive; do
  $PANDO init --repo="$mode" --mode="$mode" >out 2>&1
  assert_content out ""
  assert_exists "$mode/objects" "$mode/refs/heads" "$mode/refs/remotes" "$mode/tmp"
done
assert_eq "$($PANDO --repo=bare config get core.mode)" bare
assert_eq "$($PANDO --repo=archive config get core.mode)" archive-z2
ok "the three modes, in silence"

cp archive/config before
$PANDO init --repo=archive --mode=archive >out 2>&1
$PANDO init --repo=archive >>out 2>&1
assert_content out ""
$PANDO init --repo=archive --mode=bare >out 2>&1
assert_match out "^note: 'archive' exists, in mode archive-z2; it is left as it is"
cmp before archive/config
ok "a repository that exists is left as it is, and told when it is of another mode"

$PANDO init --repo=collection --mode=archive-z2 --collection-id=org.example.Os
assert_eq "$($PANDO --repo=collection config get core.collection-id)" org.example.Os
fails_with 'collection' "$PANDO" init --repo=other --collection-id=nodots
assert_missing other/config
ok "a collection's id"

fails_with "unknown mode 'nonsense'.*bare-user" "$PANDO" init --repo=other --mode=nonsense
fails_with 'No such file or directory' "$PANDO" init --repo=no/such/place
$PANDO init --repo=other init
assert_exists other/objects
fails_with "Unknown option --bogus; see 'pando init --help'" "$PANDO" init --bogus
ok "errors say what to do"

mkdir here
(cd here && fails_with 'Command requires a --repo argument' "$PANDO" init --mode=archive)
[ ! -e here/config ] || fail "the current directory became a repository without being named"
(cd here && $PANDO init --repo=. --mode=archive && $PANDO refs)
assert_exists here/config
ok "the current directory when it is named, and found there"
