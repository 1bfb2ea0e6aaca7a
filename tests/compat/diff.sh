#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# diff prints the same lines as ostree does. The order within a directory is that of the file system there.
. "$(dirname "$0")/../lib.sh"
need ostree

export OSTREE_REPO=r
ostree init --repo=r --mode=bare-user
make_tree one
cp -a one two
echo more >>two/usr/bin/hello
rm -r two/usr/etc/conf.d
mkdir -p two/usr/lib/new/deeper
touch two/usr/lib/new/deeper/file two/usr/lib/file
chmod 711 two/usr/share
rm -r two/var && ln -s usr two/var
rm two/usr/bin/hi && mkdir two/usr/bin/hi && touch two/usr/bin/hi/below
setfattr -n user.x -v 1 two/usr/share/numbers
ostree commit -b x one >/dev/null
ostree commit -b x --owner-uid=3 two >/dev/null
ostree commit -b plain --no-xattrs two >/dev/null

same () {
  LC_ALL=C.UTF-8 ostree diff "$@" | sort >theirs
  "$PANDO" diff "$@" >ours
  sort ours | diff theirs - >difference || fail "diff $*: $(cat difference)"
  ok "diff $*"
}
same x
same x^ x
same x x^
same x^ ./two
same ./two x^
same ./one ./two
same "$PWD/two" ./one
same --owner-uid=3 x ./two
same --owner-uid=3 --owner-gid=4 x ./two
same --no-xattrs plain ./two
same --no-xattrs x ./two
same --stats x
same --stats --fs-diff x^ plain
