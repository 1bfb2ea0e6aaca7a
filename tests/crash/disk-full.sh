#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The disk is full, or a quota is used up, in the middle of each kind of write: the error says so, every ref has a whole
# commit, the old or the new one, and the same command succeeds when there is room again.
. "$(dirname "$0")/../lib.sh"
need_killer
# In memory, where one can be mounted: how long a disk takes to sync is of no interest here.
if [ "$(id -u)" = 0 ]; then
  small_disk disk 256M
  cd disk
fi

make_tree first
cp -a first second
echo changed >second/usr/bin/hello
mkdir second/usr/more
seq 20 | while read -r i; do echo "file $i" >"second/usr/more/$i"; done
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b os --timestamp=@1 second >/dev/null

# Which calls to try: fewer of the longer ones, unless everything is to be tried.
points () {
  if [ "$1" -le 12 ] || [ -n "${TEST_ALL-}" ]; then
    crash_points "$1"
  else
    crash_points "$1" | awk 'NR % 8 == 1'
  fi
}

# check AT: the refs of ./repo and all below them.
check () {
  local tip
  tip=$("$PANDO" --repo=repo rev-parse os) || fail "with no room from call $1 on, the ref is gone"
  [ "$tip" = "$old" ] || [ "$tip" = "$new" ] || fail "with no room from call $1 on, the ref is $tip"
  "$PANDO" --repo=repo fsck -q >fsck.out 2>&1 || fail "with no room from call $1 on: $(tail -n 3 fsck.out)"
}

# fill WHAT COMMAND…: on copies of ./start, whose ref os is $old; $new is where it may be afterwards.
fill () {
  local what=$1 total at said=0
  shift
  rm -rf repo && cp -al start repo
  total=$(count_calls "$@")
  new=$("$PANDO" --repo=repo rev-parse os)
  for at in $(points "$total"); do
    rm -rf repo && cp -al start repo
    full_at "$at" "$@" || said=1
    check "$at"
    # What made a commit before the disk was full would make another one.
    [ "$old" = "$new" ] || [ "$("$PANDO" --repo=repo rev-parse os)" != "$new" ] || continue
    "$@" >again.out 2>&1 || fail "with no room from call $at on, then again: $(tail -n 3 again.out)"
    check "$at, then with room"
  done
  [ "$said" = 1 ] || fail "$what needs no room?"
  ok "$what: $total calls"
}

for mode in bare-user archive; do
  rm -rf start
  "$PANDO" --repo=start init --mode=$mode
  "$PANDO" --repo=start config set core.min-free-space-percent 0
  old=$("$PANDO" --repo=start commit -b os --timestamp=@1 first)
  fill "commit to $mode" "$PANDO" --repo=repo commit -b os --timestamp=@2 second
  fill "pull-local to $mode" "$PANDO" --repo=repo pull-local up os
done
FULL_ERRNO=122 fill "commit beyond a quota" "$PANDO" --repo=repo commit -b os --timestamp=@2 second

"$PANDO" --repo=start config set core.tombstone-commits true
"$PANDO" --repo=start commit -b os --timestamp=@2 second >/dev/null
second=$("$PANDO" --repo=start rev-parse os)
"$PANDO" --repo=start refs --create=other os
"$PANDO" --repo=start reset os "$old"
fill "reset" "$PANDO" --repo=repo reset os "$second"
fill "refs --create" "$PANDO" --repo=repo refs --create=new --force "$second"
fill "refs --create --alias" "$PANDO" --repo=repo refs -A --create=alias os
fill "summary -u" "$PANDO" --repo=repo summary -u
fill "config set" "$PANDO" --repo=repo config set core.fsync true
fill "remote add" "$PANDO" --repo=repo remote add --force up http://127.0.0.1:1
fill "static-delta generate" "$PANDO" --repo=repo static-delta generate --from="$old" --to="$second"
"$PANDO" --repo=start refs --delete other
fill "prune, which leaves tombstones" "$PANDO" --repo=repo prune --refs-only --depth=0

# Elsewhere than in the repository: what looks whole there is whole. Of a checkout a part may be left.
fill_out () {
  local what=$1 total at
  shift
  rm -rf out
  total=$(count_calls "$@")
  mv out whole
  for at in $(points "$total"); do
    if full_at "$at" "$@" || [ -f out ]; then diff -r --no-dereference whole out; fi
    rm -rf out
  done
  rm -rf whole
  ok "$what: $total calls"
}
rm -rf repo && cp -al start repo
fill_out checkout "$PANDO" --repo=repo checkout -U -C os out
features=$("$PANDO" --version)
if grep -q -e '- libarchive' <<<"$features"; then fill_out "export" "$PANDO" --repo=repo export os -o out; fi
