#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A signing key was stolen: the list of revoked keys, made on the build host, and what a device does about it. The thief has
# the key and writes to the server.
. "$(dirname "$0")/../lib.sh"
need openssl python3

mkdir tree
echo one >tree/file
for name in old new thief revoker revoker2; do ed25519_key $name; done
"$PANDO" --repo=up init --mode=archive

# commit SIGNER…: another commit of the branch, and its summary, signed by each.
n=0
commit () {
  local signer signers=()
  for signer; do signers+=("--sign-from-file=$signer.secret"); done
  n=$((n + 1))
  "$PANDO" --repo=up commit -b m -s "$n" "${signers[@]}" tree >v
  "$PANDO" --repo=up summary -u "${signers[@]}"
}
revoke () { "$PANDO" --repo=up revoke-keys --sign-from-file=revoker.secret "$@"; }

# new KEY…: another device, in whose tree these keys are trusted, and the revocation key is known.
url=
new () {
  local key
  sysroot=$(mktemp -d "$SCRATCH/sys.XXXX")
  repo=$sysroot/ostree/repo
  kept=$sysroot/etc/ostree/revoked.ed25519.d
  mkdir -p "$sysroot"/ostree/deploy "$sysroot"/etc "$sysroot"/usr/share/ostree/trusted.ed25519.d
  for key; do cp "$key.pub" "$sysroot/usr/share/ostree/trusted.ed25519.d/$key"; done
  cp revoker.pub "$sysroot/usr/share/ostree/revoker.ed25519"
  "$PANDO" --repo="$repo" init --mode=bare-user
  "$PANDO" --repo="$repo" remote add --no-gpg-verify --set=sign-verify=true --set=sign-verify-summary=true origin "$url"
}
accepted () {
  "$PANDO" --repo="$repo" pull origin m >out
  assert_eq "$("$PANDO" --repo="$repo" rev-parse origin:m)" "$("$PANDO" --repo=up rev-parse m)"
}
refused () {
  local before
  before=$("$PANDO" --repo="$repo" refs --list -r)
  fails_with "$1" "$PANDO" --repo="$repo" pull origin m
  assert_eq "$("$PANDO" --repo="$repo" refs --list -r)" "$before"
}

# --- the list -----------------------------------------------------------------------------------------

fails_with 'has no list' "$PANDO" --repo=up revoke-keys --list
fails_with 'Need at least one KEY' revoke
fails_with 'Need --sign-from-file or --sign-command' "$PANDO" --repo=up revoke-keys "$(cat old.pub)"
fails_with 'base64' revoke garbage
fails_with 'secret key, which must not be here' revoke "$(cat old.secret)"
fails_with 'goes alone' revoke --list
fails_with 'must be a number from 1' revoke --serial=0 "$(cat old.pub)"
fails_with 'No such file' revoke --keys-file=nowhere
fails_with 'revokes the key that signs it' revoke "$(cat revoker.pub)"
fails_with 'not on the list' revoke --delete "$(cat old.pub)"
assert_missing up/revoked-keys up/revoked-keys.sig
ok "what makes no sense is refused, and nothing is written"

revoke --keys-file=thief.pub >out
assert_content out "Serial: 1
Revoked: $(cat thief.pub)"
"$PANDO" --repo=up revoke-keys --sign-command="openssl pkeyutl -sign -rawin -inkey revoker.pem -in /dev/stdin" \
  "$(cat thief.pub)" "$(cat new.pub)" >out
