#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a remote must have signed: commits and summaries; good, bad, missing, by another key, by a revoked one. What is refused
# is refused before anything that it names is fetched, and leaves no ref.
. "$(dirname "$0")/../lib.sh"
need openssl

export OSTREE_DUMMY_SIGN_ENABLED=1
mkdir tree
seq 100 >tree/numbers
ed25519_key good
ed25519_key other
for name in good other; do
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.ec 2>/dev/null
  openssl pkey -in $name.ec -pubout -out $name.ec.pub
done
echo gooddummy >good.dummy
echo otherdummy >other.dummy

# secret TYPE NAME, public TYPE NAME: the files of keys.
secret () { case $1 in ed25519) echo "$2.secret" ;; spki) echo "$2.ec" ;; dummy) echo "$2.dummy" ;; esac; }
public () { case $1 in ed25519) echo "$2.pub" ;; spki) echo "$2.ec.pub" ;; dummy) echo "$2.dummy" ;; esac; }

"$PANDO" --repo=up init --mode=archive
http_serve up
url=$HTTP_URL

# new [OPTION OF remote add…]: another repository in a sysroot, whose etc has the keys that the device trusts.
new () {
  sysroot=$(mktemp -d "$SCRATCH/sys.XXXX")
  repo=$sysroot/ostree/repo
  mkdir -p "$sysroot"/ostree/deploy "$sysroot"/etc/ostree
  "$PANDO" --repo="$repo" init --mode=bare-user
  "$PANDO" --repo="$repo" remote add --no-gpg-verify "$@" origin "$url"
}

objects () { find "$repo/objects" -type f -name "*.$1" | wc -l; }

# refused REGEX: nothing of the tree is asked for, and no ref is written.
refused () {
  fails_with "$1" "$PANDO" --repo="$repo" pull origin m
  assert_eq "$(objects file)$(objects dirtree)" 00 "objects of a commit that was refused"
  assert_eq "$("$PANDO" --repo="$repo" refs --list | wc -l)" 0
}

accepted () {
  "$PANDO" --repo="$repo" pull origin m >out
  assert_eq "$("$PANDO" --repo="$repo" rev-parse origin:m)" "$("$PANDO" --repo=up rev-parse m)"
  "$PANDO" --repo="$repo" fsck -q
}

# Another byte in the middle of a file.
damage () { flip_byte "$1" $(($(stat -c %s "$1") / 2)); }

# --- commits ------------------------------------------------------------------------------------------

n_commits=0
commit () { n_commits=$((n_commits + 1)); "$PANDO" --repo=up commit -b m -s "$n_commits" "$@" tree >v; "$PANDO" --repo=up summary -u; }
meta () { local csum; csum=$(cat v); echo "up/objects/${csum:0:2}/${csum:2}.commitmeta"; }

for type in ed25519 spki dummy; do
  ask=--sign-verify=$type=file:$(public $type good)
  commit --parent=none
  new "$ask"
  refused 'Can.t verify commit.*No signatures found'
  ok "$type: a commit without a signature"

  "$PANDO" --repo=up sign --sign-type=$type --keys-file="$(secret $type other)" m
  refused "$type: Signature couldn't be verified with: key"
  ok "$type: a commit signed by another key"

  "$PANDO" --repo=up sign --sign-type=$type --keys-file="$(secret $type good)" m
  accepted
  # It is here, complete, and still asked about: the metadata beside it may be gone.
  find "$repo" -name '*.commitmeta' -delete
  accepted
  assert_eq "$(objects commitmeta)" 1
  ok "$type: a commit signed by two, of which one is trusted"

  new "$ask"
  rm "$(meta)"
  "$PANDO" --repo=up sign --sign-type=$type --keys-file="$(secret $type good)" m
  damage "$(meta)"
  refused "$type: Signature couldn't be verified|No signatures found"
  echo borkborkbork >"$(meta)"
  refused 'No signatures found'
  : >"$(meta)"
  refused 'No signatures found'
  ok "$type: damaged signatures"
  rm "$(meta)"
