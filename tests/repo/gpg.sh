#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# OpenPGP: signing commits and the summary, keys of remotes, and what a pull takes: good, bad, missing, by another key, by one
# that expired or was revoked.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/gpg-keys.sh
. "$TESTS_DIR/gpg-keys.sh"

gpg_home keys
new_key keys 'Good <good@example.com>'
new_key keys 'Other <other@example.com>'
for name in good other; do in_home keys --armor --export "$name@example.com" >$name.asc; done
in_home keys --export good@example.com >good.gpg
good=$(fingerprint keys good@example.com)

mkdir tree
echo one >tree/file
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m tree >v1
sign () { "$PANDO" --repo=up gpg-sign --gpg-homedir=keys "$@"; }

"$PANDO" --repo=up show m >out
assert_no_match out 'Found'
sign m good@example.com
"$PANDO" --repo=up show m >out
assert_match out '^Found 1 signature:$' "^  Signature made .* using EdDSA key ID ${good: -16}$" \
  "^  Can't check signature: public key not found$"
"$PANDO" --repo=up show --gpg-homedir=. m >out
assert_match out '^  Good signature from "Good <good@example.com>"$'
assert_eq "$("$PANDO" --repo=up rev-parse m)" "$(cat v1)"
fails_with 'already signed with GPG key good@' sign m good@example.com
sign m other@example.com
"$PANDO" --repo=up show m >out
assert_match out '^Found 2 signatures:$'
sign --delete m "$good" nosuch@example.com >out
assert_content out 'Signatures deleted: 1'
sign --delete m good@example.com >out
assert_content out 'Signatures deleted: 0'
"$PANDO" --repo=up show --gpg-homedir=. m >out
assert_match out '^Found 1 signature:$' 'Good signature from "Other '
sign --delete m other@example.com >out
ok "gpg-sign, its removal, and what show says"

fails_with 'No gpg key found with ID nosuch@example.com' sign m nosuch@example.com
fails_with 'Need a COMMIT' "$PANDO" --repo=up gpg-sign
fails_with 'Need at least one GPG KEY-ID' "$PANDO" --repo=up gpg-sign m
fails_with 'not found' sign nothing good@example.com
fails_with 'Unable to lookup key ID nosuch' "$PANDO" --repo=up commit -b m --gpg-sign=nosuch --gpg-homedir=keys tree
fails_with 'signing goes with --update' "$PANDO" --repo=up summary -v --gpg-sign=good@example.com
assert_eq "$("$PANDO" --repo=up rev-parse m)" "$(cat v1)"
ok "keys that are not there"

# --- keys of remotes ----------------------------------------------------------------------------------

http_serve up
url=$HTTP_URL
"$PANDO" --repo=up summary -u
"$PANDO" --repo=r init --mode=bare-user
new () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add "$@" origin "$url" >out
}

new
assert_content out ''
"$PANDO" --repo=r remote gpg-list-keys origin >out
assert_content out ''
"$PANDO" --repo=r remote gpg-import --keyring=good.asc --keyring=other.asc origin >out
assert_content out 'Imported 2 GPG keys to remote "origin"'
"$PANDO" --repo=r remote gpg-import --stdin origin <good.gpg >out
assert_content out 'Imported 0 GPG keys to remote "origin"'
"$PANDO" --repo=r remote gpg-list-keys origin >out
assert_match out "^Key: $good$" '^  Created: [A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}$' \
  '^  UID: Good <good@example.com>$' \
  '^  Advanced update URL: https://openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/[a-z0-9]{32}\?l=good$' \
  '^  Direct update URL: https://example.com/.well-known/openpgpkey/hu/[a-z0-9]{32}\?l=good$'
