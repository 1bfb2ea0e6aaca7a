#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull of a commit that the server prunes meanwhile: the summary is read once more, and the pull goes on with the newer
# commit, without fetching again what both share.
. "$(dirname "$0")/../lib.sh"
need perl

make_tree tree
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=up summary -u
mkdir up/.old
cp up/summary up/.old/
seq 1 30000 >tree/usr/share/numbers
"$PANDO" --repo=up commit -b m --parent=none --owner-uid=0 --owner-gid=0 --timestamp=@1001 tree >v2
cp -a up/objects all-objects
"$PANDO" --repo=up prune --refs-only --depth=0 >out
"$PANDO" --repo=up summary -u
gone=$(comm -23 <(cd all-objects && find . -name '*.filez' | sort) <(cd up/objects && find . -name '*.filez' | sort))
gone=${gone#./}
[ -n "$gone" ]
hostile_serve up http.log
url=$HTTP_URL

new () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify origin "$url"
  : >http.log
  echo "old 1 ^summary$" >up/.faults
}

# The server has forgotten how often it has lied.
again () { http_stop; hostile_serve up http.log; url=$HTTP_URL; new; }

new
"$PANDO" --repo=r pull origin m >out
assert_content v2 "$("$PANDO" --repo=r rev-parse origin:m)"
"$PANDO" --repo=r fsck >out
ok "a commit that is gone"

cp -a all-objects/. up/objects/
rm "up/objects/$gone"
again
# One at a time: what is under way when the pull begins anew is fetched again.
"$PANDO" --repo=r pull --max-outstanding-fetcher-requests=1 origin m >out
assert_content v2 "$("$PANDO" --repo=r rev-parse origin:m)"
"$PANDO" --repo=r fsck >out
assert_eq "$(grep -c "^objects/$gone " http.log)" 1
[ -z "$(grep filez http.log | sort | uniq -d)" ] || fail "fetched twice: $(grep filez http.log | sort | uniq -d)"
ok "an object of the commit that is gone"

again
fails_with "incomplete.*$gone.*404" "$PANDO" --repo=r pull origin "m@$(cat v1)"
again
echo "old 0 ^summary$" >up/.faults
fails_with "incomplete.*$gone.*404" "$PANDO" --repo=r pull origin m
assert_eq "$(grep -c "^objects/$gone " http.log)" 1
assert_missing r/refs/remotes/origin/m
ok "when there is nothing newer, what is missing is said"