assert_content out "Serial: 2
Revoked: $(cat thief.pub)
Revoked: $(cat new.pub)"
revoke --delete "$(cat new.pub)" "$(cat thief.pub)" >out
assert_content out 'Serial: 3'
"$PANDO" --repo=up revoke-keys --list >out
assert_content out 'Serial: 3'
revoke --serial=10 "$(cat thief.pub)" >out
assert_match out '^Serial: 10$'
fails_with 'serial 10: must be higher than that of the list, 10' revoke --serial=10 "$(cat new.pub)"
# Who writes to the repository may have put keys on the list.
fails_with "not signed by this key.*--serial higher" "$PANDO" --repo=up revoke-keys --sign-from-file=revoker2.secret "$(cat new.pub)"
"$PANDO" --repo=up revoke-keys --list >out
assert_content out "Serial: 10
Revoked: $(cat thief.pub)"
ok "keys on the list, and off it; its serial rises"
rm up/revoked-keys up/revoked-keys.sig

# --- a stolen key -------------------------------------------------------------------------------------

http_serve up
url=$HTTP_URL
# A device that knows the old key alone, and one that has had an update with both.
commit old
new old
only_old=$sysroot
accepted
new old new
accepted
assert_missing "$kept"
commit old new
accepted
sysroot=$only_old repo=$only_old/ostree/repo
accepted
ok "a device with the old key takes a commit that both keys have signed"

commit new
refused "couldn't be verified"
cp new.pub "$only_old/usr/share/ostree/trusted.ed25519.d/new"
accepted
ok "and when it has the new key, one that the new one has signed"

# The vendor's last commit by the old key, or the thief's first: nobody can tell.
commit old
new old new
accepted
revoke "$(cat old.pub)" >out
commit new
accepted
assert_eq "$(ls "$kept")" revoked-keys-1
assert_content "$kept/revoked-keys-1" "$(cat old.pub)"
assert_mode "$kept/revoked-keys-1" 644
"$PANDO" --repo="$repo" fsck -q
ok "the list is kept, a key a line"

commit old
refused "Can't verify summary.*which is revoked"
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify-summary' false
refused "Can't verify commit.*which is revoked"
# A commit by its checksum asks no summary.
fails_with 'which is revoked' "$PANDO" --repo="$repo" pull origin "m@$(cat v)"
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify-summary' true
ok "the thief's summary and commit are refused"

# The same by devices that have not seen the list, and see it now.
new old new
refused "which is revoked"
assert_exists "$kept/revoked-keys-1"
new old new
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify-summary' false
fails_with 'which is revoked' "$PANDO" --repo="$repo" pull origin "m@$(cat v)"
assert_exists "$kept/revoked-keys-1"
new old
refused 'no key that is trusted and not revoked'
ok "also where it comes together with the list"

# The list is hidden by who has the key: a summary.sig that says that there is none, or that it is the one that is known.
new old new
commit new
accepted
revoke "$(cat thief.pub)" >out
"$PANDO" --repo=up commit -b m -s thief --sign-from-file=thief.secret tree >v
cp thief.pub "$sysroot/usr/share/ostree/trusted.ed25519.d/thief"
mv up/revoked-keys hidden
"$PANDO" --repo=up summary -u --sign-from-file=thief.secret
mv hidden up/revoked-keys
refused 'which is revoked'
assert_eq "$(ls "$kept")" revoked-keys-2
ok "a summary cannot hide the list"

rm up/revoked-keys up/revoked-keys.sig
"$PANDO" --repo=up summary -u --sign-from-file=thief.secret
refused 'which is revoked'
commit new
accepted
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify-summary' false
commit old
refused 'which is revoked'
assert_eq "$(ls "$kept")" revoked-keys-2
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify-summary' true
ok "what was seen stays when the server has no list any more"

# --- lists of the thief -------------------------------------------------------------------------------

commit new
rm -f up/revoked-keys*
"$PANDO" --repo=up revoke-keys --serial=9 --sign-from-file=thief.secret "$(cat new.pub)" >out
refused "/revoked-keys' is not signed by who may revoke keys .*: ed25519: Signature couldn't be verified"
assert_eq "$(ls "$kept")" revoked-keys-2
rm up/revoked-keys.sig
commit new
accepted
echo '<html>' >up/revoked-keys.sig
commit new
refused 'is not signed by who may .*No signatures found'
rm up/revoked-keys
refused 'a signature of a list of revoked keys, and no list'
rm up/revoked-keys.sig
accepted
ok "a list of the thief's own is refused"