"$PANDO" --repo=r remote delete origin
assert_missing r/origin.trustedkeys.gpg
new
cat good.gpg >both.gpg
in_home keys --export other@example.com >>both.gpg
"$PANDO" --repo=r remote gpg-import --keyring=both.gpg origin other@example.com >out
assert_content out 'Imported 1 GPG key to remote "origin"'
"$PANDO" --repo=r remote gpg-list-keys origin >out
assert_eq "$(grep -c '^Key:' out)" 1
OSTREE_GPG_HOME=. "$PANDO" --repo=r remote gpg-list-keys >out
assert_match out 'UID: Good' 'UID: Other'
fails_with "no key 'nosuch'" "$PANDO" --repo=r remote gpg-import --keyring=both.gpg origin nosuch
fails_with 'Unable to import keys' "$PANDO" --repo=r remote gpg-import --keyring=tree/file origin
fails_with "'nowhere': No such file" "$PANDO" --repo=r remote gpg-import --keyring=nowhere origin
fails_with 'either --keyring or --stdin' "$PANDO" --repo=r remote gpg-import origin
fails_with 'either --keyring or --stdin' "$PANDO" --repo=r remote gpg-import --stdin --keyring=good.asc origin
fails_with 'Remote "none" not found' "$PANDO" --repo=r remote gpg-import --keyring=good.asc none
fails_with 'Remote "none" not found' "$PANDO" --repo=r remote gpg-list-keys none
new --gpg-import=good.asc
assert_content out 'Imported 1 GPG key to remote "origin"'
ok "gpg-import, gpg-list-keys"

# --- commits ------------------------------------------------------------------------------------------

n_commits=0
commit () { n_commits=$((n_commits + 1)); "$PANDO" --repo=up commit -b m -s "$n_commits" "$@" tree >v; "$PANDO" --repo=up summary -u; }
meta () { local csum; csum=$(cat v); echo "up/objects/${csum:0:2}/${csum:2}.commitmeta"; }

refused () {
  fails_with "$1" "$PANDO" --repo=r pull origin m
  assert_eq "$(find r/objects -name '*.file' | wc -l)$("$PANDO" --repo=r refs --list | wc -l)" 00
}
accepted () {
  "$PANDO" --repo=r pull origin m >out
  assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$("$PANDO" --repo=up rev-parse m)"
  "$PANDO" --repo=r fsck -q
}

commit --parent=none
new --gpg-import=good.asc
refused 'GPG verification enabled, but no signatures found .use gpg-verify=false'
sign m other@example.com
refused 'public key not found.*remote gpg-import'
sign m good@example.com
accepted
"$PANDO" --repo=r show --gpg-verify-remote=origin origin:m >out
assert_match out '^Found 2 signatures' 'Good signature from "Good ' 'public key not found'
ok "a commit without a signature, by another key, by both"

commit --parent=none --gpg-sign=good@example.com --gpg-sign=other@example.com --gpg-homedir=keys
new
refused 'public key not found'
export OSTREE_GPG_HOME=$SCRATCH
accepted
export OSTREE_GPG_HOME=$SCRATCH/empty
new --set=gpgkeypath="$SCRATCH/good.gpg"
accepted
new --set=gpgkeypath="$SCRATCH/nowhere;$SCRATCH/good.asc"
refused 'nowhere.*No such file'
new --set=gpgkeypath="$SCRATCH/empty"
OSTREE_GPG_HOME=$SCRATCH refused 'public key not found'
new --set=gpgkeypath="$SCRATCH/a,$SCRATCH/b;$SCRATCH/c"
refused 'more than one separator'
new --set=gpgkeypath=",$SCRATCH/good.asc"
refused 'keyring .*: No such file'
new --set=gpgkeypath="$SCRATCH/keys/,$SCRATCH/good.asc,"
accepted
ok "keys of the system, and those that gpgkeypath names instead"

commit --parent=none --gpg-sign=good@example.com --gpg-homedir=keys
new --gpg-import=good.asc
flip_byte "$(meta)" $(($(stat -c %s "$(meta)") - 20))
refused 'BAD signature from "Good |no signatures found|Unable to complete|Can.t check'
# Another commit's signature.
commit --parent=none -s 'another' --gpg-sign=good@example.com --gpg-homedir=keys
cp "$(meta)" sound
commit --parent=none -s 'that one'
cp sound "$(meta)"
refused 'BAD signature from "Good '
echo borkborkbork >"$(meta)"
refused 'no signatures found'
ok "damaged signatures, and one of another commit"

