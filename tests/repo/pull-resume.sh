#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull over a line that breaks in the middle of a large file: what came is not fetched again, whether the same program
# goes on or the next one does, and pieces that do not belong together are found out.
. "$(dirname "$0")/../lib.sh"
need perl

make_tree tree
head -c 4000000 /dev/urandom >tree/usr/share/large
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >out
"$PANDO" --repo=up summary -u
hostile_serve up http.log
url=$HTTP_URL
large=objects/$(cd up/objects && find . -name '*.filez' -size +2000k -printf '%P\n')
size=$(stat -c %s "up/$large")
half=$((size / 2))

new () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify origin "$url"
  : >http.log
  rm -f up/.faults
}
# fault KIND TIMES: what happens to the large file.
fault () { echo "$1 $2 ^$large\$" >up/.faults; }
pull () { "$PANDO" --repo=r pull "$@" origin m; }
# The requests for the large file: the fault and from which byte on.
requests () { awk -v path="$large" '$1 == path { $1 = ""; sub(/^ +/, ""); printf "%s;", $0 }' http.log; }
is_whole () {
  "$PANDO" --repo=r fsck >fsck.out
  [ -z "$(find r/tmp/pando-partial -type f)" ] || fail "something is left: $(ls -l r/tmp/pando-partial)"
}

new
fault truncate 3
pull --network-retries=1 >out
is_whole
# Each time half of the rest comes, and the last byte of it twice.
from=$((half - 1)) expected="truncate;"
for kind in truncate truncate ''; do
  expected+="${kind:+$kind }$from;"
  from=$((from + (size - from) / 2 - 1))
done
assert_eq "$(requests)" "$expected"
ok "cut three times with one retry: each try goes on, and counts as a step forward"

new
fault truncate 0
fails_with "fetch '$url/$large'" pull --network-retries=0
rm up/.faults
pull >out
is_whole
assert_eq "$(requests)" "truncate;$((half - 1));"
ok "the next program goes on"

new
fault pause 1
"$PANDO" --repo=r pull origin m >out 2>&1 &
PULL_PID=$!
started+=("$PULL_PID")
for ((i = 0; i < 300; i++)); do
  [ "$(find r/tmp -path "*/pando-partial/*" -type f -size +$((half / 1024 - 1))k | wc -l)" = 0 ] || break
  sleep 0.1
done
kill -KILL "$PULL_PID"
wait "$PULL_PID" 2>/dev/null || true
pull >out
is_whole
assert_eq "$(requests)" "pause;$((half - 1));"
ok "and after the first one was killed"

new
fault truncate 0
fails_with "$large" pull --network-retries=0
rm up/.faults
touch -d '2001-01-01' "up/$large"
pull >out
is_whole
assert_eq "$(requests)" "truncate;;"
ok "another entity tag: from the beginning"

new
fault truncate 0
fails_with "$large" pull --network-retries=0
rm up/.faults
flip_byte "$(find r/tmp/pando-partial -type f)" 1000000
pull >out
is_whole
assert_eq "$(requests)" "truncate;$((half - 1));;"
ok "a piece that rotted: all of it, once"

new
fault truncate 0
fails_with "$large" pull --network-retries=0
fault wrong 0
fails_with "$url/$large" pull --network-retries=0
assert_eq "$(requests)" "truncate;wrong $((half - 1));wrong;"
assert_missing r/refs/remotes/origin/m
[ -z "$(find r/tmp/pando-partial -type f)" ] || fail "bad bytes are kept"
rm up/.faults
pull >out
is_whole
ok "a server that lies is not asked for ever"

new
fault truncate 0
"$PANDO" --repo=r remote add --no-gpg-verify other "$url/."
fails_with "$large" pull --network-retries=0
rm up/.faults
"$PANDO" --repo=r pull other m >out
is_whole
assert_eq "$(requests)" "truncate;;"
ok "another URL: from the beginning"

new
echo "pause 1 $large" >up/.faults
"$PANDO" --repo=r pull origin m >out 2>&1 &
PULL_PID=$!
started+=("$PULL_PID")
for ((i = 0; i < 300; i++)); do
  [ -z "$(find r/objects -type f -print -quit)" ] || break
  sleep 0.1
done
sleep 0.5 # all of them
kill -KILL "$PULL_PID"
wait "$PULL_PID" 2>/dev/null || true
# After a power cut the staged files are those of another boot.
rm -rf r/tmp/pando-staging-*
[ -z "$(find r/objects -name '*.commit')" ] || fail "a commit is there before what it names"
before=$(find r/objects -type f | wc -l)
[ "$before" -gt 10 ] || fail "only $before objects were published after ten seconds"
: >http.log
pull >out
is_whole
[ "$(grep -c 'filez' http.log)" = 1 ] || fail "files were fetched again: $(grep filez http.log)"
ok "what came is safe after ten seconds, also from a power cut"
