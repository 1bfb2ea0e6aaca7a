#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Both programs on one repository at the same time: each keeps the other's prune waiting while it writes, and beside each
# other's writers they work.
. "$(dirname "$0")/../lib.sh"
need ostree

mkdir tree
echo one >tree/file
tar -cf tree.tar -C tree .
export OSTREE_REPO=r
ostree --repo=r init --mode=archive
ostree config set core.lock-timeout-secs 1
ostree commit -b x --timestamp=@1 tree >/dev/null
ostree commit -b x --timestamp=@2 tree >/dev/null

# hold PROGRAM: starts a commit that waits for the end of its archive, and with it a shared lock.
hold () {
  rm -f fifo && mkfifo fifo
  "$1" commit -b "by-$1" --tree=tar=- <fifo >held 2>&1 &
  holder=$!
  started+=("$holder")
  exec 8>fifo
  head -c 512 tree.tar >&8
  # It has the lock when an exclusive one is refused.
  for ((i = 0; i < 500; i++)); do
    python3 -c 'import fcntl, struct, sys
try: fcntl.fcntl(open("r/.lock", "r+"), 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))
except OSError: sys.exit(0)
sys.exit(1)' 2>/dev/null && return 0
    sleep 0.02
  done
  return 1
}
release () {
  tail -c +513 tree.tar >&8
  exec 8>&-
  wait "$holder" || fail "the commit that held the lock failed: $(cat held)"
}

command -v python3 >/dev/null || skip_all "no python3"
hold ostree || skip_all "no archives, or no locks"
fails_with 'locked by another process; gave up after 1 seconds' "$PANDO" prune --refs-only --depth=0
"$PANDO" prune --refs-only --depth=0 --no-prune >out
assert_match out '^Would delete: 1 objects'
"$PANDO" commit -b y --timestamp=@3 tree >/dev/null
"$PANDO" fsck >/dev/null
release
ok "ostree writes: pando's prune waits, its commits do not"

if hold "$PANDO"; then
  fails_with 'ock' ostree prune --refs-only --depth=0
  ostree commit -b z --timestamp=@4 tree >/dev/null
  "$PANDO" refs --create=w x
  release
  ok "pando writes: ostree's prune waits, its commits do not"
else
  skip "pando writes" "no archives"
fi
"$PANDO" prune --refs-only --depth=0 >out
assert_match out '^Deleted 1 objects'
ostree fsck -q
"$PANDO" fsck -q
ok "afterwards all goes on"

# Both write and prune as fast as they can, trees that share most of their files.
"$PANDO" config set core.lock-timeout-secs 60
make_tree many
writer () {
  local round
  cp -a many "many-$2"
  for round in 1 2 3 4; do
    echo "$round" >"many-$2/round"
    "$1" commit -b "many-$2" --timestamp="@$round" "many-$2"
  done
}
pruner () { for _ in 1 2 3; do "$1" prune --refs-only --depth=0; done; }
pids=()
for job in "writer ostree a" "writer $PANDO b" "pruner ostree" "pruner $PANDO"; do
  # shellcheck disable=SC2086 # words
  ( set -e; $job ) >"job-${#pids[@]}.out" 2>&1 &
  pids+=("$!")
  started+=("$!")
done
for ((i = 0; i < ${#pids[@]}; i++)); do wait "${pids[i]}" || fail "job $i: $(tail -n 5 "job-$i.out")"; done
for name in a b; do
  assert_eq "$(ostree rev-parse "many-$name")" "$(tail -n 1 "job-$([ $name = a ] && echo 0 || echo 1).out")"
  assert_eq "$("$PANDO" cat "many-$name" /round)" 4
done
ostree fsck -q
"$PANDO" fsck -q
ok "both at once"
