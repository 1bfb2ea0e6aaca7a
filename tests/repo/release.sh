#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# release: which commit a branch gets, its signatures, deltas and summary; once more does nothing; and what is refused.
. "$(dirname "$0")/../lib.sh"
need openssl python3

make_tree tree
ed25519_key good
ed25519_key other
export OSTREE_REPO=up
"$PANDO" --repo=up init --mode=archive
# build REF TIME [OPTION…]: a commit of a new tree.
build () {
  echo "$2" >tree/usr/version
  "$PANDO" commit -b "$1" -s "build $2" --timestamp="@$2" --owner-uid=0 --owner-gid=0 --add-metadata-string=version="$2" \
    "${@:3}" tree
}
release () { "$PANDO" release --branch="$1" "${@:2}"; }
# json KEY: of the object in `out`.
json () { python3 -c 'import json, sys; print(json.dumps(json.load(open("out"))[sys.argv[1]]))' "$1"; }

one=$(build os/beta 1000)
release os/stable os/beta >out
stable=$("$PANDO" rev-parse os/stable)
assert_ne "$stable" "$one"
assert_match out "^os/stable $stable$" "^Commit: of the tree of 'os/beta', whose own is not meant for 'os/stable'$" \
  '^Branch: moved$' '^Summary: written$'
"$PANDO" show --raw "$stable" >raw
assert_match raw "'os/stable'" 'build 1000'
assert_no_match raw 'os/beta'
"$PANDO" diff "$one" "$stable" >out
assert_content out ''
"$PANDO" log os/stable >out
assert_match out '^Date:  1970-01-01 00:16:40' '^Version: 1000$'
assert_no_match out '^Parent:'
ok "a commit that is meant for another branch: one of the same tree and time is"

release os/stable os/beta >out
assert_content out "Nothing to do: 'os/stable' has $stable, and all that belongs to it"
release os/stable --json os/stable >out
assert_eq "$(json changed)" false
assert_eq "$(json same-commit)" true
assert_eq "$(json commit)" "\"$stable\""
ok "once more does nothing, and says so"

two=$(build os/beta 2000)
release os/stable --json os/beta >out
new=$("$PANDO" rev-parse os/stable)
assert_eq "$(json commit)" "\"$new\""
assert_eq "$(json previous)" "\"$stable\""
assert_eq "$(json moved)$(json same-commit)$(json summary-written)" truefalsetrue
"$PANDO" rev-parse 'os/stable^' >out
assert_content out "$stable"
"$PANDO" summary -v >out
assert_match out "$new" "$two"
ok "the next one follows what the branch had"

three=$(build os/beta 3000 --bind-ref=os/stable)
release os/stable os/beta >out
assert_match out "^os/stable $three$" "^Commit: that of 'os/beta' itself$"
four=$(build os/loose 4000 --no-bindings)
release os/stable "$four" >out
assert_eq "$("$PANDO" rev-parse os/stable)" "$four"
release os/fresh "$four" >out
assert_eq "$("$PANDO" rev-parse os/fresh)" "$four"
ok "one that is meant for the branch, or that does not say, is itself released"

fails_with "is older than what 'os/stable' has.*commit --orphan" release os/stable os/beta
back=$("$PANDO" commit --orphan --bind-ref=os/stable --parent="$four" --tree=ref=os/beta --timestamp=@5000)
release os/stable "$back" >out
assert_eq "$("$PANDO" rev-parse os/stable)" "$back"
fails_with 'by --branch=REF' "$PANDO" release os/beta
fails_with "Refspec 'nope' not found" release os/stable nope
fails_with 'Invalid ref' release 'os/../x' os/beta
fails_with 'Usage|too many' release os/stable os/beta os/stable
"$PANDO" refs --alias --create=os/alias os/stable
fails_with "'os/alias' is an alias of 'os/stable'" release os/alias os/beta
"$PANDO" refs --delete os/alias
touch "up/state/$two.commitpartial"
fails_with 'not pulled completely' release os/x "$two"
rm "up/state/$two.commitpartial"
assert_eq "$("$PANDO" rev-parse os/stable)" "$back"
ok "what is refused changes nothing"

# The deltas are made from what the branch had, not from the commits that nobody on it had.
"$PANDO" config set static-delta-policy.branches os
"$PANDO" config set static-delta-policy.versions 1
for at in 6000 6001 6002; do build os/beta $at --bind-ref=os/stable >six; done
release os/stable --no-deltas os/beta >out
assert_eq "$("$PANDO" static-delta list)" '(No static deltas)'
release os/stable --json os/beta >out
assert_eq "$(json moved)" false
"$PANDO" static-delta list >out
assert_content out "$(cat six)
$back-$(cat six)"
seven=$(build os/beta 7000 --bind-ref=os/stable)
release os/stable os/beta >out
assert_match out '^Static deltas: 2 made, 0 there already, 0 deleted$'
"$PANDO" static-delta list >out
assert_match out "^$(cat six)-$seven$" "^$seven$"
ok "static deltas as the policy says, from what the branch had"

# From here on it is signed.
http_serve up
"$PANDO" --repo=r init --mode=bare-user
"$PANDO" --repo=r remote add --no-gpg-verify --set=sign-verify=true --set=sign-verify-summary=true \
  --set="verification-ed25519-key=$(cat good.pub)" origin "$HTTP_URL"
fails_with 'No signatures found|no summary.sig' "$PANDO" --repo=r pull origin os/stable
release os/stable --sign-from-file=good.secret os/beta >out
assert_match out '^Signatures: added$' '^Branch: was there already$' '^Summary: written$'
"$PANDO" --repo=r pull -T origin os/stable >out
cp up/summary.sig sig
release os/stable --sign-from-file=good.secret os/beta >out
assert_match out '^Nothing to do'
cmp up/summary.sig sig
build os/beta 8000 --sign-from-file=good.secret >eight
fails_with 'summary is signed, and would not be' release os/stable os/beta
assert_eq "$("$PANDO" rev-parse os/stable)" "$seven"
rm up/summary.sig
fails_with "is signed and not meant for 'os/stable'" release os/stable os/beta
cp sig up/summary.sig
release os/stable --sign-from-file=good.secret os/beta >out
"$PANDO" --repo=r pull -T --require-static-deltas origin os/stable >out
assert_match out '^1 delta parts, 0 loose fetched; '
"$PANDO" --repo=r fsck -q
assert_eq "$("$PANDO" --repo=r rev-parse origin:os/stable)" "$("$PANDO" rev-parse os/stable)"
release os/stable --sign-from-file=other.secret os/beta >out
assert_match out '^Signatures: added$'
ok "signed: clients that verify take it, and a signature is not lost by forgetfulness"

"$PANDO" config set core.auto-update-summary true
release os/stable --sign-from-file=good.secret os/beta >out
build os/beta 9000 --orphan >nine
assert_exists up/summary.sig
release os/stable --sign-from-file=good.secret "$(cat nine)" >out
assert_exists up/summary.sig
"$PANDO" --repo=r pull -T origin os/stable >out
ok "where refs write the summary, no unsigned one comes between"

openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out ec.pem 2>err
release os/ec --sign-type=spki --sign-from-file=ec.pem os/beta >out
release os/ec --sign-type=spki --sign-from-file=ec.pem os/beta >out
assert_match out '^Nothing to do'
ok "a key that signs in another way each time signs once"
