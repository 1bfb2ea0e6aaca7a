#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Signatures that one program made and the other verifies, on commits and summaries: OpenPGP, and the engine for tests (Debian's
# ostree has no other).
. "$(dirname "$0")/../lib.sh"
need ostree

export OSTREE_DUMMY_SIGN_ENABLED=1
mkdir tree
echo one >tree/file
ostree --repo=theirs init --mode=archive
"$PANDO" --repo=ours init --mode=archive

# Each signs in the other's repository, and what is there stays.
ostree --repo=ours commit -b m --sign=one --sign-type=dummy tree >v
"$PANDO" --repo=ours sign --sign-type=dummy m two
"$PANDO" --repo=theirs commit -b m --sign=one --sign-type=dummy --add-detached-metadata-string=k=v tree >v
ostree --repo=theirs sign --sign-type=dummy m two
for repo in ours theirs; do
  for key in one two; do
    ostree --repo=$repo sign --verify --sign-type=dummy m $key >out
    "$PANDO" --repo=$repo sign --verify --sign-type=dummy m $key >out
  done
  ! ostree --repo=$repo sign --verify --sign-type=dummy m three >out 2>&1 || fail "ostree takes any key"
  fails_with "couldn't be verified" "$PANDO" --repo=$repo sign --verify --sign-type=dummy m three
  ostree --repo=$repo fsck -q
  "$PANDO" --repo=$repo fsck -q
done
assert_eq "$(ostree --repo=theirs show --print-detached-metadata-key=k m)" "'v'"
ok "dummy signatures of commits"

# pulls PROGRAM FROM [OPTION OF remote add…]
n=0
pulls () {
  local program=$1 from=$2
  shift 2
  n=$((n + 1))
  "$program" --repo=to$n init --mode=bare-user
  "$program" --repo=to$n remote add "$@" origin "file://$SCRATCH/$from" >out
  "$program" --repo=to$n pull origin m >out
}

for program in ostree "$PANDO"; do
  for repo in ours theirs; do
    pulls "$program" $repo --set=gpg-verify=false --sign-verify=dummy=inline:two
    rc=0
    (pulls "$program" $repo --set=gpg-verify=false --sign-verify=dummy=inline:three) >out 2>&1 || rc=$?
    assert_eq $rc 1
    n=$((n + 1))
  done
done
ok "pulls by either from either"

"$PANDO" --repo=ours summary -u --sign=one --sign-type=dummy
ostree --repo=theirs summary -u --sign=one --sign-type=dummy
for repo in ours theirs; do
  http_serve $repo
  for program in ostree "$PANDO"; do
    for key in one two; do
      n=$((n + 1))
      "$program" --repo=to$n init --mode=bare-user
      "$program" --repo=to$n remote add --no-gpg-verify --set=sign-verify-summary=true --set=verification-dummy-key=$key \
        origin "$HTTP_URL"
      rc=0
      "$program" --repo=to$n pull origin m >out 2>&1 || rc=$?
      case $key in one) assert_eq $rc 0 "$program from $repo" ;; two) assert_eq $rc 1 "$program from $repo" ;; esac
    done
  done
done
ok "dummy signatures of summaries"

"$PANDO" --version >out
if ! grep -q -e '- gpgme$' out; then
  skip "OpenPGP" "built without gpgme"
  exit 0
fi
# shellcheck source=tests/gpg-keys.sh
. "$TESTS_DIR/gpg-keys.sh"
gpg_home home
for name in one two; do
  new_key home "$name <$name@example.com>"
  in_home home --export "$name@example.com" >$name.gpg
done

# A summary would say what the refs were.
rm {ours,theirs}/summary*
ostree --repo=ours commit -b m --gpg-sign=one@example.com --gpg-homedir=home tree >v
"$PANDO" --repo=ours gpg-sign --gpg-homedir=home m two@example.com
"$PANDO" --repo=theirs commit -b m --gpg-sign=one@example.com --gpg-homedir=home tree >v
ostree --repo=theirs gpg-sign --gpg-homedir=home m two@example.com
for repo in ours theirs; do
  for program in ostree "$PANDO"; do
    pulls "$program" $repo --gpg-import=two.gpg
    pulls "$program" $repo --gpg-import=one.gpg
    rc=0
    (pulls "$program" $repo) >out 2>&1 || rc=$?
    assert_eq $rc 1
    n=$((n + 1))
  done
  # The two say the same.
  OSTREE_GPG_HOME=$SCRATCH ostree --repo=$repo show m >show.theirs
  OSTREE_GPG_HOME=$SCRATCH "$PANDO" --repo=$repo show m >show.ours
  diff show.theirs show.ours
  ostree --repo=$repo show m >show.theirs
  "$PANDO" --repo=$repo show m >show.ours
  diff show.theirs show.ours
done
ok "OpenPGP signatures of commits, and what is said of them"

# A keyring that one imported is the other's.
for importer in ostree "$PANDO"; do
  for reader in ostree "$PANDO"; do
    rm -rf keys
    "$importer" --repo=keys init --mode=bare-user
    "$importer" --repo=keys remote add --gpg-import=two.gpg origin "file://$SCRATCH/ours" >out
    assert_content out 'Imported 1 GPG key to remote "origin"'
    "$reader" --repo=keys pull origin m >out
    "$reader" --repo=keys remote gpg-list-keys origin >out
    assert_match out 'UID: two <two@example.com>'
    cp out "list.$(basename "$reader")"
  done
done
diff list.ostree "list.$(basename "$PANDO")"
ok "keyrings of remotes"

"$PANDO" --repo=ours summary -u --gpg-sign=one@example.com --gpg-homedir=home
ostree --repo=theirs summary -u --gpg-sign=one@example.com --gpg-homedir=home
for repo in ours theirs; do
  http_serve $repo
  for program in ostree "$PANDO"; do
    n=$((n + 1))
    for key in one two; do
      rm -rf to$n
      "$program" --repo=to$n init --mode=bare-user
      "$program" --repo=to$n remote add --no-gpg-verify --set=gpg-verify-summary=true --gpg-import=$key.gpg origin "$HTTP_URL" >out
      rc=0
      "$program" --repo=to$n pull origin m >out 2>&1 || rc=$?
      case $key in one) assert_eq $rc 0 ;; two) assert_eq $rc 1 ;; esac
    done
  done
done
ok "OpenPGP signatures of summaries"
