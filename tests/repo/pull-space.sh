#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull when there may not be room for all of it: what is known not to fit is refused before anything is written, what is
# only supposed is a warning, and what an earlier pull of something else left makes way.
. "$(dirname "$0")/../lib.sh"
need perl

mkdir -p tree/many
for i in $(seq 60); do head -c 100000 /dev/urandom >"tree/many/$i"; done
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b plain --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >out
"$PANDO" --repo=up commit -b sized --owner-uid=0 --owner-gid=0 --timestamp=@1000 --generate-sizes tree >out
"$PANDO" --repo=up summary -u
hostile_serve up http.log
url=$HTTP_URL

new () {
  "$PANDO" --repo="$1" init --mode=bare-user
  "$PANDO" --repo="$1" remote add --no-gpg-verify origin "$url"
  : >http.log
}
is_untouched () {
  assert_no_match http.log '\.(filez|dirtree|dirmeta) '
  [ -z "$(find "$1/objects" "$1/state" "$1/tmp/pando-partial" -type f)" ] || fail "something was written: $(find "$1")"
  [ -z "$(find "$1/tmp" -name '*staging*')" ] || fail "something is staged: $(find "$1/tmp")"
}

new r
"$PANDO" --repo=r config set core.min-free-space-size 1000000TB
fails_with '6\.[0-9][^a-z]*MB are needed on the disk, and 0[^a-z]*bytes may be used \(with min-free-space-size 1000000TB\); free some' \
  "$PANDO" --repo=r pull origin sized
is_untouched r
"$PANDO" --repo=r config set core.min-free-space-size 1MB
"$PANDO" --repo=r pull origin sized >out
"$PANDO" --repo=r fsck >out
# What is here is not needed.
"$PANDO" --repo=r config set core.min-free-space-size 1000000TB
"$PANDO" --repo=r pull origin sized >out
"$PANDO" --repo=r refs --delete origin:sized
"$PANDO" --repo=r pull origin sized >out
ok "a commit that tells its sizes is refused before anything is written"

"$PANDO" --repo=up static-delta generate --empty plain >out
"$PANDO" --repo=up summary -u
new delta
"$PANDO" --repo=delta config set core.min-free-space-size 1000000TB
fails_with '6\.[0-9][^a-z]*MB are needed on the disk' "$PANDO" --repo=delta pull origin plain
assert_no_match http.log '/[0-9]+ $'
[ -z "$(find delta/objects delta/state -type f)" ] || fail "something was written"
ok "and so is one with a static delta"

if [ "$(id -u)" != 0 ]; then
  skip "an estimate" "needs root"
else
  small_disk small 4M
  new small/r
  "$PANDO" --repo=small/r config set core.min-free-space-percent 0
  rc=0
  "$PANDO" --repo=small/r pull --disable-static-deltas origin plain >out 2>err || rc=$?
  assert_eq "$rc" 1
  assert_match err '^warning: .* are needed on the disk, and .* an estimate from the [0-9]+ files' '^error: .*make room'
  assert_eq "$(grep -c '^warning' err)" 1
  mount -o remount,size=30M small
  "$PANDO" --repo=small/r pull --disable-static-deltas origin plain >out 2>err
  assert_no_match err warning
  "$PANDO" --repo=small/r fsck >out
  ok "without sizes there is a warning, and the pull goes on as long as it can"
fi

# A pull that is cut leaves a part of a file and other files; then the target changes.
mkdir tree/other
head -c 3000000 /dev/urandom >tree/other/large
"$PANDO" --repo=up commit -b moving --owner-uid=0 --owner-gid=0 --timestamp=@1000 --generate-sizes tree >one
"$PANDO" --repo=up summary -u
large=objects/$(cd up/objects && find . -name '*.filez' -size +2000k -printf '%P\n')
new cut
echo "truncate 0 ^$large$" >up/.faults
fails_with "$large" "$PANDO" --repo=cut pull --network-retries=0 --max-outstanding-fetcher-requests=1 origin moving
assert_eq "$(find cut/tmp/pando-partial -type f | wc -l)" 1
# Objects by their names alone, one a line: names_in FOLDER SUFFIX
names_in () { find "$1" -name "*.$2" | sed "s/.*\/\(..\)\/\(.*\)\.$2\$/\1\2/" | sort; }
# On a slow machine some are published already, and stay.
names_in cut/tmp file >staged
sort -u staged <(names_in cut/objects file) >here
[ "$(wc -l <here)" -gt 20 ] || fail "hardly anything has come: $(cat here)"
rm -r up/.faults tree/other tree/many/1
"$PANDO" --repo=up commit -b moving --parent=none --owner-uid=0 --owner-gid=0 --timestamp=@1001 --generate-sizes tree >two
"$PANDO" --repo=up summary -u
: >http.log
"$PANDO" --repo=cut pull origin moving >out
"$PANDO" --repo=up ls -RC "$(cat two)" | awk '/^-/ { print $5 }' | sort -u >wanted
assert_eq "$(grep -c '\.filez ' http.log || true)" "$(comm -13 here wanted | wc -l)"
[ -z "$(find cut/tmp/pando-partial -type f)" ] || fail "the part of a file that is not wanted is still there"
names_in cut/objects file >objects
assert_eq "$(comm -13 objects wanted)" ''
assert_eq "$(comm -23 staged wanted | comm -12 - objects)" ''
"$PANDO" --repo=cut fsck >out
ok "what is left of another target goes, and what both share stays"
