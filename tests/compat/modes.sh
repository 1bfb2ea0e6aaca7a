#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Objects between repositories of every two modes: pulled by each program from what the other wrote, and both find the
# result without fault.
. "$(dirname "$0")/../lib.sh"
need ostree

make_tree tree
modes="bare-user archive bare-user-only"
[ "$(id -u)" != 0 ] || modes="$modes bare"
for mode in $modes; do
  for by in ostree "$PANDO"; do
    repo=$(basename "$by")-$mode
    "$by" --repo="$repo" init --mode="$mode"
    "$by" --repo="$repo" commit -b os/stable --canonical-permissions --no-xattrs --timestamp=@1000 tree >rev
  done
done

# pull BY FROM TO [OPTION]: by this program from what the other one wrote.
pull () {
  local by=$1 from=$2 to=$3 source
  shift 3
  source=ostree-$from
  [ "$by" != ostree ] || source=$(basename "$PANDO")-$from
  rm -rf repo
  "$by" --repo=repo init --mode="$to"
  "$by" --repo=repo pull-local "$@" "$source" os/stable >out
  assert_eq "$(ostree --repo=repo rev-parse os/stable)" "$(cat rev)" "$by from $source to $to"
  ostree --repo=repo fsck -q >out
  "$PANDO" --repo=repo fsck -q >out
}

for from in $modes; do
  for to in $modes; do
    pull ostree "$from" "$to"
    pull "$PANDO" "$from" "$to"
    pull "$PANDO" "$from" "$to" --untrusted
    ok "$from to $to"
  done
done
