#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull over HTTP: what is fetched, what is not, and where the refs go.
. "$(dirname "$0")/../lib.sh"

make_tree tree
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b os/stable -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
seq 5 >tree/usr/share/new
echo changed >tree/usr/etc/a.conf
"$PANDO" --repo=up commit -b os/stable -s two --owner-uid=0 --owner-gid=0 --timestamp=@2000 tree >v2
# shellcheck disable=SC2094 # the branch has the name of the file
"$PANDO" --repo=up commit -b other -s other --owner-uid=0 --owner-gid=0 --timestamp=@1500 tree >other
"$PANDO" --repo=up summary -u
http_serve up --log-file="$SCRATCH/log"

# new REPO MODE: an empty repository with the remote
new () {
  "$PANDO" --repo="$1" init --mode="$2"
  "$PANDO" --repo="$1" remote add --no-gpg-verify origin "$HTTP_URL"
}

# The tree in REPO is that of the source, and every object is right.
check () {
  "$PANDO" --repo="$1" fsck >fsck.out
  "$PANDO" --repo="$1" ls -R -C "$2" >ls-here
  "$PANDO" --repo=up ls -R -C "$2" >ls-up
  cmp ls-here ls-up
}

modes="bare-user archive"
[ "$(id -u)" != 0 ] || modes="$modes bare"
for mode in $modes; do
  new "r-$mode" "$mode"
  "$PANDO" --repo="r-$mode" pull origin os/stable >out
  assert_match out '^[0-9]+ metadata, [0-9]+ content objects fetched; .* transferred in [0-9]+ seconds; .* content written$'
  assert_eq "$("$PANDO" --repo="r-$mode" rev-parse origin:os/stable)" "$(cat v2)"
  assert_missing "r-$mode/refs/heads/os" "r-$mode/state/$(cat v2).commitpartial"
  check "r-$mode" "$(cat v2)"
done
ok "pull into every mode"

: >log
"$PANDO" --repo=r-bare-user pull origin os/stable >out
assert_match out '^0 metadata, 0 content objects fetched'
assert_no_match log '\.(filez|dirtree|dirmeta|commit) '
ok "what is there is not fetched"

"$PANDO" --repo=r-bare-user pull origin other >out
assert_no_match log '\.filez '
assert_match out '^1 metadata, 0 content'
ok "another commit of the same tree costs one object"

new inc bare-user
"$PANDO" --repo=inc pull origin "os/stable@$(cat v1)" >out
assert_eq "$("$PANDO" --repo=inc rev-parse origin:os/stable)" "$(cat v1)"
: >log
"$PANDO" --repo=inc pull origin os/stable >out
assert_match out '^5 metadata, 2 content objects fetched'
check inc "$(cat v2)"
ok "REF@CHECKSUM, and an update fetches what changed"

"$PANDO" --repo=inc pull origin:os/stable >out
"$PANDO" --repo=inc pull origin "$(cat other)" >out
assert_match out '^1 metadata, 0 content'
fails_with 'not found' "$PANDO" --repo=inc rev-parse origin:other
fails_with "No such branch 'nope' in repository summary" "$PANDO" --repo=inc pull origin nope
fails_with 'No configured branches' "$PANDO" --repo=inc pull origin
"$PANDO" --repo=inc config set 'remote "origin".branches' 'os/stable;other' 2>/dev/null ||
  "$PANDO" --repo=inc config --group='remote "origin"' set branches 'os/stable;other'
"$PANDO" --repo=inc pull origin >out
assert_eq "$("$PANDO" --repo=inc rev-parse origin:other)" "$(cat other)"
fails_with 'Remote "nope" not found|remote .nope.' "$PANDO" --repo=inc pull nope x
ok "REMOTE:REF, a checksum, configured branches, and names that are not there"

# A dirtree that is present does not mean that what is below it is.
new holes bare-user
"$PANDO" --repo=holes pull origin os/stable >out
content=$(find holes/objects -name '*.file' | wc -l)
rm holes/refs/remotes/origin/os/stable
find holes/objects -name '*.file' -delete
touch "holes/state/$(cat v2).commitpartial"
"$PANDO" --repo=holes pull origin os/stable >out
assert_eq "$(find holes/objects -name '*.file' | wc -l)" "$content"
assert_missing "holes/state/$(cat v2).commitpartial"
assert_match out '^0 metadata, [1-9][0-9]* content'
check holes "$(cat v2)"
ok "a partial commit is walked to its leaves"

new deep bare-user
"$PANDO" --repo=deep pull --depth=-1 origin os/stable >out
"$PANDO" --repo=deep fsck >out
assert_match out 'fsck of 2 commits'
"$PANDO" --repo=deep ls "$(cat v1)" >out
new flat bare-user
"$PANDO" --repo=flat pull --depth=0 origin os/stable >out
"$PANDO" --repo=flat pull --depth=5 origin os/stable >out
"$PANDO" --repo=flat ls "$(cat v1)" >out
fails_with 'depth' "$PANDO" --repo=flat pull --depth=-2 origin os/stable
ok "depth"

