#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Generations of a signed summary: while it is published, and behind a cache that mixes old and new, a client gets two files
# that belong together; and one that is up to date asks for one.
. "$(dirname "$0")/../lib.sh"
need openssl

mkdir tree
echo one >tree/file
ed25519_key good
"$PANDO" --repo=up init --mode=archive
publish () { "$PANDO" --repo=up commit -b "${1:-m}" --timestamp=@1 tree >v; "$PANDO" --repo=up summary -u --sign-from-file=good.secret; }
publish
sha256 () { sha256sum <"$1" | cut -d ' ' -f 1; }

"$PANDO" --repo=r init --mode=bare-user
remote () { "$PANDO" --repo=r remote add --no-gpg-verify --set=sign-verify-summary=true \
  --set="verification-ed25519-key=$(cat good.pub)" "$@"; }

# requests LOG: paths and answers since the last call.
nginx_serve up
remote origin "$HTTP_URL"
requests () { awk '{ printf "%s %s;", $2, $3 }' "$HTTP_LOG"; : >"$HTTP_LOG"; }
read_refs () { "$PANDO" --repo=r remote refs origin; }

assert_eq "$(ls up/summaries)" "$(sha256 up/summary)"
cmp "up/summaries/$(sha256 up/summary)" up/summary
for name in a b c d; do publish $name; done
assert_eq "$(find up/summaries -type f | wc -l)" 3 "the last three are kept"
assert_exists "up/summaries/$(sha256 up/summary)"
ok "each signed summary has an immutable copy, and old ones go"

requests >out
assert_eq "$(read_refs | wc -l)" 5
assert_eq "$(requests)" "/summary 200;/summary.sig 200;"
read_refs >out
assert_eq "$(requests)" "/summary.sig 304;"
publish e
assert_eq "$(read_refs | wc -l)" 6
assert_eq "$(requests)" "/summary.sig 200;/summaries/$(sha256 up/summary) 200;"
read_refs >out
assert_eq "$(requests)" "/summary.sig 304;"
ok "a check is one request, and news are two"

cp up/summary old
publish f
cp up/summary new
cp old up/summary
assert_eq "$(read_refs | wc -l)" 7
rm -rf r/tmp/cache
assert_eq "$(read_refs | wc -l)" 7
cp new up/summary
ok "an old summary beside a new signature: the new one is found"

rm -rf up/summaries
publish g
rm -rf up/summaries
assert_eq "$(read_refs | wc -l)" 8
"$PANDO" --repo=up refs --delete g
"$PANDO" --repo=up summary -u
assert_missing up/summary.sig
fails_with 'no summary.sig found' "$PANDO" --repo=r pull origin m
ok "without copies, and without a signature"

if command -v ostree >/dev/null; then
  publish
  ostree --repo=up summary -u
  assert_missing up/summary.sig
  publish h
  ostree --repo=up summary -v >out
  rm -rf r/tmp/cache # ostree may write in a second that we had used: the server's tag would not tell
  "$PANDO" --repo=r pull origin h >out
  "$PANDO" --repo=mirror init --mode=archive
  "$PANDO" --repo=mirror remote add --no-gpg-verify origin "$HTTP_URL"
  "$PANDO" --repo=mirror pull --mirror origin >out
  assert_exists "mirror/summaries/$(sha256 mirror/summary)"
  ok "ostree on the same repository, and a mirror"
fi

# The issue of it all: readers while the summary is published all the time.
readings=60
[ -z "${TEST_ALL-}" ] || readings=1000
publish
read_refs >out
(while [ ! -e stop ]; do publish "t$((RANDOM % 10))"; done) >publisher.log 2>&1 &
publisher=$!
started+=("$publisher")
for ((i = 0; i < readings; i++)); do
  [ $((i % 10)) != 0 ] || rm -rf r/tmp/cache
  read_refs >out || fail "reading $i failed"
done
touch stop
wait "$publisher" || fail "the publisher failed: $(cat publisher.log)"
ok "$readings readings during publications"
