#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A pull that is killed at any of its writes, links, renames and syncs leaves the old commit or the new one, whole, and goes
# on where it was: the next one ends it, and what had arrived is not fetched again.
. "$(dirname "$0")/../lib.sh"
need_killer

make_tree tree
seq 60000 >tree/usr/share/long
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b os --timestamp=@1 --owner-uid=0 --owner-gid=0 tree >old
mkdir tree/usr/more
seq 30 | while read -r i; do echo "file $i" >"tree/usr/more/$i"; done
seq 90000 >tree/usr/share/longer
"$PANDO" --repo=start init --mode=bare-user
http_serve up
"$PANDO" --repo=start remote add --no-gpg-verify origin "$HTTP_URL"
"$PANDO" --repo=start pull origin os >/dev/null
"$PANDO" --repo=up commit -b os --timestamp=@2 --owner-uid=0 --owner-gid=0 tree >new
"$PANDO" --repo=up summary -u

cp -a start whole
total=$(count_calls "$PANDO" --repo=whole pull origin os)
"$PANDO" --repo=whole rev-parse origin:os >now
assert_content now "$(cat new)"
for at in $(crash_points "$total"); do
  cp -a start repo
  killed_at "$at" "$PANDO" --repo=repo pull origin os
  "$PANDO" --repo=repo rev-parse origin:os >now
  grep -qxF -f old -f new now || fail "killed at $at, the ref is $(cat now)"
  "$PANDO" --repo=repo fsck -q >fsck.out 2>&1 || fail "killed at $at: $(tail -n 3 fsck.out)"
  "$PANDO" --repo=repo pull origin os >again.out 2>&1 || fail "killed at $at, then again: $(cat again.out)"
  "$PANDO" --repo=repo rev-parse origin:os >now
  assert_content now "$(cat new)"
  "$PANDO" --repo=repo fsck -q >fsck.out 2>&1 || fail "killed at $at, then again: $(tail -n 3 fsck.out)"
  assert_eq "$(find repo/state -name '*.commitpartial' | wc -l)" 0 "marks of partial commits, killed at $at"
  rm -rf repo
done
ok "a pull killed at some of its $total calls"

# Nearly at the end all content is there; only commits are asked for again.
cp -a start repo
killed_at $((total - 40)) "$PANDO" --repo=repo pull origin os
"$PANDO" --repo=repo pull origin os >again.out
assert_match again.out '[0-9]+ metadata, 0 content objects fetched'
ok "what had arrived is not fetched again"