new meta bare-user
"$PANDO" --repo=meta pull --commit-metadata-only origin os/stable >out
assert_match out '^1 metadata, 0 content'
assert_exists "meta/state/$(cat v2).commitpartial"
"$PANDO" --repo=meta pull origin os/stable >out
assert_missing "meta/state/$(cat v2).commitpartial"
check meta "$(cat v2)"
ok "commit-metadata-only, and the rest later"

new part bare-user
"$PANDO" --repo=part pull --subpath=/usr/etc --subpath=/usr/bin/hi origin os/stable >out
assert_exists "part/state/$(cat v2).commitpartial"
"$PANDO" --repo=part checkout -U --subpath=/usr/etc "$(cat v2)" co-etc
assert_content co-etc/conf.d/b.conf 'b = 2'
assert_eq "$(find part/objects -name '*.file' | wc -l)" 3
fails_with "does not begin with '/'" "$PANDO" --repo=part pull --subpath=usr origin os/stable
"$PANDO" --repo=part pull origin os/stable >out
assert_missing "part/state/$(cat v2).commitpartial"
check part "$(cat v2)"
ok "subpaths, and the rest later"

new above bare-user
"$PANDO" --repo=above pull --commit-metadata-only origin os/stable >out
new child bare-user
"$PANDO" --repo=child config set core.parent "$PWD/above"
"$PANDO" --repo=child show --json "$(cat v2)" >out
assert_match out '"partial" ?: ?true'
"$PANDO" --repo=child pull origin os/stable >out
assert_match out ', [1-9][0-9]* content objects fetched'
assert_exists "above/state/$(cat v2).commitpartial"
check child "$(cat v2)"
"$PANDO" --repo=child pull origin os/stable >out
assert_match out '^0 metadata, 0 content objects fetched'
"$PANDO" --repo=child show --json "$(cat v2)" >out
assert_no_match out '"partial" ?: ?true'
ok "a commit that the parent repository has in part is fetched whole"

new mirror archive
"$PANDO" --repo=mirror pull --mirror origin >out
assert_eq "$("$PANDO" --repo=mirror rev-parse os/stable)" "$(cat v2)"
assert_eq "$("$PANDO" --repo=mirror rev-parse other)" "$(cat other)"
cmp mirror/summary up/summary
check mirror "$(cat v2)"
ok "a mirror has all refs under their own names, and the summary"

new wrong bare-user
mkdir -p up/refs/heads/stolen
cp up/refs/heads/os/stable up/refs/heads/stolen/ref
"$PANDO" --repo=up summary -u
fails_with 'ref binding' "$PANDO" --repo=wrong pull origin stolen/ref
assert_missing wrong/refs/remotes/origin
"$PANDO" --repo=wrong pull --disable-verify-bindings origin stolen/ref >out
ok "a commit that is bound to another ref is refused"

"$PANDO" --repo=inc pull -T origin os/stable >out
cat v1 >up/refs/heads/os/stable
"$PANDO" --repo=up summary -u
fails_with 'chronologically older' "$PANDO" --repo=inc pull -T origin os/stable
fails_with 'chronologically older' "$PANDO" --repo=inc pull --timestamp-check-from-rev="$(cat v2)" origin os/stable
assert_eq "$("$PANDO" --repo=inc rev-parse origin:os/stable)" "$(cat v2)"
"$PANDO" --repo=inc pull origin os/stable >out
assert_eq "$("$PANDO" --repo=inc rev-parse origin:os/stable)" "$(cat v1)"
cat v2 >up/refs/heads/os/stable
"$PANDO" --repo=up summary -u
ok "the timestamp check"

"$PANDO" --repo=signed init --mode=bare-user
"$PANDO" --repo=signed remote add origin "$HTTP_URL"
fails_with 'no signatures found .use gpg-verify=false' "$PANDO" --repo=signed pull origin os/stable
: >log
"$PANDO" --repo=signed remote add --no-gpg-verify --set=sign-verify=ed25519 two "$HTTP_URL"
fails_with 'No keys found for required signapi type ed25519' "$PANDO" --repo=signed pull two os/stable
assert_eq "$(wc -c <log)" 0
ok "what a remote demands and cannot be done is refused, before a byte is fetched"

new cached bare-user
: >log
"$PANDO" --repo=cached pull -L r-bare-user origin os/stable >out
assert_match out ' \([0-9]+ meta, [0-9]+ content local\); '
assert_no_match log '\.(filez|dirtree|dirmeta|commit) '
check cached "$(cat v2)"
ok "a local cache saves the network"

# In an archive, too, where the bytes could stay as they came.
for mode in archive bare-user; do
  new "strict-$mode" "$mode"
  fails_with 'Content object [0-9a-f]{64}: invalid mode 0104755 with bits 04000' \
    "$PANDO" --repo="strict-$mode" pull --bareuseronly-files origin os/stable
done
ok "--bareuseronly-files refuses set-id files"

rm up/summary
new bare-refs bare-user
"$PANDO" --repo=bare-refs pull origin os/stable >out
assert_eq "$("$PANDO" --repo=bare-refs rev-parse origin:os/stable)" "$(cat v2)"
fails_with "No such branch 'nope'" "$PANDO" --repo=bare-refs pull origin nope
fails_with 'does not have a summary' "$PANDO" --repo=bare-refs pull --mirror origin
ok "without a summary, refs are asked for one by one"
