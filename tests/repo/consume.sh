#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# commit --consume: a tree that is given up becomes the objects; what is mounted there stays whole.
. "$(dirname "$0")/../lib.sh"
mode=bare-user-only
[ "$(id -u)" != 0 ] || mode=bare
new () {
  rm -rf repo tree
  "$PANDO" --repo=repo init --mode=$mode
  mkdir -p tree/usr
  echo one >tree/usr/one
}
options=(-b os --timestamp=@1)
object () { "$PANDO" --repo=repo ls -C os "$1" | grep -oE '[0-9a-f]{64}' | sed 's|^..|repo/objects/&/|; s|$|.file|'; }

new
before=$(stat -c %i tree/usr/one)
"$PANDO" --repo=repo commit "${options[@]}" tree >expected
rm -rf repo
"$PANDO" --repo=repo init --mode=$mode
"$PANDO" --repo=repo commit "${options[@]}" --consume tree >rev
assert_content rev "$(cat expected)"
[ ! -e tree ] || fail "the tree is still there"
assert_eq "$(stat -c %i "$(object /usr/one)")" "$before"
"$PANDO" --repo=repo fsck -q >out
ok "a file becomes the object, and the tree goes"

new
rm -f other
ln tree/usr/one other
ln tree/usr/one tree/usr/two
"$PANDO" --repo=repo commit "${options[@]}" --consume tree >rev
"$PANDO" --repo=repo fsck -q >out
"$PANDO" --repo=repo cat os /usr/two >out
assert_content out one
assert_eq "$(stat -c %i other)" "$(stat -c %i "$(object /usr/one)")"
ok "a file with other names becomes the object, too"

new
echo two >tree/usr/two
mkdir tree/zzz
mkfifo tree/zzz/pipe
fails_with 'Not a regular file' "$PANDO" --repo=repo commit "${options[@]}" --consume tree
rm -r tree/zzz
for name in one two; do
  echo "other bytes" >tree/usr/$name
  touch -d @0 tree/usr/$name
done
"$PANDO" --repo=repo commit "${options[@]}" tree >rev
"$PANDO" --repo=repo fsck -q >out
ok "what a failed commit had taken is not trusted later"

new
cp -a tree other-tree
"$PANDO" --repo=repo commit "${options[@]}" --consume tree// >rev
assert_missing tree
mkdir here
cp -a other-tree/usr here/usr
(cd here && "$PANDO" --repo=../repo commit "${options[@]}" --consume >/dev/null)
assert_eq "$(ls -A here)" ''
ln -s other-tree link
fails_with "the commit is written, but 'link/' is not removed: 'link' is not a directory" \
  "$PANDO" --repo=repo commit "${options[@]}" --consume link/
assert_exists link other-tree
ok "slashes behind the name, and the directory where one is"

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
  new
  mkdir tree/cache precious
  echo keep >precious/file
  cp precious/file tree/cache/file
  # shellcheck disable=SC2016 # expanded by the inner shell
  fails_with 'something is mounted there; unmount it first' unshare --mount bash -c '
    mount --bind precious tree/cache
    exec "$0" --repo=repo commit -b os --timestamp=@1 --consume tree' "$PANDO"
  assert_content precious/file keep
  ok "what is mounted in the tree is not removed"
else
  skip "what is mounted in the tree is not removed" "no mounts here"
fi
