#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same options leave the same objects, tombstones and static deltas with both programs.
. "$(dirname "$0")/../lib.sh"
need ostree

mkdir tree
ostree --repo=start init --mode=archive
for n in 1 2 3 4; do
  echo "$n" >tree/file
  for branch in stable dev; do
    echo "$branch" >tree/branch
    ostree --repo=start commit -b $branch --timestamp="@${n}000000" -s "$n" tree >/dev/null
  done
done
ostree --repo=start commit -b loose --timestamp=@1000000 tree >/dev/null
ostree --repo=start refs --delete loose
for from in --empty --from=dev^ --from=stable; do
  ostree --repo=start static-delta generate $from dev >/dev/null 2>&1
done
ostree --repo=start static-delta generate --empty dev^^ >/dev/null 2>&1
ostree --repo=start summary -u
third=$(ostree --repo=start rev-parse dev^)

files () { (cd "$1" && find objects deltas delta-indexes -type f | sort && cat config); }

# both OPTION…: the same files are left.
both () {
  rm -rf theirs ours
  cp -a start theirs
  cp -a start ours
  ostree --repo=theirs prune "$@" >theirs.out
  "$PANDO" --repo=ours prune "$@" >ours.out
  # Programs of that age leave the indexes of deltas that are gone to the next summary.
  ostree --repo=theirs static-delta reindex
  diff <(files theirs) <(files ours) >files.diff || fail "prune $*: $(cat files.diff)"
  ostree --repo=ours fsck -q
  ok "prune $*"
}

both
both --refs-only
both --refs-only --depth=0
both --refs-only --depth=2
both --depth=1
both --keep-younger-than=@2000000
both --keep-younger-than=@3000000 --retain-branch-depth=stable=2
both --only-branch=dev --depth=1
both --only-branch=dev --only-branch=stable --depth=0 --retain-branch-depth=stable=2
both --commit-only --refs-only --depth=1
both --commit-only --delete-commit="$third"
both --delete-commit="$third"
both --refs-only --delete-commit="$third"
both --static-deltas-only --delete-commit="$(ostree --repo=start rev-parse dev)"
for options in --refs-only '--refs-only --depth=1'; do
  # shellcheck disable=SC2086 # words
  assert_eq "$("$PANDO" --repo=start prune --no-prune $options | grep -v deltas)" \
    "$(LC_ALL=C.UTF-8 ostree --repo=start prune --no-prune $options)"
done
ok "both say the same of what they would delete"
