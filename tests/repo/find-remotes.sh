#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Collections: refs that are known by them, in mirrors and summaries; find-remotes among configured remotes.
. "$(dirname "$0")/../lib.sh"

mkdir tree
seq 10 >tree/file
"$PANDO" --repo=up init --mode=archive --collection-id=org.example.Os
"$PANDO" --repo=up commit -b os/a -s one --timestamp=@1000 tree >a1
"$PANDO" --repo=up summary -u
http_serve up --log-file="$SCRATCH/log"
up_url=$HTTP_URL

# new REPO MODE URL
new () {
  "$PANDO" --repo="$1" init --mode="$2"
  "$PANDO" --repo="$1" remote add --no-gpg-verify --collection-id=org.example.Os origin "$3"
}

# A mirror keeps them apart from its own; who pulls from it gets them by the name of the collection.
new mirror archive "$up_url"
"$PANDO" --repo=mirror pull --mirror origin os/a >out
assert_eq "$("$PANDO" --repo=mirror refs)" ''
assert_eq "$("$PANDO" --repo=mirror refs -c -r)" "(org.example.Os, os/a)	$(cat a1)"
cmp mirror/refs/mirrors/org.example.Os/os/a up/refs/heads/os/a
"$PANDO" --repo=mirror pull --mirror -T origin os/a >out
"$PANDO" --repo=mirror commit -b own -s own --timestamp=@1 tree >out
"$PANDO" --repo=mirror summary -u
http_serve mirror
mirror_url=$HTTP_URL
for url in "$mirror_url" "file://$SCRATCH/mirror"; do
  new second bare-user "$url"
  "$PANDO" --repo=second pull origin os/a >out
  assert_eq "$("$PANDO" --repo=second rev-parse origin:os/a)" "$(cat a1)"
  fails_with "No such branch 'own'|collection ID binding" "$PANDO" --repo=second pull origin own
  "$PANDO" --repo=second refs --delete origin:os/a
  "$PANDO" --repo=second pull --mirror origin >out
  assert_eq "$("$PANDO" --repo=second refs -c)" "(org.example.Os, os/a)"
  rm -rf second
done
mv mirror/summary summary
new second bare-user "$mirror_url"
"$PANDO" --repo=second pull origin os/a >out
mv summary mirror/summary
"$PANDO" --repo=second remote add --no-gpg-verify --collection-id=not-an-id bad "$up_url"
fails_with "remote 'bad': Invalid collection ID not-an-id" "$PANDO" --repo=second pull bad os/a
ok "mirrored refs of a collection, and what is pulled from there"

"$PANDO" --repo=same init --mode=archive --collection-id=org.example.Os
"$PANDO" --repo=same remote add --no-gpg-verify --collection-id=org.example.Os origin "$up_url"
"$PANDO" --repo=same pull --mirror origin os/a >out
assert_eq "$("$PANDO" --repo=same refs)" os/a
ok "of the repository's own collection they are its own"

new dest bare-user "$up_url"
"$PANDO" --repo=dest remote add --no-gpg-verify other "$up_url"
"$PANDO" --repo=dest remote add --no-gpg-verify --collection-id=org.example.Os zmirror "$mirror_url"
"$PANDO" --repo=dest remote add --no-gpg-verify --collection-id=org.example.Os dead http://127.0.0.1:1/
"$PANDO" --repo=dest find-remotes --finders=config org.example.Os os/a org.example.Os no >out 2>err
assert_match out "^Result 0: $up_url\$" '^ - Finder: OstreeRepoFinderConfig$' '^ - Keyring: origin.trustedkeys.gpg$' '^ - Priority: 100$' \
  '^ - Summary last modified: 20[0-9-]*T[0-9:]*Z$' "^    - \(org.example.Os, os/a\) = $(cat a1)\$" "^Result 1: $mirror_url\$" \
  '^    - \(org.example.Os, no\) = \(not found\)$' '^1/2 refs were found\.$' '^Refs not found in any remote:$' '^ - \(org.example.Os, no\)$'
