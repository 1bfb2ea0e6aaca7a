#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# static-delta policy: what it makes, what it deletes and what it leaves alone.
. "$(dirname "$0")/../lib.sh"

make_tree tree
export OSTREE_REPO=up
"$PANDO" --repo=up init --mode=archive
build () {
  echo "$2" >tree/usr/version
  "$PANDO" commit -b "$1" --timestamp="@$2" --owner-uid=0 --owner-gid=0 tree
}
policy () { "$PANDO" static-delta policy "$@"; }
set_policy () { "$PANDO" config set "static-delta-policy.$1" "$2"; }

a1=$(build os/a 1)
fails_with 'has no policy.*config set static-delta-policy.branches' policy
set_policy branches 'os/a;os/b'
fails_with "names 'os/b', and there is no such ref" policy
set_policy branches '../os'
fails_with 'static-delta-policy.branches: .*Invalid' policy
set_policy branches 'os/a'
set_policy versions many
fails_with 'versions is .many., but must be a number' policy
set_policy versions 51
fails_with 'must be between 0 and 50' policy
set_policy versions 2
set_policy from-empty perhaps
fails_with 'from-empty is .perhaps.' policy
set_policy from-empty true
fails_with 'Usage|too many' policy os/a
assert_eq "$("$PANDO" static-delta list)" '(No static deltas)'
ok "what cannot be meant"

policy --dry-run >out
assert_content out "Would make $a1
1 made, 0 there already, 0 deleted"
assert_eq "$("$PANDO" static-delta list)" '(No static deltas)'
policy >out
assert_match out "^Made $a1$" '^1 made \(.*\), 0 there already, 0 deleted$'
assert_eq "$("$PANDO" static-delta indexes)" "$a1"
policy >out
assert_content out '0 made, 1 there already, 0 deleted'
ok "the first version; once more makes nothing"

a2=$(build os/a 2)
a3=$(build os/a 3)
a4=$(build os/a 4)
"$PANDO" static-delta generate --from="$a1" "$a3" >out 2>&1
by_hand=$a1-$a3
policy >out
assert_match out "^Made $a4$" "^Made $a2-$a4$" "^Made $a3-$a4$" "^Deleted $a1$" '^3 made \(.*\), 0 there already, 1 deleted$'
assert_eq "$(find up/deltas -name policy | wc -l)" 3
a5=$(build os/a 5)
policy >out
"$PANDO" static-delta list | sort >names
sort >expected <<LIST
$by_hand
$a4
$a2-$a4
$a3-$a4
$a5
$a3-$a5
$a4-$a5
LIST
diff expected names
assert_match out '^3 made \(.*\), 0 there already, 0 deleted$'
ok "the last versions; those to the one before the newest stay for one more, and what was made by hand"

a6=$(build os/a 6)
policy >out
assert_match out "^Deleted $a2-$a4$" "^Deleted $a4$" '3 deleted$'
policy --prune -n >out
assert_content out "Would delete $by_hand
0 made, 3 there already, 1 deleted"
policy --prune >out
"$PANDO" static-delta list >names
assert_no_match names "$a1"
set_policy versions 1
set_policy from-empty false
policy >out
assert_match out "^Deleted $a6$" "^Deleted $a4-$a6$" '^0 made, 1 there already, 2 deleted$'
"$PANDO" static-delta indexes >out
assert_match out "^$a6$" "^$a5$"
assert_no_match out "$a4"
assert_eq "$(find up/tmp -name '.delta-*')" ''
ok "--prune, a policy that wants less, and indexes in line"

b1=$(build os/b 1)
set_policy branches os
"$PANDO" static-delta generate --from="$a6" "$b1" >out 2>&1
policy >out
assert_content out '0 made, 1 there already, 0 deleted'
set_policy from-empty true
policy >out
assert_match out "^Made $b1$"
ok "several branches by what they begin with"

# Of a commit whose origin went there is none.
"$PANDO" commit -b os/c --timestamp=@1 tree >c1
echo more >tree/usr/version
"$PANDO" commit -b os/c --timestamp=@2 tree >c2
touch "up/state/$(cat c1).commitpartial"
policy >out
assert_match out "^Made $(cat c2)$" '^1 made'
rm "up/state/$(cat c1).commitpartial"
touch "up/state/$(cat c2).commitpartial"
fails_with "to 'os/c': its commit was not pulled completely" policy
rm "up/state/$(cat c2).commitpartial"
ok "commits that are not all here"

export OSTREE_DUMMY_SIGN_ENABLED=1
policy --sign-type=dummy --sign=key >out
assert_match out "^Made $(cat c1)-$(cat c2)$"
"$PANDO" static-delta verify --sign-type=dummy "$(cat c1)-$(cat c2)" key >out
assert_content out 'Verification OK'
"$PANDO" summary -u
http_serve up
"$PANDO" --repo=r init --mode=bare-user
"$PANDO" --repo=r remote add --no-gpg-verify origin "$HTTP_URL"
"$PANDO" --repo=r pull origin "os/c@$(cat c1)" >out
"$PANDO" --repo=r pull --require-static-deltas origin os/c >out
assert_match out '^1 delta parts'
ok "signed, and pulled"