# --- expired and revoked keys -------------------------------------------------------------------------

gpg_home old
echo 'faked-system-time 1600000000' >old/gpg.conf
new_key old 'Old <old@example.com>' 1d
commit --parent=none --gpg-sign=old@example.com --gpg-homedir=old
rm old/gpg.conf
in_home old --armor --export old@example.com >old.asc
new --gpg-import=old.asc
refused 'signature from "Old .*Key expired'
"$PANDO" --repo=r remote gpg-list-keys origin >out
assert_match out '^  Expired: '
sign m good@example.com
"$PANDO" --repo=r remote gpg-import --keyring=good.asc origin >out
accepted
ok "an expired key does not count, and does no harm beside a good one"

commit --parent=none --gpg-sign=other@example.com --gpg-homedir=keys
new --gpg-import=other.asc
accepted
sed -i 's/^:-----BEGIN/-----BEGIN/' keys/openpgp-revocs.d/*.rev
in_home keys --import "keys/openpgp-revocs.d/$(fingerprint keys other@example.com).rev"
in_home keys --armor --export other@example.com >revoked.asc
"$PANDO" --repo=r remote gpg-import --keyring=revoked.asc origin >out
assert_content out 'Imported 0 GPG keys to remote "origin"'
fails_with 'Key revoked' "$PANDO" --repo=r pull origin m
"$PANDO" --repo=r remote gpg-list-keys origin >out
assert_match out '^Key: [0-9A-F]{40} \(revoked\)$' '^  UID: Other .*\(revoked\)$'
ok "a revoked key does not count, once the device has heard of it"

# --- summaries ----------------------------------------------------------------------------------------

sign_summary () { "$PANDO" --repo=up summary -u --gpg-sign="$1" --gpg-homedir=keys; }
commit --gpg-sign=good@example.com --gpg-homedir=keys
new --set=gpg-verify-summary=true --gpg-import=good.asc
refused 'GPG verification enabled, but no summary.sig found'
echo invalid >up/summary.sig
refused 'no signatures found'
sign_summary good@example.com
accepted
"$PANDO" --repo=r remote summary origin >out
assert_match out '^GPG: Verification enabled, found 1 signature:$' '^  Good signature from "Good '
cp up/summary.sig good.sig
echo more >tree/more
commit --gpg-sign=good@example.com --gpg-homedir=keys
cp good.sig up/summary.sig
# A copy of the summary that the old signature names would be taken instead.
rm -rf r/tmp/cache up/summaries
fails_with "Can't verify summary.*BAD signature" "$PANDO" --repo=r pull origin m
ok "summaries"

"$PANDO" --repo=local init --mode=bare-user
"$PANDO" --repo=local remote add --gpg-import=good.asc origin "$url" >out
fails_with 'Must specify remote name' "$PANDO" --repo=local pull-local --gpg-verify up m
fails_with "BAD signature" "$PANDO" --repo=local pull-local --remote=origin --gpg-verify-summary up m
sign_summary good@example.com
"$PANDO" --repo=local pull-local --remote=origin --gpg-verify-summary --gpg-verify up m >out
"$PANDO" --repo=up commit -b m tree >v
fails_with "no signatures found" "$PANDO" --repo=local pull-local --remote=origin --gpg-verify up m
ok "pull-local"

# Both kinds of signatures are asked for, and one does not stand for the other.
ed25519_key raw
commit --sign-from-file=raw.secret
new --gpg-import=good.asc --sign-verify=ed25519=file:raw.pub
refused 'GPG verification enabled, but no signatures found'
"$PANDO" --repo=up gpg-sign --gpg-homedir=keys m good@example.com
accepted
"$PANDO" --repo=up sign --delete m "$(cat raw.pub)" >out
fails_with 'No signatures found' "$PANDO" --repo=r pull origin m
ok "OpenPGP and other signatures"
assert_content <(ls tmp) ''
ok "nothing is left in the temporary directory"
