#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull-local, and pull from file:// remotes: from every mode to every mode.
. "$(dirname "$0")/../lib.sh"

make_tree tree
modes="bare-user archive"
[ "$(id -u)" != 0 ] || modes="$modes bare"
for mode in $modes; do
  "$PANDO" --repo="from-$mode" init --mode="$mode"
  "$PANDO" --repo="from-$mode" commit -b os/stable -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
done
"$PANDO" --repo=from-archive ls -R -C "$(cat v1)" >ls-expected

for from in $modes; do
  for to in $modes; do
    repo=$from-to-$to
    "$PANDO" --repo="$repo" init --mode="$to"
    "$PANDO" --repo="$repo" pull-local "from-$from" os/stable >out
    assert_match out '^[0-9]+ metadata, [0-9]+ content objects imported; .* content written$'
    assert_eq "$("$PANDO" --repo="$repo" rev-parse os/stable)" "$(cat v1)"
    "$PANDO" --repo="$repo" fsck >out
    "$PANDO" --repo="$repo" ls -R -C os/stable >ls-here
    cmp ls-here ls-expected
  done
done
ok "from every mode to every mode"

object=$(find from-bare-user/objects -name '*.file' -size +10k | head -n 1)
[ "$(stat -c %h "$object")" -gt 1 ]
ok "the same mode shares files by hard links"

"$PANDO" --repo=copy init --mode=bare-user
links=$(stat -c %h "$object")
"$PANDO" --repo=copy pull-local --untrusted from-bare-user os/stable >out
assert_eq "$(stat -c %h "$object")" "$links"
ok "untrusted: checked and copied"

"$PANDO" --repo=all init --mode=archive
"$PANDO" --repo=from-archive commit -b second -s two --timestamp=@1000 tree >v2
"$PANDO" --repo=all pull-local --per-object-fsync from-archive >out
assert_eq "$("$PANDO" --repo=all rev-parse second)" "$(cat v2)"
assert_eq "$("$PANDO" --repo=all rev-parse os/stable)" "$(cat v1)"
"$PANDO" --repo=all pull-local --remote=up from-archive second >out
assert_eq "$("$PANDO" --repo=all rev-parse up:second)" "$(cat v2)"
"$PANDO" --repo=all pull-local --per-object-fsync from-archive >out
assert_match out '^0 metadata, 0 content objects imported'
ok "all heads, and below a remote's name"

"$PANDO" --repo=file init --mode=bare-user
"$PANDO" --repo=file remote add --no-gpg-verify origin "file://$SCRATCH/from-archive"
"$PANDO" --repo=file pull origin os/stable >out
assert_match out 'objects imported'
assert_eq "$("$PANDO" --repo=file rev-parse origin:os/stable)" "$(cat v1)"
"$PANDO" --repo=file remote add signed "file://$SCRATCH/from-archive"
fails_with 'cannot be verified yet' "$PANDO" --repo=file pull signed os/stable
ok "a file:// remote"

fails_with "No such branch 'nope'" "$PANDO" --repo=file pull-local from-archive nope
fails_with 'nowhere' "$PANDO" --repo=file pull-local nowhere
fails_with 'argument is missing' "$PANDO" --repo=file pull-local
ok "names that are not there"

# Depth, commits alone.
echo more >tree/more
"$PANDO" --repo=from-archive commit -b os/stable -s three --timestamp=@3000 tree >v3
"$PANDO" --repo=deep init --mode=bare-user
"$PANDO" --repo=deep pull-local --depth=1 from-archive os/stable >out
"$PANDO" --repo=deep ls "$(cat v1)" >out
"$PANDO" --repo=meta init --mode=bare-user
"$PANDO" --repo=meta pull-local --commit-metadata-only from-archive os/stable >out
assert_exists "meta/state/$(cat v3).commitpartial"
ok "depth and commit-metadata-only"

# A corrupt object never counts: rot in the source is found when it is checked.
cp -a from-archive rotten
victim=$(find rotten/objects -name '*.filez' -size +1k | head -n 1)
printf 'X' | dd of="$victim" bs=1 seek=$(($(stat -c %s "$victim") / 2)) conv=notrunc status=none
"$PANDO" --repo=strict init --mode=bare-user
fails_with "$(basename "$victim" .filez)" "$PANDO" --repo=strict pull-local rotten os/stable
fails_with 'not found' "$PANDO" --repo=strict rev-parse os/stable
"$PANDO" --repo=strict pull-local from-archive os/stable >out
"$PANDO" --repo=strict fsck >out
ok "a corrupt object in the source is an error that names it"

rm "$victim"
"$PANDO" --repo=missing init --mode=archive
fails_with "$(basename "$victim" .filez)" "$PANDO" --repo=missing pull-local rotten os/stable
ok "a missing object in the source is an error that names it"
