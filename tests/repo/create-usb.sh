#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# create-usb puts refs on a medium, find-remotes finds them there and pulls them: what is signed, and nothing else.
. "$(dirname "$0")/../lib.sh"
need openssl

make_tree tree
ed25519_key good
ed25519_key other
"$PANDO" --repo=up init --mode=archive --collection-id=org.example.Os
"$PANDO" --repo=up commit -b os/a -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 --sign-from-file=good.secret tree >a1
seq 5 >tree/new
# shellcheck disable=SC2094 # the branch has the name of the file
"$PANDO" --repo=up commit -b os/b -s two --owner-uid=0 --owner-gid=0 --timestamp=@1000 --sign-from-file=good.secret tree >b1
"$PANDO" --repo=up summary -u

# new REPO [OPTION OF remote add…]: a repository with the remote os, which has the collection
new () {
  local repo=$1
  shift
  "$PANDO" --repo="$repo" init --mode=bare-user
  "$PANDO" --repo="$repo" remote add --no-gpg-verify --collection-id=org.example.Os "$@" os "file://$SCRATCH/up"
}
signed=(--sign-verify=ed25519=file:"$SCRATCH/good.pub")
new source "${signed[@]}"
"$PANDO" --repo=source pull os os/a os/b >out

mkdir stick
"$PANDO" --repo=source create-usb stick org.example.Os os/a >out
assert_match out '^[0-9]+ metadata, [0-9]+ content objects imported; .* content written$' \
  "^Copied 1/1 refs successfully from ‘source’ to ‘.ostree/repo’ repository in ‘stick’\.\$"
"$PANDO" --repo=stick/.ostree/repo fsck -q
assert_eq "$("$PANDO" --repo=stick/.ostree/repo refs -c -r)" "(org.example.Os, os/a)	$(cat a1)"
"$PANDO" --repo=stick/.ostree/repo summary -v >out
assert_match out '^\* \(org.example.Os, os/a\)$'
assert_missing stick/.ostree/repos.d
"$PANDO" --repo=source create-usb --disable-fsync stick org.example.Os os/a org.example.Os os/b >out
assert_match out '^Copied 2/2 refs'
assert_eq "$("$PANDO" --repo=stick/.ostree/repo refs -c | wc -l)" 2
ok "refs are copied, and others added"

mkdir elsewhere
for ((i = 0; i < 2; i++)); do
  "$PANDO" --repo=source create-usb --destination-repo=some//where/ elsewhere org.example.Os os/a >out
  assert_eq "$(ls elsewhere/.ostree/repos.d)" 00-generated
done
assert_eq "$(readlink elsewhere/.ostree/repos.d/00-generated)" ../../some/where
"$PANDO" --repo=source create-usb --destination-repo=third elsewhere org.example.Os os/b >out
assert_eq "$(readlink elsewhere/.ostree/repos.d/01-generated)" ../../third
"$PANDO" --repo=source create-usb --destination-repo=ostree/repo elsewhere org.example.Os os/b >out
assert_eq "$(find elsewhere/.ostree/repos.d -type l | wc -l)" 2
ok "another place has a link that leads to it, once"

fails_with 'Collection–ref \(org.example.Os, nope\) not found' "$PANDO" --repo=source create-usb stick org.example.Os nope
fails_with 'Only complete COLLECTION-ID REF pairs' "$PANDO" --repo=source create-usb stick org.example.Os os/a org.example.Os
fails_with 'At least one COLLECTION-ID REF pair' "$PANDO" --repo=source create-usb stick
fails_with 'MOUNT-PATH' "$PANDO" --repo=source create-usb
fails_with 'opendir\(nowhere\)' "$PANDO" --repo=source create-usb nowhere org.example.Os os/a
fails_with 'leads out of the medium' "$PANDO" --repo=source create-usb --destination-repo=../x stick org.example.Os os/a
fails_with 'a folder of its own' "$PANDO" --repo=source create-usb --destination-repo=/ stick org.example.Os os/a
fails_with 'single COLLECTION-ID' "$PANDO" --repo=source create-usb --commit="$(cat a1)" stick org.example.Os os/a org.example.Os os/b
fails_with 'no requested ref .*os/b' "$PANDO" --repo=source create-usb --commit="$(cat a1)" stick org.example.Os os/b
"$PANDO" --repo=source create-usb --commit="$(cat a1)" stick org.example.Os os/a >out
new part "${signed[@]}"
"$PANDO" --repo=part pull --commit-metadata-only os os/a >out
fails_with 'only in part: pull it first' "$PANDO" --repo=part create-usb stick org.example.Os os/a
mkdir trap outside
ln -s ../outside trap/.ostree
fails_with 'no link' "$PANDO" --repo=source create-usb trap org.example.Os os/a
assert_eq "$(ls -A outside)" ''
ok "what cannot be copied, or not there"

# --- and back -----------------------------------------------------------------------------------------

# find REPO [OPTION…]
find_a () { local repo=$1; shift; "$PANDO" --repo="$repo" find-remotes "$@" org.example.Os os/a >out 2>err; }

