#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An archive gives the same commit in both programs: formats, compressions, hard links, attributes, paths that are filtered.
. "$(dirname "$0")/../lib.sh"
need ostree tar cpio xz gzip
"$PANDO" --version | grep -q -e '- libarchive' || skip_all "built without libarchive"

make_tree tree
ln tree/usr/bin/hi tree/usr/bin/hi-again
name=$(printf 'n%.0s' {1..90})
mkdir -p "tree/$name/$name"
echo long >"tree/$name/$name/$name"
head -c 3000000 /dev/urandom >tree/usr/share/large
setfattr -n user.b -v value tree/usr/bin/hello 2>/dev/null || echo "# no user attributes here"
setfattr -n user.a -v other tree/usr/bin/hello 2>/dev/null || true
if [ "$(id -u)" = 0 ]; then
  chown 12:34 tree/usr/share/numbers
  chown -h 3000000:4000000 tree/usr/dangling
  setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 tree/usr/share/zero 2>/dev/null ||
    echo "# no file capabilities here"
fi

ostree --repo=theirs init --mode=archive
"$PANDO" --repo=ours init --mode=archive

# Both programs read names by a locale; a tree has UTF-8.
theirs () { LC_ALL=C.UTF-8 ostree --repo=theirs commit --fsync=no --orphan --timestamp=@1700000000 "$@"; }
ours () { "$PANDO" --repo=ours commit --fsync=no --orphan --timestamp=@1700000000 "$@"; }

same () { assert_eq "$(ours "$@")" "$(theirs "$@")" "$*"; }

for format in gnu pax ustar v7; do
  case $format in
    # What these cannot hold stays away.
    ustar | v7) extra=(--owner=0 --group=0 --exclude="$name" --exclude='*ünï*') ;;
    pax) extra=(--xattrs --xattrs-include='*') ;;
    *) extra=() ;;
  esac
  tar -C tree --format=$format "${extra[@]}" -cf $format.tar .
  same --tree=tar=$format.tar
done
ok "tar in each of its formats"

(cd tree && find . | cpio --quiet -o -H newc) >tree.cpio
(cd tree && find . | cpio --quiet -o -H odc --owner 1:2) >odc.cpio
same --tree=tar=tree.cpio
same --tree=tar=odc.cpio
ok "cpio"

gzip -k gnu.tar
xz -k -0 gnu.tar
same --tree=tar=gnu.tar.gz
same --tree=tar=gnu.tar.xz
assert_eq "$(ours --tree=tar=- <gnu.tar.gz)" "$(theirs --tree=tar=gnu.tar.xz)"
assert_eq "$(ours --tree=tar=- < <(cat gnu.tar.xz))" "$(theirs --tree=tar=gnu.tar)" "from a pipe"
ok "compressed, and from standard input"

assert_eq "$(ours --tree=tar=pax.tar)" "$(ours tree)" "the directory itself"
same --no-xattrs --tree=tar=pax.tar
same --owner-uid=7 --owner-gid=8 --tree=tar=pax.tar
same --canonical-permissions --no-xattrs --tree=tar=pax.tar
ok "options that change files"

tar -C tree -cf part.tar usr/bin usr/share
tar -C tree -cf root-only.tar --no-recursion .
same --tar-autocreate-parents --tree=tar=part.tar
same --tar-autocreate-parents --owner-uid=5 --tree=tar=part.tar
tar -C tree -cf top.tar --no-recursion usr usr/etc usr/etc/a.conf
same --tar-autocreate-parents --owner-uid=5 --owner-gid=6 --tree=tar=top.tar
same --tree=tar=root-only.tar --tar-autocreate-parents --tree=tar=part.tar
same --tree=dir=tree --tree=tar=root-only.tar
tar -C tree -cf more.tar usr/etc/a.conf
same --tree=tar=gnu.tar --tree=tar=more.tar
: | tar -cf empty.tar -T -
same --tar-autocreate-parents --tree=tar=empty.tar
ok "parts, and archives on top of each other"

same --tar-autocreate-parents --tar-pathname-filter='^,top/' --tree=tar=gnu.tar
same --tar-autocreate-parents --tar-pathname-filter='^usr/bin/,usr/sbin/' --tree=tar=gnu.tar
same --tar-autocreate-parents --tar-pathname-filter='(b)in/,\1oot/' --tree=tar=gnu.tar
echo '=384 /usr/bin/su' >modes
echo '/usr/share/zeros' >skips
same --statoverride=modes --skip-list=skips --tree=tar=gnu.tar
ok "names and modes that are changed"

ostree --repo=ours fsck -q
"$PANDO" fsck -q --repo=theirs
ok "each finds the other's objects without fault"

ostree --repo=theirs commit --fsync=no -b test/x --timestamp=@1700000000 --no-xattrs --tree=tar=gnu.tar >/dev/null
members () { tar --full-time -tvf - | sort; }
for options in "" --subpath=/usr "--subpath=/usr --prefix=top/"; do
  # shellcheck disable=SC2086 # words
  diff <(LC_ALL=C.UTF-8 ostree --repo=theirs export test/x $options | members) \
    <("$PANDO" export --repo=theirs test/x $options | members) >members.diff || fail "$options: $(cat members.diff)"
done
ok "exported archives have the same members"
