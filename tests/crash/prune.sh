#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A prune that is killed at any of its calls leaves every commit that is still there whole; the next one does the rest.
. "$(dirname "$0")/../lib.sh"
need_killer

mkdir tree
"$PANDO" --repo=start init --mode=archive
"$PANDO" --repo=start config set core.tombstone-commits true
for n in 1 2 3; do
  seq "$n" 12 | while read -r i; do echo "$n $i" >"tree/$i"; done
  "$PANDO" --repo=start commit -b x --timestamp=@"$n" tree >/dev/null
done

prune=("$PANDO" --repo=repo prune --refs-only --depth=0)
files () { (cd "$1" && find objects state -type f | sort); }
cp -a start repo
total=$(count_calls "${prune[@]}")
files repo >expected
for at in $(crash_points "$total"); do
  rm -rf repo
  cp -a start repo
  killed_at "$at" "${prune[@]}"
  "$PANDO" --repo=repo fsck -q >out 2>&1 || fail "killed at $at: $(tail -n 3 out)"
  "${prune[@]}" >/dev/null
  files repo >left
  diff expected left >out || fail "killed at $at, then again: $(cat out)"
done
ok "a prune killed at some of its $total calls"
