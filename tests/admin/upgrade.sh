#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Following a branch, another one, and going back.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
commit_os 1
v1=$REV
new_sysroot
fails_with 'no deployment to upgrade' "$PANDO" admin upgrade --os=os
deploy_os --karg=quiet

"$PANDO" admin upgrade --os=os >out
assert_match out '^No update available.$'
ok "nothing new"

echo two >tree/usr/share/two
echo 'c = 2' >tree/usr/etc/a.conf
echo 'kernel 2' >tree/usr/lib/modules/6.1.0-1/vmlinuz
commit_os 2 --add-metadata-string=ostree.source-title='Branch of the test'
v2=$REV
echo mine >"$(deployment)/etc/mine"
"$PANDO" admin upgrade --os=os >out
assert_match out 'objects imported' 'Copying /etc changes: 0 modified, 0 removed, 1 added' 'swap: yes'
assert_content "$(deployment)/usr/share/two" two
assert_content "$(deployment)/etc/mine" mine
assert_content "$(deployment)/etc/a.conf" 'c = 2'
assert_match <(entry_options ostree-2-os.conf) '^quiet '
cat >expected <<END
  os $v2.0
    Version: 2
    origin refspec: origin:os/main
    \`- Branch of the test
  os $v1.0
    Version: 1
    origin refspec: origin:os/main
END
"$PANDO" admin status >out
diff expected out
assert_eq "$(booting)" "$SCRATCH/$(deployment 0)"
ok "upgrade"

assert_eq "$(find sysroot/boot/ostree -mindepth 1 -maxdepth 1 | wc -l)" 2
"$PANDO" admin rollback >out
assert_match out "^Next boot: os $v1.0$"
assert_eq "$(booting)" "$SCRATCH/sysroot/ostree/deploy/os/deploy/$v1.0"
assert_content "$(deployment 0)/etc/a.conf" 'a = 1'
"$PANDO" admin set-default 1
assert_eq "$(booting)" "$SCRATCH/sysroot/ostree/deploy/os/deploy/$v2.0"
ok "rollback and set-default"

# What others keep below ostree/, as tools for container images do, is theirs.
"$PANDO" --repo=sysroot/ostree/repo commit -b ostree/container/image/x --tree=dir=tree/usr/share >/dev/null
"$PANDO" admin undeploy 1 >out
assert_match out "^Deleted deployment $v1.0$"
"$PANDO" --repo=sysroot/ostree/repo ls ostree/container/image/x >/dev/null
assert_missing "sysroot/ostree/deploy/os/deploy/$v1.0" "sysroot/ostree/deploy/os/deploy/$v1.0.origin"
assert_eq "$(find sysroot/boot/ostree -mindepth 1 -maxdepth 1 | wc -l)" 1
fails_with "$v1" "$PANDO" --repo=sysroot/ostree/repo ls "$v1"
fails_with 'no deployment to roll back to' "$PANDO" admin rollback
fails_with 'Out of range deployment index 1, expected < 1' "$PANDO" admin undeploy 1
for word in x -- 99999999999999999999 ''; do fails_with . "$PANDO" admin undeploy "$word"; done
ok "undeploy gives back what nothing else needs"

# Older than what is deployed.
"$PANDO" --repo=repo commit -b os/main --timestamp=@1600000000 tree >old
fails_with 'chronologically older' "$PANDO" admin upgrade --os=os
assert_eq "$("$PANDO" --repo=sysroot/ostree/repo rev-parse origin:os/main)" "$v2"
"$PANDO" admin upgrade --os=os --allow-downgrade >out
assert_match <("$PANDO" admin status) "^  os $(cat old).0$"
"$PANDO" admin upgrade --os=os --override-commit="$v2" >out
assert_match <("$PANDO" admin status) "^  os $v2.1$|^  os $v2.0$"
assert_match "$(deployment).origin" "^override-commit=$v2$"
ok "older commits only on demand"

commit_os 3
"$PANDO" admin upgrade --os=os --pull-only >out
assert_no_match <("$PANDO" admin status) "$REV"
"$PANDO" admin upgrade --os=os --deploy-only >out
assert_no_match out 'No update'
assert_match <("$PANDO" admin status) "^  os $REV.0$"
assert_no_match "$(deployment).origin" override-commit
"$PANDO" admin upgrade --os=os --deploy-only >out
assert_match out 'No update available'
ok "in two steps"

"$PANDO" --repo=repo commit -b os/next --timestamp=@1800000000 tree >next
fails_with 'Old and new refs are equal' "$PANDO" admin switch --os=os os/main
"$PANDO" admin switch --os=os os/next >out
assert_match out '^Deleting ref .origin:os/main.$'
assert_match "$(deployment).origin" '^refspec=origin:os/next$'
assert_eq "$("$PANDO" --repo=sysroot/ostree/repo refs --list origin:os/main 2>/dev/null)" ''
"$PANDO" admin set-origin --index=0 --set=gpg-verify=false mirror "file://$SCRATCH/repo"
assert_match "$(deployment).origin" '^refspec=mirror:os/next$'
"$PANDO" admin upgrade --os=os >out
assert_match out 'No update available'
ok "switch and set-origin"

"$PANDO" --repo=repo commit -b os/next --timestamp=@1800000100 --add-metadata-string=ostree.endoflife-rebase=os/main tree >/dev/null
commit_os 4
"$PANDO" admin upgrade --os=os --allow-downgrade >out
assert_match "$(deployment).origin" '^refspec=mirror:os/main$'
assert_match <("$PANDO" admin status) "^  os $REV.0$"
printf 'unconfigured-state=Buy a subscription first\n' >>"$(deployment).origin"
fails_with 'Buy a subscription first' "$PANDO" admin upgrade --os=os
ok "a branch that ended, and one that may not be followed"

echo changed >"$(deployment)/etc/a.conf"
rm "$(deployment)/etc/conf.d/b.conf"
echo new >"$(deployment)/etc/conf.d/new"
"$PANDO" admin config-diff --os=os >out
assert_content out 'M    a.conf
D    conf.d/b.conf
A    conf.d/new
A    mine'
ok "config-diff"

"$PANDO" admin instutil set-kargs a=1 b >out
assert_match <(entry_options ostree-2-os.conf) '^a=1 b ostree=[^ ]*$'
"$PANDO" admin instutil set-kargs --merge --replace=a=2 --append=c d >out
assert_match <(entry_options ostree-2-os.conf) '^a=2 b ostree=[^ ]* c d$'
"$PANDO" admin kargs edit-in-place --append-if-missing=b --append-if-missing=e >out
assert_match <(entry_options ostree-2-os.conf) '^a=2 b ostree=[^ ]* c d e$'
assert_match <(entry_options ostree-1-os.conf) ' b e$'
ok "kernel arguments of deployments that are there"

"$PANDO" admin status --json >out
python3 - "$REV" <<'END'
import json, sys
deployments = json.load(open("out"))["deployments"]
assert len(deployments) == 2, deployments
first = deployments[0]
assert first["checksum"] == sys.argv[1] and first["stateroot"] == "os" and first["index"] == 0, first
assert first["booted"] is False and first["pinned"] is False and first["version"] == "4", first
END
fails_with 'Not currently booted' "$PANDO" admin status -D
ok "status for machines"

# Leftovers of a run that was killed.
deployed=sysroot/ostree/deploy/os/deploy
mkdir -p "$deployed/$v1.0/usr" sysroot/ostree/boot.0.0/os sysroot/ostree/boot.1.0/os sysroot/boot/ostree/os-"$v1" sysroot/boot/loader.0/entries
ls sysroot/boot >before
echo x >"$deployed/$v1.0.origin"
"$PANDO" admin cleanup >out
assert_missing "$deployed/$v1.0" "$deployed/$v1.0.origin" "sysroot/boot/ostree/os-$v1"
booting >/dev/null
assert_eq "$(find sysroot/ostree -maxdepth 1 -name 'boot.*' | wc -l)" 2
assert_eq "$(find sysroot/boot -maxdepth 1 -name 'loader*' | wc -l)" 2
ok "cleanup"
