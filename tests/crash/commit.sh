#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A commit that is killed at any of its writes, links, renames and syncs leaves a repository in which every ref resolves
# and fsck is clean; the same commit made again succeeds.
. "$(dirname "$0")/../lib.sh"
need_killer

make_tree first
cp -a first second
echo changed >second/usr/bin/hello
mkdir second/usr/more
seq 30 | while read -r i; do echo "file $i" >"second/usr/more/$i"; done

for mode in bare bare-user archive; do
  "$PANDO" --repo=start init --mode=$mode
  "$PANDO" --repo=start commit -b os --timestamp=@1 first >old
  cp -a start whole
  total=$(count_calls "$PANDO" --repo=whole commit -b os --timestamp=@2 second)
  new=$("$PANDO" --repo=whole rev-parse os)
  for at in $(crash_points "$total"); do
    cp -a start repo
    killed_at "$at" "$PANDO" --repo=repo commit -b os --timestamp=@2 second
    "$PANDO" --repo=repo rev-parse os >now
    grep -qxF -e "$(cat old)" -e "$new" now || fail "killed at $at, the ref is $(cat now)"
    "$PANDO" --repo=repo fsck -q >fsck.out 2>&1 || fail "killed at $at: $(tail -n 3 fsck.out)"
    if [ "$(cat now)" != "$new" ]; then
      "$PANDO" --repo=repo commit -b os --timestamp=@2 second >again
      assert_content again "$new"
      "$PANDO" --repo=repo fsck -q >fsck.out 2>&1 || fail "killed at $at, then again: $(tail -n 3 fsck.out)"
    fi
    rm -rf repo
  done
  ok "commit to $mode killed at some of its $total calls"
  rm -rf start whole
done