assert_eq "$(grep -c ^Result out)" 2
assert_match err "^warning: remote 'dead': .*127.0.0.1:1"
"$PANDO" --repo=dest find-remotes --finders=config org.example.Elsewhere os/a >out 2>err
assert_content out 'No results.'
"$PANDO" --repo=dest find-remotes --finders=config --cache-dir="$SCRATCH/cache" org.example.Os os/a >out 2>err
assert_exists cache/summaries/origin
ok "remotes of the collection are asked"

"$PANDO" --repo=up commit -b os/a -s two --timestamp=@2000 tree >a2
"$PANDO" --repo=up summary -u
"$PANDO" --repo=dest find-remotes --finders=config --pull --disable-fsync org.example.Os os/a >out 2>err
assert_match out "= $(cat a2)\$" '^Pulled 1/1 refs successfully\.$'
assert_no_match out "$(cat a1)" "$mirror_url"
assert_eq "$("$PANDO" --repo=dest refs -r)" "origin:os/a	$(cat a2)"
ok "what is older than elsewhere does not count"

# The first that has it does not have all of it.
file=$(find up/objects -name '*.filez')
mv "$file" hidden
new half bare-user "$up_url"
"$PANDO" --repo=mirror pull --commit-metadata-only --mirror origin os/a >out
cp mirror/refs/mirrors/org.example.Os/os/a a-in-mirror
cmp a-in-mirror a2
"$PANDO" --repo=mirror summary -u
"$PANDO" --repo=half remote add --no-gpg-verify --collection-id=org.example.Os zmirror "$mirror_url"
"$PANDO" --repo=half find-remotes --finders=config --pull org.example.Os os/a >out 2>err
assert_match err "warning: $up_url: .*404"
assert_match out '^Pulled 1/1'
assert_eq "$("$PANDO" --repo=half refs -r)" "zmirror:os/a	$(cat a2)"
"$PANDO" --repo=half fsck -q
mv "hidden" "$file"
ok "the next one is asked when the first fails"

"$PANDO" --repo=dest config set core.default-repo-finders 'lan;mount'
"$PANDO" --repo=dest find-remotes org.example.Os os/a >out
assert_content out 'No results.'
"$PANDO" --repo=dest config set core.default-repo-finders 'frob'
fails_with 'core.default-repo-finders: unknown or duplicate finder .*frob' "$PANDO" --repo=dest find-remotes org.example.Os os/a
fails_with "unknown or duplicate finder .*config" "$PANDO" --repo=dest find-remotes --finders=config,config org.example.Os os/a
fails_with "'lan' needs Avahi" "$PANDO" --repo=dest find-remotes --finders=lan org.example.Os os/a
fails_with 'When --mirror is specified, --pull' "$PANDO" --repo=dest find-remotes --mirror org.example.Os os/a
fails_with 'At least one COLLECTION-ID REF pair' "$PANDO" --repo=dest find-remotes
fails_with 'Only complete COLLECTION-ID REF pairs' "$PANDO" --repo=dest find-remotes org.example.Os os/a org.example.Os
fails_with 'Invalid collection ID os' "$PANDO" --repo=dest find-remotes os os/a
fails_with 'Invalid ref name ../x' "$PANDO" --repo=dest find-remotes --finders=config org.example.Os ../x
ok "words that are wrong"

# What is mounted, as the kernel lists it.
if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
  skip "mounted media" "needs root and a mount namespace of its own"
else
  "$PANDO" --repo=dest config unset core.default-repo-finders
  "$PANDO" --repo=dest remote delete dead
  cat >mounted.sh <<'MOUNTED'
set -eu
mkdir -p /run/media
mount -t tmpfs none /run/media
mkdir '/run/media/a stick'
mount -t tmpfs none '/run/media/a stick'
"$PANDO" --repo=mirror create-usb '/run/media/a stick' org.example.Os os/a
"$PANDO" --repo=dest config --group='remote "origin"' set gpg-verify true
"$PANDO" --repo=dest find-remotes --finders=mount org.example.Os os/a
MOUNTED
  "$PANDO" --repo=mirror pull --mirror origin os/a >out
  unshare -m --propagation private bash mounted.sh >out 2>err || fail "$(cat err)"
  assert_match out '^Result 0: file:///run/media/a%20stick/.ostree/repo$'
  ok "mounted media are looked at"
fi