done

commit --parent=none --sign-from-file=good.secret
new --set=sign-verify=true
refused 'there is no key to check them'
mkdir -p "$sysroot/etc/ostree/trusted.ed25519.d" "$sysroot/etc/ostree/revoked.ed25519.d" "$sysroot/usr/share/ostree"
cp other.pub "$sysroot/etc/ostree/trusted.ed25519.d/other"
refused "couldn't be verified"
cp good.pub "$sysroot/usr/share/ostree/trusted.ed25519"
accepted
ok "keys of the system, below the sysroot"

new --set=sign-verify=true --set=verification-ed25519-key="$(cat other.pub)"
mkdir -p "$sysroot/etc/ostree/trusted.ed25519.d" "$sysroot/etc/ostree/revoked.ed25519.d"
cp good.pub "$sysroot/etc/ostree/trusted.ed25519.d/good"
refused "couldn't be verified with: key"
ok "a remote's own keys are instead of those"

new --sign-verify=ed25519=inline:"$(cat good.pub)"
mkdir -p "$sysroot/etc/ostree/revoked.ed25519.d" "$sysroot/usr/share/ostree/revoked.ed25519.d"
cp good.pub "$sysroot/etc/ostree/revoked.ed25519.d/stolen"
refused 'No valid signatures found: there is no key that is trusted and not revoked'
mv "$sysroot/etc/ostree/revoked.ed25519.d/stolen" "$sysroot/usr/share/ostree/revoked.ed25519.d/stolen"
refused 'not revoked'
echo garbage >"$sysroot/usr/share/ostree/revoked.ed25519.d/stolen"
refused 'stolen.*base64'
rm "$sysroot/usr/share/ostree/revoked.ed25519.d/stolen"
accepted
ok "a revoked key counts for nobody, and a revocation that cannot be read stops everything"

# Rotation: a device with the old key alone takes what both signed, then gets the new key, and takes what that signed.
new --sign-verify=ed25519=inline:"$(cat good.pub)"
"$PANDO" --repo=up sign --keys-file=other.secret m
accepted
"$PANDO" --repo="$repo" config set 'remote "origin".verification-ed25519-key' "$(cat other.pub)"
commit --sign-from-file=other.secret
accepted
ok "keys are changed with commits that both signed"

# History is checked as well.
commit --parent=none
commit --sign-from-file=good.secret
new --sign-verify=ed25519=inline:"$(cat good.pub)"
fails_with 'No signatures found' "$PANDO" --repo="$repo" pull --depth=1 origin m
accepted
ok "parents that were asked for have to be signed, too"

# --- configuration ------------------------------------------------------------------------------------

new --set=sign-verify=nosuch
refused 'Requested signature type is not implemented'
new --set=sign-verify=ed25519
refused 'No keys found for required signapi type ed25519'
new --set=sign-verify=true --set=verification-ed25519-file="$SCRATCH/nowhere"
refused 'verification-ed25519-file.*No such file'
new --set=sign-verify=true --set=verification-ed25519-key=garbage
refused 'verification-ed25519-key.*base64'
new --sign-verify=ed25519=inline:"$(cat other.pub)" --sign-verify=spki=file:good.ec.pub
"$PANDO" --repo="$repo" config get 'remote "origin".sign-verify' >out
assert_content out 'ed25519;spki'
"$PANDO" --repo=up sign --sign-type=spki --keys-file=good.ec m
accepted
for bad in nosuch=inline:k:not.implemented ed25519:Failed.to.parse ed25519=some:k:Invalid.key.reference; do
  fails_with "${bad##*:}" "$PANDO" --repo="$repo" remote add --sign-verify="${bad%:*}" two "$url"
done
fails_with 'both --sign-verify and --no-sign-verify' \
  "$PANDO" --repo="$repo" remote add --no-sign-verify --sign-verify=ed25519=inline:k two "$url"
