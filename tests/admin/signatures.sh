#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device that follows a branch takes what is signed by a key that it trusts, and status says what signatures are worth.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
need openssl

ed25519_key vendor
ed25519_key thief
commit_os 1 --sign-from-file=vendor.secret
v1=$REV
new_sysroot
mkdir -p sysroot/etc/ostree/trusted.ed25519.d sysroot/etc/ostree/revoked.ed25519.d
cp vendor.pub sysroot/etc/ostree/trusted.ed25519.d/vendor
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".sign-verify' true
deploy_os
"$PANDO" admin status --verify >out
assert_match out "^  os $v1.0$"
echo two >tree/usr/share/two
commit_os 2 --sign-from-file=thief.secret
fails_with "couldn't be verified" "$PANDO" admin upgrade --os=os
"$PANDO" admin status >out
assert_no_match out "$REV"
"$PANDO" --repo=repo sign --keys-file=vendor.secret os/main
"$PANDO" admin upgrade --os=os >out
"$PANDO" admin status --verify >out
assert_match out "^  os $REV.0$"
ok "an upgrade is taken from who may sign"

# What was good when it was pulled need not be so today.
cp vendor.pub sysroot/etc/ostree/revoked.ed25519.d/stolen
fails_with 'deployment 0: Can.t verify commit.*not revoked' "$PANDO" admin status --verify
"$PANDO" admin status >out
assert_match out "^  os $REV.0$"
rm sysroot/etc/ostree/revoked.ed25519.d/stolen
ok "status --verify, when a key was revoked"

"$PANDO" --version >out
if ! grep -q -e '- gpgme$' out; then
  skip "OpenPGP" "built without gpgme"
  exit 0
fi
# shellcheck source=tests/gpg-keys.sh
. "$TESTS_DIR/gpg-keys.sh"
gpg_home keys
new_key keys 'Vendor <vendor@example.com>'
in_home keys --export vendor@example.com >vendor.gpg
"$PANDO" --repo=repo gpg-sign --gpg-homedir=keys os/main vendor@example.com
repo=sysroot/ostree/repo
"$PANDO" --repo=$repo config set 'remote "origin".gpg-verify' true
"$PANDO" --repo=$repo remote gpg-import --keyring=vendor.gpg origin >out
"$PANDO" admin upgrade --os=os >out
"$PANDO" --repo=$repo pull origin os/main >out
"$PANDO" admin status >out
assert_match out '^    GPG: Signature made ' '^    GPG: Good signature from "Vendor <vendor@example.com>"$'
"$PANDO" admin status --skip-signatures >out
assert_no_match out 'GPG:'
# The first deployment is signed by the other kind of key alone.
fails_with 'deployment 1: .*GPG verification enabled, but no signatures found' "$PANDO" admin status --verify
ok "OpenPGP"
