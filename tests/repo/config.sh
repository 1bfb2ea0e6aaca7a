#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# config, and the commands of remote that need no network.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
$PANDO init --repo=r --mode=archive
assert_eq "$($PANDO config get core.mode)" archive-z2
$PANDO config set core.min-free-space-percent 5 >out 2>&1
assert_content out ""
assert_eq "$($PANDO config get --group=core min-free-space-percent)" 5
$PANDO config set 'group.key' 'two
lines'
assert_eq "$($PANDO config get group.key)" 'two
lines'
$PANDO config unset group.key
$PANDO config unset group.key
ok "get, set, unset"

fails_with 'does not have key .*nope.* in group .*core' "$PANDO" config get core.nope
fails_with 'does not have group .*nope' "$PANDO" config get nope.key
fails_with 'Key must be of the form' "$PANDO" config get mode
fails_with 'KEY and VALUE must be specified' "$PANDO" config set core.mode
fails_with 'Unknown operation frob' "$PANDO" config frob
fails_with 'OPERATION must be specified; usage: pando config' "$PANDO" config
fails_with 'Too many arguments' "$PANDO" config get core.mode more
ok "errors"

$PANDO remote add --no-gpg-verify origin http://127.0.0.1:1/repo os/a os/b --set=tls-permissive=true >out 2>&1
assert_content out ""
assert_match r/config '^\[remote "origin"\]$' '^url=http://127.0.0.1:1/repo$' '^branches=os/a;os/b;$' \
  '^gpg-verify=false$' '^tls-permissive=true$'
assert_eq "$($PANDO remote list)" origin
assert_eq "$($PANDO remote list -u)" 'origin  http://127.0.0.1:1/repo'
assert_eq "$($PANDO remote list --show-urls)" 'origin  http://127.0.0.1:1/repo'
$PANDO remote list --json >out
assert_match out '"name" : "origin"' '"url" : "http://127.0.0.1:1/repo"'
assert_eq "$($PANDO remote show-url origin)" http://127.0.0.1:1/repo
ok "a remote"

fails_with 'already exists' "$PANDO" remote add origin http://127.0.0.1:1/other
$PANDO remote add --if-not-exists origin http://127.0.0.1:1/other
assert_eq "$($PANDO remote show-url origin)" http://127.0.0.1:1/repo
$PANDO remote add --force origin http://127.0.0.1:1/other
assert_eq "$($PANDO remote show-url origin)" http://127.0.0.1:1/other
$PANDO remote add --custom-backend=other origin-2 http://127.0.0.1:1
assert_match r/config '^custom-backend=other$'
$PANDO remote delete origin-2
$PANDO remote add meta metalink=http://127.0.0.1:1/meta
fails_with 'No "url" option in remote "meta"' "$PANDO" remote show-url meta
ok "again, by force, by metalink"

fails_with 'Invalid remote name' "$PANDO" remote add a/b http://127.0.0.1:1
fails_with "Missing '='" "$PANDO" remote add --set=x new http://127.0.0.1:1
fails_with 'NAME and URL must be specified' "$PANDO" remote add new
fails_with 'Only|only specify one of' "$PANDO" remote add --force --if-not-exists new http://127.0.0.1:1
fails_with 'Remote "nope" not found' "$PANDO" remote show-url nope
fails_with 'Remote "nope" not found' "$PANDO" remote delete nope
fails_with 'Unknown "remote" subcommand .frob.' "$PANDO" remote frob
fails_with 'No "remote" subcommand specified' "$PANDO" remote
ok "errors of remotes"

$PANDO remote delete --if-exists nope
$PANDO remote delete origin
assert_eq "$($PANDO remote list)" meta
assert_no_match r/config origin
mkdir -p sysroot/ostree
$PANDO init --repo=sysroot/ostree/repo
$PANDO remote add --sysroot=sysroot here http://127.0.0.1:1
assert_match sysroot/ostree/repo/config 'remote "here"'
ok "deleted; and in the repository of a system"

mkdir -p deployment/etc
ln -s ../sysroot/ostree deployment/ostree
$PANDO remote add --sysroot=deployment there http://127.0.0.1:2
assert_match deployment/etc/ostree/remotes.d/there.conf '127.0.0.1:2'
assert_no_match sysroot/ostree/repo/config there
assert_eq "$($PANDO remote list --sysroot=deployment)" "here
there"
assert_eq "$($PANDO remote list --sysroot=sysroot)" "here"
$PANDO config --repo=sysroot/ostree/repo set core.add-remotes-config-dir false
$PANDO remote add --sysroot=deployment third http://127.0.0.1:3
assert_match sysroot/ostree/repo/config 'remote "third"'
$PANDO remote delete --sysroot=deployment there
assert_missing deployment/etc/ostree/remotes.d/there.conf
fails_with 'nowhere' "$PANDO" remote list --sysroot=nowhere
ok "remotes of a deployment are in its etc"