unset OSTREE_DUMMY_SIGN_ENABLED
new --set=sign-verify=true --set=verification-dummy-key=gooddummy
refused 'there is no key to check them'
new --sign-verify=dummy=inline:gooddummy
refused 'only for ostree testing'
ok "options that make no sense are refused"

# --- summaries ----------------------------------------------------------------------------------------

sign_summary () { "$PANDO" --repo=up summary -u --sign-from-file="$1.secret"; }
ask=(--set=sign-verify-summary=true --set=verification-ed25519-key="$(cat good.pub)")

new "${ask[@]}"
"$PANDO" --repo=up summary -u
refused 'no summary.sig found'
sign_summary other
refused "Can't verify summary.*couldn't be verified"
echo invalid >up/summary.sig
refused 'No signatures found'
mv up/summary up/summary.away
refused 'no summary found'
mv up/summary.away up/summary
sign_summary good
accepted
# Also a commit that is named by its checksum.
rm up/summary.sig
fails_with 'no summary.sig found' "$PANDO" --repo="$repo" pull origin "m@$(cat v)"
ok "a summary without a signature, by another key, damaged, or not there"

sign_summary good
new "${ask[@]}"
accepted
cp up/summary summary.1
cp up/summary.sig summary.sig.1
echo more >tree/more
"$PANDO" --repo=up commit -b m tree >v
sign_summary good
cp up/summary summary.2
cp up/summary.sig summary.sig.2
rm -r up/summaries # as on a server of another kind
# Between the two requests the server published: the new summary with the old signature, then the other way round.
cp summary.sig.1 up/summary.sig
"$PANDO" --repo="$repo" pull origin m >out
cmp "$repo/tmp/cache/summaries/origin" summary.1
cp summary.1 up/summary
cp summary.sig.2 up/summary.sig
fails_with "couldn't be verified" "$PANDO" --repo="$repo" pull origin m
cmp "$repo/tmp/cache/summaries/origin" summary.1
cmp "$repo/tmp/cache/summaries/origin.sig" summary.sig.1
cp summary.2 up/summary
accepted
cmp "$repo/tmp/cache/summaries/origin" summary.2
# A cache that holds another summary than the server's is not believed, whatever its entity tag.
cat summary.1 >"$repo/tmp/cache/summaries/origin"
accepted
cmp "$repo/tmp/cache/summaries/origin" summary.2
ok "a summary and a signature that do not belong together"

for name in origin.m none; do
  "$PANDO" --repo="$repo" remote add --no-gpg-verify "${ask[@]}" "$name" "file://$SCRATCH/up"
done
"$PANDO" --repo="$repo" pull origin.m m >out
rm up/summary.sig
fails_with 'no summary.sig found' "$PANDO" --repo="$repo" pull none m
ok "a file:// remote"

# What is signed is all that the commit names: a file of a folder is not believed because it is at hand.
"$PANDO" --repo=bare init --mode=bare-user
"$PANDO" --repo=bare commit -b m tree >v
"$PANDO" --repo=bare sign --sign-type=ed25519 --keys-file=good.secret m >/dev/null
damage "$(grep -lrx 42 bare/objects)"
url_was=$url url=file://$SCRATCH/bare
new --sign-verify=ed25519=inline:"$(cat good.pub)"
fails_with 'Corrupted file object' "$PANDO" --repo="$repo" pull origin m
assert_eq "$(objects file)" 0
# Without a demand for signatures the folder of the same owner is believed, another's never.
new
"$PANDO" --repo="$repo" pull origin m >out
if [ "$(id -u)" = 0 ]; then
  chown -R 65534 bare
  new
  fails_with 'Corrupted file object' "$PANDO" --repo="$repo" pull origin m
fi
url=$url_was
ok "the files of a file:// remote"

"$PANDO" --repo=coll init --mode=archive --collection-id=org.example.Test
"$PANDO" --repo=coll commit -b m tree >v
"$PANDO" --repo=coll summary -u --sign-from-file=good.secret
"$PANDO" --repo=coll sign --verify ostree-metadata "$(cat good.pub)" >out
ok "the commit with a collection's metadata is signed with the summary"
