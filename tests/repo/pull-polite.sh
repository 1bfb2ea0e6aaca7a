#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull as a good guest: no faster and with no more requests than it was told, not for ever, and when it is stopped it says
# how to go on.
. "$(dirname "$0")/../lib.sh"
need perl

make_tree tree
head -c 400000 /dev/urandom >tree/usr/share/random
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >out
"$PANDO" --repo=up summary -u
hostile_serve up http.log
url=$HTTP_URL
large=objects/$(cd up/objects && find . -name '*.filez' -size +300k -printf '%P\n')

new () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify "$@" origin "$url"
  : >http.log
  rm -f up/.faults
}
# takes SECONDS COMMAND…: not less than that.
takes () {
  local begin least=$1
  begin=$(date +%s%N)
  shift
  "$@"
  [ $((($(date +%s%N) - begin) / 1000000)) -ge $((least * 1000)) ] || fail "'$*' took less than $least seconds"
}

new
takes 1 "$PANDO" --repo=r pull --max-rate=200k origin m >out
"$PANDO" --repo=r fsck >out
new --set=max-rate=200k
takes 1 "$PANDO" --repo=r pull origin m >out
new --set=max-rate=1k
"$PANDO" --repo=r pull --max-rate=0 origin m >out
"$PANDO" --repo=r fsck >out
ok "max-rate, and what the option says wins over the key"

for bad in 999 2MB fast -1 ''; do
  fails_with 'bytes a second' "$PANDO" --repo=r pull --max-rate="$bad" origin m
done
new --set=max-rate=much
fails_with 'max-rate' "$PANDO" --repo=r pull origin m
for bad in 0 many 100000; do
  new --set=max-requests=$bad
  fails_with 'max-requests of remote .origin.*1 to 1024' "$PANDO" --repo=r pull origin m
done
ok "limits that are none"

new --set=max-requests=1
echo "stall 0 ^summary$" >up/.faults
fails_with 'less than .* bytes came in 1 seconds' "$PANDO" --repo=r pull --low-speed-time-seconds=1 --network-retries=0 origin m
rm up/.faults
"$PANDO" --repo=r pull origin m >out
ok "one request at a time, and a server that falls asleep"

new
echo "drip 0 ^$large\$" >up/.faults
fails_with "$large.*less than .* bytes came" "$PANDO" --repo=r pull --low-speed-time-seconds=1 --network-retries=0 origin m
ok "a server that drips for ever"

# The whole network is gone for a while: twelve requests in a row get no answer.
new
echo "close 12 ." >up/.faults
"$PANDO" --repo=r pull --network-retries=12 --max-outstanding-fetcher-requests=8 origin m >out
"$PANDO" --repo=r fsck >out
new
echo "close 0 ." >up/.faults
fails_with 'summary.*; tried 3 times' "$PANDO" --repo=r pull --network-retries=2 origin m
ok "an outage ends in success, or in an error that says how often it was tried"

for signal in INT TERM; do
  new
  echo "stall 0 ^$large\$" >up/.faults
  "$PANDO" --repo=r pull origin m >sig.out 2>sig.err &
  pid=$!
  for ((i = 0; i < 500; i++)); do
    ! grep -q "$large" http.log || break
    sleep 0.02
  done
  kill "-$signal" "$pid"
  rc=0
  wait "$pid" || rc=$?
  assert_eq "$rc" 1
  assert_match sig.err '^error: interrupted; what was fetched is kept: pull again to go on'
  assert_missing r/refs/remotes/origin/m
  rm up/.faults
  : >http.log
  "$PANDO" --repo=r pull origin m >out
  "$PANDO" --repo=r fsck >out
  [ "$(grep -c filez http.log)" -lt "$(find up/objects -name '*.filez' | wc -l)" ] || fail "all was fetched again"
done
ok "SIGINT and SIGTERM lose nothing"
