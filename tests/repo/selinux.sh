#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Labels by a small policy of our own: commit --selinux-policy and -P, of each kind of tree, and checkout.
# Only file_contexts is read, so no policy need be compiled; that SELinux obeys the labels is not tested here.
. "$(dirname "$0")/../lib.sh"
need getfattr tar
"$PANDO" --version | grep -q -e '- selinux' || skip_all "built without libselinux"
export OSTREE_REPO=r
"$PANDO" init --repo=r --mode=archive

# policy ROOT: the policy "mini" of a root file system.
policy () {
  mkdir -p "$1/mini/contexts/files"
  printf '# a comment\nSELINUX=enforcing\n SELINUXTYPE=mini \n' >"$1/config"
  cat >"$1/mini/contexts/files/file_contexts" <<'END'
/.*	system_u:object_r:default_t:s0
/usr(/.*)?	system_u:object_r:usr_t:s0
/usr/bin(/.*)?	system_u:object_r:bin_t:s0
/usr/bin/su	--	system_u:object_r:su_exec_t:s0
/usr/bin/.*	-l	system_u:object_r:link_t:s0
/etc(/.*)?	system_u:object_r:etc_t:s0
END
  echo '/opt /usr' >"$1/mini/contexts/files/file_contexts.subs_dist"
}
policy pol/etc/selinux
make_tree tree
ln tree/usr/bin/su tree/usr/su-again
mkdir -p tree/opt/bin
echo opt >tree/opt/bin/su

commit () { "$PANDO" commit --fsync=no -b os/x --parent=none --timestamp=@1 "$@"; }
# label PATH: in the commit.
label () { "$PANDO" ls -X -d os/x "$1" | sed -n "s/.*security.selinux', b'\([^']*\)').*/\1/p"; }
commit --selinux-policy=pol tree >dir.commit
assert_eq "$(label /)" system_u:object_r:default_t:s0
assert_eq "$(label /usr/bin)" system_u:object_r:bin_t:s0
assert_eq "$(label /usr/bin/hello)" system_u:object_r:bin_t:s0
assert_eq "$(label /usr/bin/su)" system_u:object_r:su_exec_t:s0
assert_eq "$(label /usr/bin/hi)" system_u:object_r:link_t:s0
assert_eq "$(label /usr/su-again)" system_u:object_r:usr_t:s0
assert_eq "$(label /opt/bin/su)" system_u:object_r:su_exec_t:s0
commit --selinux-policy=pol --stat-cache tree >again.commit
commit --selinux-policy=pol --stat-cache tree >again.commit
cmp dir.commit again.commit
ok "each file has the label of its path and type"

echo text >tree/usr/bin/other
setfattr -n user.z -v 1 tree/usr/bin/other 2>/dev/null || echo "# no user attributes here"
setfattr -n security.selinux -v old tree/usr/bin/other 2>/dev/null || echo "# no labels here"
commit --selinux-policy=pol tree >/dev/null
assert_eq "$(label /usr/bin/other)" system_u:object_r:bin_t:s0
assert_eq "$("$PANDO" ls -X os/x /usr/bin/other | grep -o selinux | wc -l)" 1
"$PANDO" fsck -q
commit --selinux-policy=pol --no-xattrs tree >/dev/null
assert_eq "$(label /usr/bin/other)" system_u:object_r:bin_t:s0
rm tree/usr/bin/other
rm tree/usr/su-again
commit --selinux-policy=pol tree >dir.commit
ok "it replaces one that is there, beside other attributes"

tar -C tree -cf tree.tar .
commit --selinux-policy=pol --tree=tar=tree.tar >tar.commit
cmp dir.commit tar.commit
tar -C tree -cf part.tar usr/bin/su
commit --selinux-policy=pol --tar-autocreate-parents --tree=tar=part.tar >/dev/null
assert_eq "$(label /usr/bin/su) $(label /usr)" "system_u:object_r:su_exec_t:s0 system_u:object_r:usr_t:s0"
if PATH=$PATH:/usr/sbin command -v mke2fs >/dev/null && "$PANDO" --version | grep -q -e '- libext2fs'; then
  PATH=$PATH:/usr/sbin
  truncate -s 16M disk.img
  mke2fs -q -t ext4 -d tree disk.img
  mkdir tree/lost+found
  echo /lost+found >skips
  commit --selinux-policy=pol --skip-list=skips tree >dir.commit
  commit --selinux-policy=pol --skip-list=skips --tree=ext4=disk.img >ext4.commit
  cmp dir.commit ext4.commit
  rmdir tree/lost+found
fi
ok "archives and images get the same"

policy base/usr/etc/selinux
cp -a tree/usr base/
commit -P base >/dev/null
assert_eq "$(label /usr/bin/su)" system_u:object_r:su_exec_t:s0
commit base >base.commit
commit -P --tree=ref="$(cat base.commit)" --tree=dir=tree >/dev/null
assert_eq "$(label /usr/bin/su)" system_u:object_r:su_exec_t:s0
commit --selinux-policy-from-base --base="$(cat base.commit)" --tree=dir=tree >/dev/null
assert_eq "$(label /usr/bin/su)" system_u:object_r:su_exec_t:s0
assert_eq "$(find r/tmp -name '*policy*')" ""
fails_with 'taken from a directory or a commit, not from an archive' commit -P --tree=tar=tree.tar
fails_with 'Cannot specify both --selinux-policy and --selinux-policy-from-base' commit -P --selinux-policy=pol tree
ok "the policy of the base"

