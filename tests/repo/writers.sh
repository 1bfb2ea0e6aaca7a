#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Many programs on one repository at the same time: commits to branches of their own and to one that all want, pulls, prunes
# and fscks. Each succeeds in the end, and in the end every ref has a whole commit that somebody made.
. "$(dirname "$0")/../lib.sh"

"$PANDO" --repo=r init --mode=archive
"$PANDO" --repo=source init --mode=archive
for n in 1 2 3; do
  make_tree "tree-$n"
  echo "$n" >"tree-$n/usr/number"
done
make_tree far
"$PANDO" --repo=source commit -b far --timestamp=@1 far >far.commit
"$PANDO" --repo=r commit -b shared --timestamp=@1 tree-1 >shared.commits

# All trees have the same files but two, so that one finds there what another would delete.
writer () {
  local round
  for round in 1 2 3; do
    echo "$1 $round" >"tree-$1/usr/round"
    "$PANDO" --repo=r commit -b "own-$1" --timestamp="@$round" "tree-$1" >>"own-$1.commits"
    # Who finds that another moved the branch meanwhile does it again on top of that.
    until "$PANDO" --repo=r commit -b shared --timestamp="@$round" "tree-$1" >>"shared-$1.commits" 2>"moved-$1"; do
      grep 'was changed by somebody else' "moved-$1"
    done
  done
}
puller () {
  local round
  for round in 1 2 3; do
    "$PANDO" --repo=r pull-local --remote=up source far
    "$PANDO" --repo=r refs --delete up:far
  done
  "$PANDO" --repo=r pull-local --remote=up source far
}
pruner () { for _ in 1 2 3 4; do "$PANDO" --repo=r prune --refs-only --depth=0; done; }
checker () { for _ in 1 2 3; do "$PANDO" --repo=r fsck -q; done; }

jobs=("writer 1" "writer 2" "writer 3" puller pruner checker)
pids=()
for ((i = 0; i < ${#jobs[@]}; i++)); do
  # shellcheck disable=SC2086 # words
  ( set -e; ${jobs[i]} ) >"job-$i.out" 2>&1 &
  pids+=("$!")
  started+=("$!")
done
for ((i = 0; i < ${#jobs[@]}; i++)); do
  wait "${pids[i]}" || fail "${jobs[i]}: $(tail -n 5 "job-$i.out")"
done
ok "commits, pulls, prunes and fscks beside each other"

for n in 1 2 3; do
  assert_eq "$("$PANDO" --repo=r rev-parse "own-$n")" "$(tail -n 1 "own-$n.commits")"
  assert_eq "$("$PANDO" --repo=r cat "own-$n" /usr/round)" "$n 3"
done
"$PANDO" --repo=r rev-parse shared >tip
grep -qxF -f tip shared-?.commits || fail "nobody made the tip of the branch that all wrote to"
assert_eq "$("$PANDO" --repo=r rev-parse up:far)" "$(cat far.commit)"
"$PANDO" --repo=r fsck -q >/dev/null
assert_eq "$(find r/tmp -name '*staging*')" ''
ok "every ref has a whole commit"

# The same files are in a repository that nobody shared.
"$PANDO" --repo=r prune --refs-only --depth=0 >/dev/null
"$PANDO" --repo=alone init --mode=archive
"$PANDO" --repo=alone pull-local r own-1 own-2 own-3 shared >/dev/null
"$PANDO" --repo=alone pull-local --remote=up source far >/dev/null
diff <(cd r/objects && find . -type f | sort) <(cd alone/objects && find . -type f | sort) >objects.diff ||
  fail "objects that nobody needs, or too few: $(cat objects.diff)"
ok "nothing else is left"
