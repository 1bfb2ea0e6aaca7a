#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A release that is killed at any of its writes, links, renames and syncs leaves the old one or the new one, whole: a client
# that verifies everything pulls one of them, and the release made again ends it.
. "$(dirname "$0")/../lib.sh"
need_killer
need nginx openssl

mkdir tree
ed25519_key good
"$PANDO" --repo=start init --mode=archive
"$PANDO" --repo=start config set static-delta-policy.branches os/stable
"$PANDO" --repo=start config set static-delta-policy.versions 1
build () {
  seq "$1" 3000 >tree/numbers
  "$PANDO" --repo=start commit -b os/beta --timestamp="@$1" --owner-uid=0 --owner-gid=0 --sign-from-file=good.secret tree >beta
}
release () { echo release --branch=os/stable --sign-from-file=good.secret os/beta; }
for at in 1 2 3; do
  build "$at"
  # shellcheck disable=SC2046 # words of a command
  [ "$at" = 3 ] || "$PANDO" --repo=start $(release) >out
done
old=$("$PANDO" --repo=start rev-parse os/stable)

nginx_serve .
"$PANDO" --repo=client init --mode=bare-user
"$PANDO" --repo=client remote add --no-gpg-verify --set=sign-verify=true --set=sign-verify-summary=true \
  --set="verification-ed25519-key=$(cat good.pub)" origin "$HTTP_URL/repo"
cp -a start repo
"$PANDO" --repo=client pull origin os/stable >out
rm -rf repo

cp -a start whole
# shellcheck disable=SC2046 # words of a command
total=$(count_calls "$PANDO" --repo=whole $(release))
new=$("$PANDO" --repo=whole rev-parse os/stable)
assert_ne "$old" "$new"

# pulled REPO: what the client gets of it.
pulled () {
  rm -rf r
  cp -a client r
  "$PANDO" --repo=r pull -T origin os/stable >pull.out 2>&1 || fail "killed at $at, a client: $(cat pull.out)"
  "$PANDO" --repo=r rev-parse origin:os/stable
}

for at in $(crash_points "$total"); do
  cp -a start repo
  # shellcheck disable=SC2046 # words of a command
  killed_at "$at" "$PANDO" --repo=repo $(release)
  head=$("$PANDO" --repo=repo rev-parse os/stable)
  got=$(pulled)
  [ "$got" = "$old" ] || [ "$got" = "$head" ] || fail "killed at $at, a client has $got"
  [ "$head" = "$old" ] || [ "$head" = "$new" ] || fail "killed at $at, the branch has $head"
  "$PANDO" --repo=repo fsck -q >fsck.out 2>&1 || fail "killed at $at: $(tail -n 3 fsck.out)"
  # shellcheck disable=SC2046 # words of a command
  "$PANDO" --repo=repo $(release) >again.out 2>&1 || fail "killed at $at, then again: $(cat again.out)"
  assert_eq "$(pulled)" "$new" "killed at $at, then again"
  "$PANDO" --repo=repo static-delta list >again.deltas
  "$PANDO" --repo=whole static-delta list >whole.deltas
  diff whole.deltas again.deltas || fail "killed at $at, then again: other deltas"
  # shellcheck disable=SC2046 # words of a command
  "$PANDO" --repo=repo $(release) >again.out
  assert_match again.out '^Nothing to do'
  rm -rf repo
done
ok "a release killed at some of its $total calls"
