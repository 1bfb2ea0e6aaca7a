#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same labels in both programs. `ostree` wants a file that is named like a compiled policy, and looks at its bytes
# for a checksum alone.
. "$(dirname "$0")/../lib.sh"
need ostree tar
"$PANDO" --version | grep -q -e '- selinux' || skip_all "built without libselinux"
ostree --version | grep -q -e '- selinux' || skip_all "ostree was built without libselinux"

make_tree tree
root=tree/etc/selinux
mkdir -p $root/mini/contexts/files $root/mini/policy
printf 'SELINUX=enforcing\nSELINUXTYPE=mini\n' >$root/config
echo none >$root/mini/policy/policy.33
printf '%s\tsystem_u:object_r:%s:s0\n' '/.*' default_t '/usr(/.*)?' usr_t '/usr/bin(/.*)?' bin_t '/usr/bin/su	--' su_exec_t \
  '/etc(/.*)?' etc_t '/usr/share/.*	-d' share_dir_t >$root/mini/contexts/files/file_contexts
setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 tree/usr/share/zero 2>/dev/null ||
  echo "# no file capabilities here"

ostree --repo=theirs init --mode=archive
"$PANDO" --repo=ours init --mode=archive
theirs () { ostree --repo=theirs commit --fsync=no --orphan --timestamp=@1700000000 "$@"; }
ours () { "$PANDO" --repo=ours commit --fsync=no --orphan --timestamp=@1700000000 "$@"; }
same () { assert_eq "$(ours "$@")" "$(theirs "$@")" "$*"; }

same --selinux-policy=tree tree
same --selinux-policy=tree --no-xattrs --owner-uid=0 --owner-gid=0 tree
same -P --tree=dir=tree
tar -C tree -cf tree.tar .
same --selinux-policy=tree --tree=tar=tree.tar
tar -C tree -cf part.tar usr/bin/su usr/share/zero
same --selinux-policy=tree --tar-autocreate-parents --tree=tar=part.tar
base=$(ours tree)
assert_eq "$base" "$(theirs tree)"
same --selinux-policy=tree --tree=ref="$base"
same --selinux-policy=tree --base="$base" --tree=tar=part.tar --tar-autocreate-parents
ok "of directories, archives and commits"

sed -i s/enforcing/disabled/ $root/config
same --selinux-policy=tree tree
ok "a policy that is disabled"

ostree --repo=ours fsck -q
"$PANDO" fsck -q --repo=theirs
ok "each finds the other's objects without fault"