printf '/etc/conf.d(/.*)?\tsystem_u:object_r:conf_t:s0\n' >>pol/etc/selinux/mini/contexts/files/file_contexts
mkdir tree/usr/etcetera
commit --selinux-policy=pol --selinux-labeling-epoch=0 tree >/dev/null
assert_eq "$(label /usr/etc) $(label /usr/etc/conf.d/b.conf)" "system_u:object_r:usr_t:s0 system_u:object_r:usr_t:s0"
commit --selinux-policy=pol --selinux-labeling-epoch=1 tree >epoch.commit
assert_eq "$(label /usr/etc) $(label /usr/etc/conf.d/b.conf)" "system_u:object_r:etc_t:s0 system_u:object_r:conf_t:s0"
assert_eq "$(label /usr) $(label /usr/etcetera) $(label /usr/bin/su)" \
  "system_u:object_r:usr_t:s0 system_u:object_r:usr_t:s0 system_u:object_r:su_exec_t:s0"
tar -C tree -cf tree.tar .
commit --selinux-policy=pol --selinux-labeling-epoch=1 --tree=tar=tree.tar >tar.commit
cmp epoch.commit tar.commit
fails_with 'selinux-labeling-epoch must be 0 or 1' commit --selinux-policy=pol --selinux-labeling-epoch=2 tree
fails_with 'selinux-labeling-epoch goes with --selinux-policy or -P' commit --selinux-labeling-epoch=1 tree
rmdir tree/usr/etcetera
ok "the epoch in which /usr/etc is labelled as /etc"

refused () { fails_with "$1" commit --selinux-policy=bad tree; }
mkdir bad
refused "SELinux policy of 'bad': it has no SELinux policy: neither etc/selinux nor usr/etc/selinux"
fails_with "open 'nope': No such file" commit --selinux-policy=nope tree
mkdir -p bad/etc/selinux
refused "'selinux/config' is not there"
echo 'SELINUX=enforcing' >bad/etc/selinux/config
refused 'names no SELINUXTYPE'
printf 'SELINUX=enforcing\nSELINUXTYPE=../../../pol/etc/selinux/mini\n' >bad/etc/selinux/config
refused 'names no SELINUXTYPE'
printf 'SELINUX=enforcing\nSELINUXTYPE=mini\n' >bad/etc/selinux/config
refused "open directory 'mini'"
ln -s ../../../pol/etc/selinux/mini bad/etc/selinux/mini
refused "open directory 'mini'"
rm bad/etc/selinux/mini
mkdir -p bad/etc/selinux/mini/contexts/files
refused "read the 'file_contexts' of 'mini'"
ln -s /etc/passwd bad/etc/selinux/mini/contexts/files/file_contexts
refused "'file_contexts' is not a regular file"
rm bad/etc/selinux/mini/contexts/files/file_contexts
echo '/usr(/.*)?	a:b:c:d' >bad/etc/selinux/mini/contexts/files/file_contexts
refused "the SELinux policy has no label for '/"
echo '/usr(/.*' >bad/etc/selinux/mini/contexts/files/file_contexts
refused "policy"
printf 'SELINUX=disabled\nSELINUXTYPE=mini\n' >bad/etc/selinux/config
commit --selinux-policy=bad tree >/dev/null
assert_eq "$(label /usr/bin/su)" ""
ok "what is no policy, and one that is disabled"

commit tree >/dev/null
fails_with 'Cannot specify both --selinux-policy and --require-hardlinks' "$PANDO" checkout -H --selinux-policy=pol os/x out
fails_with 'Cannot specify both --selinux-policy and --user-mode' "$PANDO" checkout -U --selinux-policy=pol os/x out
fails_with 'selinux-prefix requires --selinux-policy' "$PANDO" checkout --selinux-prefix=/usr os/x out
fails_with "SELinux policy of 'nopolicy'|open 'nopolicy'" "$PANDO" checkout --selinux-policy=nopolicy os/x out
: >probe
if ! setfattr -n security.selinux -v x probe 2>/dev/null || [ "$(id -u)" != 0 ]; then
  skip "checkouts" "labels cannot be set here"
  exit 0
fi
# on_disk PATH
on_disk () { getfattr -h --absolute-names --only-values -n security.selinux "$1" | tr -d '\0'; }
"$PANDO" checkout --selinux-policy=pol os/x out
assert_eq "$(on_disk out)" system_u:object_r:default_t:s0
assert_eq "$(on_disk out/usr/bin)" system_u:object_r:bin_t:s0
assert_eq "$(on_disk out/usr/bin/su)" system_u:object_r:su_exec_t:s0
assert_eq "$(on_disk out/usr/bin/hi)" system_u:object_r:link_t:s0
"$PANDO" checkout --selinux-policy=pol --subpath=/usr/bin os/x bin
assert_eq "$(on_disk bin) $(on_disk bin/su)" "system_u:object_r:bin_t:s0 system_u:object_r:su_exec_t:s0"
"$PANDO" checkout --selinux-policy=pol --subpath=/usr/bin/su os/x file
assert_eq "$(on_disk file/su)" system_u:object_r:su_exec_t:s0
"$PANDO" checkout --selinux-policy=pol --selinux-prefix=/etc/ --subpath=usr/bin os/x prefixed
assert_eq "$(on_disk prefixed/su)" system_u:object_r:etc_t:s0
ok "checkouts"