# Who signs lists signs nothing else.
commit revoker
cp revoker.pub "$sysroot/usr/share/ostree/trusted.ed25519.d/revoker"
refused "couldn't be verified"
rm "$sysroot/usr/share/ostree/trusted.ed25519.d/revoker"
commit new
accepted
ok "the revocation key signs no commit and no summary"

revoke --serial=20 "$(cat old.pub)" "$(cat thief.pub)" >out
cp up/revoked-keys list.20
cp up/revoked-keys.sig list.20.sig
commit new
accepted
assert_eq "$(ls "$kept")" revoked-keys-20
revoke "$(cat revoker2.pub)" >out
commit new
accepted
assert_eq "$(ls "$kept")" revoked-keys-21
cp list.20 up/revoked-keys
cp list.20.sig up/revoked-keys.sig
commit new
accepted
assert_eq "$(ls "$kept")" revoked-keys-21
assert_eq "$(wc -l <"$kept/revoked-keys-21")" 3
commit old
refused 'which is revoked'
ok "an old list changes nothing"

# An etc of an earlier deployment, in which the list is not kept yet.
rm -r "$kept"
rm up/revoked-keys up/revoked-keys.sig
refused 'which is revoked'
assert_eq "$(ls "$kept")" revoked-keys-21
"$PANDO" --repo="$repo" prune >out
assert_exists "$repo/tmp/cache/summaries/origin.revoked-keys.sig"
ok "etc goes back, and the list comes again"

# A higher serial replaces the list, whatever it says.
revoke --serial=30 "$(cat thief.pub)" >out
commit new
accepted
assert_content "$kept/revoked-keys-30" "$(cat thief.pub)"
assert_eq "$(ls "$kept")" revoked-keys-30
cp old.pub "$kept/by-hand"
commit old
refused 'which is revoked'
assert_eq "$(find "$kept" -type f -printf '%f\n' | sort | tr '\n' ' ')" 'by-hand revoked-keys-30 '
ok "a key that was taken off, and what the administrator put there"

# --- other ways ---------------------------------------------------------------------------------------

commit old
new old new
url=file://$SCRATCH/up
"$PANDO" --repo="$repo" config set 'remote "origin".url' "$url"
accepted
revoke "$(cat old.pub)" >out
refused 'which is revoked'
assert_eq "$(ls "$kept")" revoked-keys-31
rm -f up/revoked-keys*
"$PANDO" --repo=up revoke-keys --serial=40 --sign-from-file=revoker2.secret "$(cat new.pub)" >out
refused "up/revoked-keys' is not signed"
ok "a file:// remote"

rm -f up/revoked-keys*
revoke --serial=41 "$(cat old.pub)" >out
commit new
rm -rf mirror
"$PANDO" --repo=mirror init --mode=archive
"$PANDO" --repo=mirror remote add --no-gpg-verify origin "$HTTP_URL"
"$PANDO" --repo=mirror pull --mirror origin >out
cmp mirror/revoked-keys up/revoked-keys
cmp mirror/revoked-keys.sig up/revoked-keys.sig
"$PANDO" --repo=mirror revoke-keys --list >out
assert_match out '^Serial: 41$'
cp list.20 up/revoked-keys
cp list.20.sig up/revoked-keys.sig
"$PANDO" --repo=mirror pull --mirror origin >out
"$PANDO" --repo=mirror revoke-keys --list >out
assert_match out '^Serial: 41$'
ok "a mirror has the list, and no older one"

