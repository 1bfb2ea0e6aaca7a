#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Repositories that may not, or cannot, take more: the error says so, and nothing half written is left.
. "$(dirname "$0")/../lib.sh"

make_tree tree
export OSTREE_REPO=r
$PANDO init --repo=r --mode=bare-user
$PANDO commit -b x --timestamp=@1 tree >first
# unchanged: the ref is where it was, and all is whole.
unchanged () {
  assert_eq "$($PANDO rev-parse x)" "$(cat first)"
  $PANDO fsck -q >/dev/null
}

echo more >tree/more
$PANDO config set core.min-free-space-size 1000TB
fails_with "min-free-space-size 1000TB would be exceeded, at least [0-9]+.* requested; free some space" \
  "$PANDO" commit -b x tree
unchanged
$PANDO config set core.min-free-space-size 5pounds
fails_with "core.min-free-space-size is '5pounds', but must be like 500MB" "$PANDO" commit -b x tree
$PANDO config unset core.min-free-space-size
$PANDO config set core.min-free-space-percent 100
fails_with 'core.min-free-space-percent must be 0 to 99' "$PANDO" commit -b x tree
$PANDO config unset core.min-free-space-percent
unchanged
# What needs no room goes on.
$PANDO config set core.min-free-space-size 1000TB
$PANDO refs --create=y x
rm tree/more
$PANDO commit -b y --timestamp=@2 tree >/dev/null
$PANDO config unset core.min-free-space-size
ok "min-free-space"

missing=$(printf '0%.0s' {1..64})
fails_with "No such commit '$missing'" "$PANDO" refs --create=z "$missing"
fails_with "No such commit '$missing'" "$PANDO" reset y "$missing"
ok "no ref is pointed at a commit that is not here"

if [ "$(id -u)" = 0 ] && mount --bind r r 2>/dev/null; then
  unmounts+=("$(readlink -f r)")
  mount -o remount,ro,bind r
  for command in "commit -b x tree" "refs --create=q x" "refs --delete y" "reset x y" "config set a.b c" \
      "prune --refs-only --depth=0" "summary -u"; do
    # shellcheck disable=SC2086 # words
    fails_with 'Read-only file system' "$PANDO" $command
  done
  $PANDO fsck -q >/dev/null
  $PANDO prune --refs-only --no-prune >/dev/null
  $PANDO checkout -U x out-x
  rm -rf out-x
  object=$($PANDO ls -C x /usr/share/numbers | awk '{ print $5 }')
  umount r && rm "r/objects/${object:0:2}/${object:2}.file"
  mount --bind r r && mount -o remount,ro,bind r
  fails_with "Not marking commit as partial: $(cat first): .*Read-only file system" "$PANDO" fsck
  assert_match .err "Object missing in commits .*$object.file" 'Repository corruption encountered'
  fails_with 'Read-only file system' "$PANDO" fsck --delete
  umount r
  unmounts=()
  ok "a read-only repository: looking works, changes say why they do not"
else
  skip "a read-only repository" "needs root and mounts"
fi

if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=2M pando-test small 2>/dev/null; then
  unmounts+=("$(readlink -f small)")
  export OSTREE_REPO=small/r
  rm -rf tree && mkdir tree && echo one >tree/file
  $PANDO --repo=small/r init --mode=archive
  $PANDO config set core.min-free-space-percent 0
  $PANDO commit -b x tree >first
  head -c 4000000 /dev/urandom >tree/large
  fails_with 'No space left on device|would be exceeded' "$PANDO" commit -b x tree
  unchanged
  seq 3000 | while read -r i; do echo "$i" >"tree/$i"; done
  rm tree/large
  fails_with 'No space left on device|would be exceeded' "$PANDO" commit -b x tree
  unchanged
  rm -rf tree && mkdir tree && echo two >tree/file
  rm -rf small/r/tmp/*staging-*
  $PANDO commit -b x tree >/dev/null
  $PANDO fsck -q >/dev/null
  ok "a full disk"
else
  skip "a full disk" "needs root and mounts"
fi