new dest "${signed[@]}"
find_a dest --mount=stick
assert_match out "^Result 0: file://$SCRATCH/stick/.ostree/repo\$" '^ - Finder: OstreeRepoFinderMount$' '^ - Keyring: os.trustedkeys.gpg$' \
  '^ - Priority: 50$' '^ - Summary last modified: 20[0-9-]*T[0-9:]*Z$' "^    - \(org.example.Os, os/a\) = $(cat a1)\$" '^1/1 refs were found\.$'
assert_content err ''
assert_eq "$("$PANDO" --repo=dest refs)" ''
"$PANDO" --repo=dest find-remotes --mount=elsewhere org.example.Os os/a org.example.Os os/b org.example.Os no >out
assert_eq "$(grep -c '^Result ' out)" 3
assert_match out '^    - \(org.example.Os, no\) = \(not found\)$' '^2/3 refs were found\.$' '^Refs not found in any remote:$' '^ - \(org.example.Os, no\)$'
find_a dest --mount=tree
assert_content out 'No results.'
ok "refs on media are found, where links lead as well"

find_a dest --mount=stick --pull
assert_match out '^Pulled 1/1 refs successfully\.$'
assert_eq "$("$PANDO" --repo=dest refs -r)" "os:os/a	$(cat a1)"
"$PANDO" --repo=dest fsck -q
new mirror "${signed[@]}"
find_a mirror --mount=elsewhere --pull --mirror
assert_eq "$("$PANDO" --repo=mirror refs)" ''
assert_eq "$("$PANDO" --repo=mirror refs -c -r)" "(org.example.Os, os/a)	$(cat a1)"
ok "and pulled, as refs of the remote or of the collection"

# Nothing on a medium counts that the remote's key has not signed.
new open
find_a open --mount=stick --pull
assert_content out 'No results.'
assert_match err "remote 'os' demands no signatures of commits"
new wrong --sign-verify=ed25519=file:"$SCRATCH/other.pub"
! find_a wrong --mount=stick --pull || fail "a commit by another key was pulled"
assert_match err "Can't verify commit" '^error: Failed to pull some refs from the remotes: \(org.example.Os, os/a\)$'
assert_eq "$("$PANDO" --repo=wrong refs)" ''
"$PANDO" --repo=none init --mode=bare-user
find_a none --mount=stick --pull
assert_match err 'no remote has the collection org.example.Os'
ok "what is not signed as the remote demands is not pulled"

# A summary is not signed on a medium, also where the server's must be.
new summary "${signed[@]}" --set=sign-verify-summary=ed25519
find_a summary --mount=stick --pull
assert_match out '^Pulled 1/1'
# What is damaged there is found.
cp -a stick damaged
object=$(find damaged/.ostree/repo/objects -name '*.filez' -size +1k | head -n 1)
flip_byte "$object" $(($(stat -c %s "$object") - 10))
new careful "${signed[@]}"
! find_a careful --mount=damaged --pull || fail "a damaged file was pulled"
assert_match err "$(basename "$object" .filez)"
# … and what another medium has instead is taken.
find_a careful --mount=damaged --mount=elsewhere --pull
assert_match out '^Pulled 1/1'
assert_match err 'warning: .*damaged'
"$PANDO" --repo=careful fsck -q
ok "damage is found, and the next medium tried"

# An old stick does not take a device back, and of two the newer counts.
"$PANDO" --repo=up commit -b os/a -s three --owner-uid=0 --owner-gid=0 --timestamp=@2000 --sign-from-file=good.secret tree >a2
"$PANDO" --repo=up summary -u
"$PANDO" --repo=source pull os os/a >out
mkdir newer
"$PANDO" --repo=source create-usb newer org.example.Os os/a >out
find_a dest --mount=stick --mount=newer --pull
assert_eq "$(grep -c '^Result ' out)" 1
assert_match out "newer/.ostree/repo\$" "os/a\) = $(cat a2)\$"
assert_eq "$("$PANDO" --repo=dest rev-parse os:os/a)" "$(cat a2)"
! find_a dest --mount=stick --pull || fail "went back"
assert_match err 'chronologically older'
assert_eq "$("$PANDO" --repo=dest rev-parse os:os/a)" "$(cat a2)"
ok "the newest counts, and nothing older than what is here"

# A hostile medium: links that lead away, a configuration that names a parent, refs that are none.
mkdir -p hostile/.ostree/repos.d
ln -s ../../../stick/.ostree/repo hostile/.ostree/repos.d/up
ln -s "$SCRATCH/stick/.ostree/repo" hostile/.ostree/repos.d/absolute
mkfifo hostile/.ostree/repos.d/pipe
"$PANDO" --repo=hostile/.ostree/repo init --mode=archive
echo "parent=$SCRATCH/stick/.ostree/repo" >>hostile/.ostree/repo/config
mkdir -p hostile/.ostree/repo/refs/mirrors/org.example.Os/os
cat a1 >hostile/.ostree/repo/refs/mirrors/org.example.Os/os/a
new victim "${signed[@]}"
! find_a victim --mount=hostile --pull || fail "objects came from the parent"
assert_eq "$(grep -c '^Result ' out)" 1
echo '../../../etc/passwd' >hostile/.ostree/repo/refs/mirrors/org.example.Os/os/a
find_a victim --mount=hostile
assert_content out 'No results.'
assert_match err 'warning: hostile/.ostree/repo: '
ok "links off the medium, parents and refs that are none"