# The revocation key is changed like others: by a list that both have signed.
cp mirror/revoked-keys mirror/revoked-keys.sig up/
"$PANDO" --repo=up revoke-keys --sign-from-file=revoker.secret --sign-from-file=revoker2.secret "$(cat old.pub)" >out
new old new
"$PANDO" --repo="$repo" config set 'remote "origin".url' "$HTTP_URL"
cp revoker2.pub "$sysroot/usr/share/ostree/revoker.ed25519"
accepted
assert_eq "$(ls "$kept")" revoked-keys-42
"$PANDO" --repo=up revoke-keys --sign-from-file=revoker2.secret "$(cat old.pub)" >out
commit new
accepted
assert_eq "$(ls "$kept")" revoked-keys-43
"$PANDO" --repo=up revoke-keys --sign-from-file=revoker.secret --sign-from-file=revoker2.secret "$(cat old.pub)" >out
ok "another revocation key"

# Nobody may revoke keys here, or nothing is signed by such keys: nobody asks.
nginx_serve up
url=$HTTP_URL
requests () { awk '{ printf "%s %s;", $2, $3 }' "$HTTP_LOG"; : >"$HTTP_LOG"; }
new old new
rm "$sysroot/usr/share/ostree/revoker.ed25519"
accepted
new old new
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify' false
"$PANDO" --repo="$repo" config set 'remote "origin".sign-verify-summary' false
accepted
requests >out
assert_no_match out revoked
ok "who cannot check a list does not ask for it"

new old new
accepted
requests >out
assert_match out '^/summary 200;/summary.sig 200;/revoked-keys.sig 200;/revoked-keys 200;'
accepted
assert_eq "$(requests | sed 's/;.*commitmeta.*//')" '/summary.sig 304'
"$PANDO" --repo=up revoke-keys --sign-from-file=revoker.secret "$(cat thief.pub)" >out
accepted
requests >out
assert_match out '^/summary.sig 200;/revoked-keys.sig 200;/revoked-keys 200;'
# Again in the same second: the file's time must tell.
"$PANDO" --repo=up revoke-keys --sign-from-file=revoker.secret --delete "$(cat thief.pub)" >out
accepted
requests >out
assert_match out '^/summary.sig 200;/revoked-keys.sig 200;/revoked-keys 200;'
commit new
accepted
requests >out
assert_match out '^/summary.sig 200;/summaries/[0-9a-f]{64} 200;/revoked-keys.sig 304;'
accepted
assert_eq "$(requests | sed 's/;.*commitmeta.*//')" '/summary.sig 304'
ok "a check in which nothing is new is one conditional request"

# Something new of a summary that has not changed.
cp -a tree other
echo two >other/file
"$PANDO" --repo=up commit -b other --sign-from-file=new.secret other >v
"$PANDO" --repo=up summary -u --sign-from-file=new.secret
accepted
requests >out
"$PANDO" --repo="$repo" pull origin other >out
requests >out
assert_match out '^/summary.sig 304;/revoked-keys.sig 304;'
ok "no commit is taken without asking for the list"

# A server whose summary announces nothing, such as one that another program writes: asked each time.
rm -r up/summaries
"$PANDO" --repo=up summary -u
cp up/summary plain
openssl pkeyutl -sign -rawin -inkey new.pem -in plain -out plain.sig
echo "up/summary.sig ostree.sign.ed25519 plain.sig" | "$TESTS_DIR/sign-dict"
accepted
requests >out
accepted
assert_eq "$(requests | sed 's/[^;]*commitmeta[^;]*;//')" '/summary 304;/summary.sig 304;/revoked-keys.sig 304;'
ok "a summary that announces nothing"

# Who may not write in etc goes by the list all the same.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  commit old
  new old new
  chmod 711 "$SCRATCH"
  chown -R 65534:65534 "$sysroot"
  chown -R 0:0 "$sysroot/etc" "$sysroot/usr"
  as_nobody () { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
  chmod 755 "$sysroot"
  revoke --serial=90 "$(cat old.pub)" >out
  commit old
  fails_with 'which is revoked' as_nobody "$PANDO" --repo="$repo" pull origin m
  assert_missing "$kept"
  ok "a user who may not write in etc"
else
  skip "a user who may not write in etc" "needs root"
fi
