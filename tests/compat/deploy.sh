#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sysroots of one program in the hands of the other: the same deployments, the same files, each goes on where the other
# stopped.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need ostree
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
# The immutable flag would only be in the way here.
export OSTREE_SYSROOT_DEBUG=mutable-deployments
unset OSTREE_SYSROOT
commit_os 1
v1=$REV
echo changed >tree/usr/etc/a.conf
echo 'kernel 2' >tree/usr/lib/modules/6.1.0-1/vmlinuz
commit_os 2

# begin PROGRAM FOLDER: a sysroot with v1 deployed and changes in its /etc.
begin () {
  local program=$1 at=$2
  mkdir "$at"
  "$program" admin init-fs "$at"
  "$program" admin --sysroot="$at" os-init os >/dev/null
  ostree --repo="$at/ostree/repo" remote add --no-gpg-verify origin "file://$SCRATCH/repo"
  ostree --repo="$at/ostree/repo" pull origin "os/main@$v1" >/dev/null
  "$program" admin --sysroot="$at" deploy --os=os --karg=root=x --karg-append=console=a origin:os/main >/dev/null
  local etc="$at/ostree/deploy/os/deploy/$v1.0/etc"
  echo local >"$etc/local"
  mkdir -m 700 "$etc/dir"
  echo x >"$etc/dir/x"
  rm "$etc/conf.d/b.conf"
  chmod 600 "$etc/a.conf"
}

same_status () {
  ostree admin --sysroot="$1" status >theirs.out
  "$PANDO" admin --sysroot="$1" status >ours.out
  diff theirs.out ours.out || fail "they see other deployments in $1"
  assert_eq "$(grep -c '^  os ' ours.out)" "$2"
}

# Everything in /boot, the links, and the deployments, without what differs between any two runs.
everything () {
  (
    cd "$1"
    find boot ostree/boot.* ostree/deploy ostree/repo/refs \( -path '*/os/var/.ostree-selabeled' -o -name .relabel \) -prune \
      -o -printf '%y %m %U:%G %p %l\n' | sort
    find boot ostree/deploy -type f ! -name .ostree-selabeled -print0 | sort -z | xargs -0 sha256sum
  )
}

begin ostree theirs
begin "$PANDO" ours
same_status theirs 1
same_status ours 1
diff <(everything theirs) <(everything ours) || fail "a first deployment differs"
ok "a first deployment is the same, file by file"

ostree admin --sysroot=theirs upgrade --os=os >/dev/null
"$PANDO" admin --sysroot=ours upgrade --os=os >/dev/null
same_status theirs 2
same_status ours 2
diff <(everything theirs) <(everything ours) || fail "an upgrade differs"
ok "an upgrade with changes in /etc is the same, file by file"

# Crosswise.
commit_os 3
ostree admin --sysroot=ours upgrade --os=os >/dev/null
"$PANDO" admin --sysroot=theirs upgrade --os=os >/dev/null
same_status theirs 2
same_status ours 2
diff <(everything theirs) <(everything ours) || fail "differs after they have changed places"
ok "each upgrades the other's"

"$PANDO" admin --sysroot=theirs pin 1 >/dev/null
ostree admin --sysroot=ours pin 1 >/dev/null
ostree admin --sysroot=theirs deploy --os=os --karg=root=y origin:os/main >/dev/null
"$PANDO" admin --sysroot=ours deploy --os=os --karg=root=y origin:os/main >/dev/null
same_status theirs 3
same_status ours 3
ostree admin --sysroot=theirs undeploy 0 >/dev/null
"$PANDO" admin --sysroot=ours undeploy 0 >/dev/null
diff <(everything theirs) <(everything ours) || fail "differs after undeploy"
ostree admin --sysroot=ours cleanup
"$PANDO" admin --sysroot=theirs cleanup
same_status theirs 2
same_status ours 2
ostree --repo=ours/ostree/repo fsck -q
ok "pin, undeploy and cleanup"

"$PANDO" admin --sysroot=theirs rollback >/dev/null
same_status theirs 2
ostree admin --sysroot=theirs deploy --os=os origin:os/main >/dev/null
same_status theirs 2
ok "ostree goes on after a rollback"
