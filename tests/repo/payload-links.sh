#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# core.payload-link-threshold: files of the same content and different owners share their blocks, on a file system that
# can.
. "$(dirname "$0")/../lib.sh"
need_root
need filefrag

# Without such a file system there are no links, and nothing is missing.
mkdir tree
head -c 300000 /dev/urandom >tree/big
head -c 9000 /dev/urandom >tree/small
"$PANDO" --repo=r init --mode=bare
"$PANDO" --repo=r config set core.payload-link-threshold nonsense
fails_with 'payload-link-threshold' "$PANDO" --repo=r commit -b x tree
"$PANDO" --repo=r config set core.payload-link-threshold 10000
"$PANDO" --repo=r commit -b x tree >out
"$PANDO" --repo=r fsck >out
ok "the key"

command -v mkfs.btrfs >/dev/null || PATH=$PATH:/sbin:/usr/sbin
if ! command -v mkfs.btrfs >/dev/null; then
  skip "blocks are shared" "mkfs.btrfs is not installed"
  exit 0
fi
truncate -s 256M image
mkfs.btrfs -q image
mkdir disk
if ! mount -o loop image disk 2>/dev/null; then
  skip "blocks are shared" "cannot mount btrfs here"
  exit 0
fi
unmounts+=("$SCRATCH/disk")
cp -r tree disk/tree
cd disk

links () { find "$1/objects" -name '*.payload-link' | wc -l; }
# Does every block of the object of the file $3 in the commit $2 belong to others, too?
assert_shared () {
  local hex
  hex=$("$PANDO" --repo="$1" ls -C "$2" "$3" | awk '{ print $5 }')
  sync -f .
  filefrag -v "$1/objects/${hex:0:2}/${hex:2}.file" >"$SCRATCH/frags"
  assert_match "$SCRATCH/frags" 'shared'
}

for mode in bare bare-user; do
  "$PANDO" --repo=$mode init --mode=$mode
  "$PANDO" --repo=$mode config set core.payload-link-threshold 10000
  "$PANDO" --repo=$mode commit -b one tree >out
  assert_eq "$(links $mode)" 1
  payload=$(sha256sum <tree/big | cut -c 1-64)
  hex=$("$PANDO" --repo=$mode ls -C one /big | awk '{ print $5 }')
  assert_eq "$(readlink "$mode/objects/${payload:0:2}/${payload:2}.payload-link")" "../${hex:0:2}/${hex:2}.file"
  "$PANDO" --repo=$mode commit -b two --owner-uid=7 --tree=ref=one >out
  "$PANDO" --repo=$mode commit -b three --owner-uid=8 tree >out
  assert_shared $mode two /big
  assert_shared $mode three /big
  assert_eq "$(links $mode)" 1
  "$PANDO" --repo=$mode fsck >out
  ok "$mode: one link, and shared blocks"
done

"$PANDO" --repo=archive init --mode=archive
"$PANDO" --repo=archive config set core.payload-link-threshold 0
"$PANDO" --repo=archive commit -b one tree >out
assert_eq "$(links archive)" 0
"$PANDO" --repo=pulled init --mode=bare-user
"$PANDO" --repo=pulled config set core.payload-link-threshold 10000
"$PANDO" --repo=pulled pull-local archive >out
assert_eq "$(links pulled)" 1
"$PANDO" --repo=pulled commit -b two --owner-uid=9 --tree=ref=one >out
assert_shared pulled two /big
ok "pulled files, too; archives have none"

# A file that is damaged is not shared.
victim=$(readlink "pulled/objects/${payload:0:2}/${payload:2}.payload-link")
printf 'damage' | dd of="pulled/objects/${victim#../}" conv=notrunc status=none
"$PANDO" --repo=pulled commit -b three --owner-uid=10 tree >out
hex=$("$PANDO" --repo=pulled ls -C three /big | awk '{ print $5 }')
cmp tree/big "pulled/objects/${hex:0:2}/${hex:2}.file"
fails_with 'Corrupted (payload-link|file) object' "$PANDO" --repo=pulled fsck
"$PANDO" --repo=pulled fsck --repair --from=archive >out
"$PANDO" --repo=pulled fsck >out
ok "damage does not spread"

# Links that lead elsewhere are found, and removed by a repair; those that lead nowhere by prune.
ln -s ../../config "bare/objects/${payload:0:2}/$(printf '%062d' 1).payload-link"
fails_with 'does not lead to a file object' "$PANDO" --repo=bare fsck
"$PANDO" --repo=bare fsck --repair >out
"$PANDO" --repo=bare fsck >out
"$PANDO" --repo=bare refs --delete one two three
"$PANDO" --repo=bare prune --refs-only >out
assert_eq "$(links bare)" 0
"$PANDO" --repo=bare-user prune >out
assert_eq "$(links bare-user)" 1
ok "fsck and prune"
