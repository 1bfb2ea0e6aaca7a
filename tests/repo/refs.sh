#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# refs: lists, makes, deletes; aliases, remotes, collections.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
mkdir tree
$PANDO init --repo=r --mode=archive --collection-id=org.example.Os
a=$($PANDO commit -b os/a --timestamp=@1 tree)
b=$($PANDO commit -b os/b --timestamp=@2 tree)
assert_eq "$($PANDO refs)" "os/a
os/b"
assert_eq "$($PANDO refs os)" "a
b"
assert_eq "$($PANDO refs --list os)" "os/a
os/b"
assert_eq "$($PANDO refs -r os/a)" "os/a	$a"
assert_eq "$($PANDO refs nope)" ""
$PANDO refs --json >out
assert_match out '"name" : "os/a"' "\"checksum\" : \"$b\""
ok "listing"

$PANDO refs --create=new os/a >out 2>&1
assert_content out ""
assert_eq "$($PANDO rev-parse new)" "$a"
fails_with 'ref new already exists; --force' "$PANDO" refs --create=new os/b
assert_eq "$($PANDO rev-parse new)" "$a"
$PANDO refs --create=new --force os/b
assert_eq "$($PANDO rev-parse new)" "$b"
fails_with "Refspec 'nope' not found" "$PANDO" refs --create=newer nope
fails_with 'You must specify a revision' "$PANDO" refs --create=newer
fails_with 'new' "$PANDO" refs --create=new/below os/a
fails_with 'Invalid ref' "$PANDO" refs --create='a b' os/a
fails_with '--force goes with --create' "$PANDO" refs --force
ok "making"

$PANDO refs -A --create=alias os/a
assert_eq "$($PANDO refs -A)" "alias -> os/a"
$PANDO reset os/a "$b"
assert_eq "$($PANDO rev-parse alias)" "$b"
$PANDO refs -A --create=alias os/b
assert_eq "$($PANDO refs -A)" "alias -> os/b"
fails_with 'non-existent ref: nope' "$PANDO" refs -A --create=alias2 nope
fails_with "Ref 'os/b' has an active alias: 'alias'" "$PANDO" refs --delete os/b
ok "aliases follow their ref and protect it"

$PANDO refs --create=far:away os/a
assert_match <($PANDO refs) '^far:away$'
$PANDO refs --delete far:away
assert_eq "$($PANDO refs -c)" "(org.example.Os, alias)
(org.example.Os, new)
(org.example.Os, os/a)
(org.example.Os, os/b)"
assert_eq "$($PANDO refs -c org.example.Other)" ""
ok "remotes and collections"

$PANDO refs --delete alias os new nope
assert_eq "$($PANDO refs)" ""
fails_with 'At least one PREFIX is required' "$PANDO" refs --delete
ok "deleting, absent ones too"

tip=$($PANDO commit -b os/c --timestamp=@3 tree)
$PANDO refs -c --create=org.example.Mirror:os/c os/c
$PANDO refs -c --create=org.example.Mirror:os/c "$tip"
assert_eq "$($PANDO refs -c -r org.example.Mirror)" "(org.example.Mirror, os/c)	$tip"
fails_with 'already exists; --force' "$PANDO" refs -c --create=org.example.Os:os/c os/c
$PANDO refs -c --json org.example.Mirror >out
assert_match out '"collection" : "org.example.Mirror"' '"name" : "os/c"' "\"checksum\" : \"$tip\""
fails_with 'COLLECTION-ID:REF' "$PANDO" refs -c --create=os/d os/c
$PANDO refs -c --delete org.example.Mirror
assert_eq "$($PANDO refs -c)" "(org.example.Os, os/c)"
ok "refs of other collections, made and deleted"

# A crash of the disk, or an editor, left files that are no refs.
$PANDO config set core.collection-id org.example.Os
$PANDO refs --create=os/bad os/c
$PANDO refs --create=os/bad2 os/c
echo rubbish >r/refs/heads/os/bad
: >r/refs/heads/os/bad2
ln -s ../../../../etc r/refs/heads/os/out
ln -s nowhere r/refs/heads/os/dangling
fails_with "ref 'os/bad' holds no checksum: 'refs --delete' removes it, 'reset' points it at a commit" "$PANDO" refs os/bad
fails_with "ref 'os/bad' holds no checksum" "$PANDO" rev-parse os/bad
$PANDO reset os/bad "$tip"
assert_eq "$($PANDO rev-parse os/bad)" "$tip"
$PANDO refs --create=os/bad2 --force "$tip"
assert_eq "$($PANDO rev-parse os/bad2)" "$tip"
: >r/refs/heads/os/bad2
$PANDO refs --delete os/bad2 os/out os/dangling
assert_eq "$($PANDO refs)" "os/bad
os/c"
echo rubbish >r/refs/heads/os/bad
$PANDO refs --delete os
assert_eq "$($PANDO refs)" ""
fails_with "Invalid ref 'os/none': it must exist" "$PANDO" reset os/none "$tip"
ok "damaged refs are named, and mended or deleted"

# Names that are paths. What they would lead to is there, and stays.
$PANDO refs --create=os/kept "$tip"
mkdir -p r/outside
echo "$tip" >r/outside/ref
refused () { fails_with 'Invalid|not found|remote ref' "$PANDO" "$@"; }
for name in ../../outside/ref os/../../../outside/ref /outside/ref os//kept os/kept/ . os/.. .hidden $'os\nkept' \
    '../../outside:ref' 'far:../../../outside/ref'; do
  refused refs --create="$name" --force "$tip"
  refused refs -A --create="$name" os/kept
  refused commit -b "$name" tree
  refused reset "$name" "$tip"
  refused rev-parse "$name"
  $PANDO refs --delete "$name" >out 2>&1 || assert_match out '^error: .*Invalid'
  $PANDO refs --list "$name" >out 2>err || assert_match err '^error: .*Invalid'
  assert_no_match out outside
done
refused commit -b os/bound --bind-ref=../../outside tree
for name in ../../outside org.example.Os/../../.. .. org..Example; do
  fails_with "Invalid collection ID" "$PANDO" refs -c --create="$name:os/kept" "$tip"
done
fails_with "Invalid ref" "$PANDO" refs -c --create="org.example.Mirror:../../outside/ref" "$tip"
fails_with "Invalid remote name" "$PANDO" remote add ../../outside http://127.0.0.1:1
assert_content r/outside/ref "$tip"
assert_eq "$(find r/outside | wc -l)" 2
assert_eq "$($PANDO refs)" os/kept
rm -r r/outside
ok "names that are paths"

mv r/refs/remotes r/refs/gone
fails_with 'Listing refs: opendir\(refs/remotes\): No such file or directory' "$PANDO" refs --list
fails_with 'Listing refs' "$PANDO" prune --refs-only
mv r/refs/gone r/refs/remotes
$PANDO refs --list >out
ok "without the directory of refs nothing is known about them"
