#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a pull takes: the delta from what is here, the one from nothing, or objects; by what the server says that they cost, and
# by what is here already.
. "$(dirname "$0")/../lib.sh"
need nginx python3

make_tree tree
for i in $(seq 20); do seq "$i" 3000 >"tree/usr/share/file-$i"; done
head -c 200000 /dev/urandom >tree/usr/share/random
"$PANDO" --repo=up init --mode=archive
build () { "$PANDO" --repo=up commit -b m --timestamp="@$1" --owner-uid=0 --owner-gid=0 "${@:2}" tree; }
one=$(build 1000)
for i in $(seq 20); do echo more >>"tree/usr/share/file-$i"; done
two=$(build 2000)
echo "and more" >>tree/usr/share/file-1
three=$(build 3000)
for args in "--from=$one" "--from=$two" --empty; do "$PANDO" --repo=up static-delta generate "$args" m >out 2>&1; done
"$PANDO" --repo=up summary -u
nginx_serve up

# receiver [COMMIT…]: has these, the last as the ref.
receiver () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify origin "$HTTP_URL"
  for commit; do "$PANDO" --repo=r pull --disable-static-deltas origin "m@$commit" >out; done
  : >"$HTTP_LOG"
}
# would LINE…: what a dry run says, and it fetches no parts.
would () {
  "$PANDO" --repo=r pull --dry-run origin m >out
  assert_match out "$@"
  assert_no_match "$HTTP_LOG" '/deltas/.*/[0-9]+ '
}
# sizes FILE: names and pairs of what the file, an index or a summary, says.
sizes () {
  "$PANDO" --repo=up summary --print-metadata-key=pando.static-delta-sizes >out
  python3 - out <<'PY'
import re, sys
for name, download, unpacked in re.findall(r"'([0-9a-f-]+)': \((?:uint64 )?(\d+), (?:uint64 )?(\d+)\)", open(sys.argv[1]).read()):
    print(name, download, unpacked)
PY
}

sizes >all
assert_eq "$(wc -l <all)" 3
for name in "$one-$three" "$two-$three" "$three"; do
  read -r _ download unpacked < <(grep "^$name " all)
  "$PANDO" --repo=up static-delta show "$name" >out
  parts=$(sed -n 's/^Total Part Size: \([0-9]*\) .*/\1/p' out)
  total=$(sed -n 's/^Total Part Uncompressed Size: \([0-9]*\) .*/\1/p' out)
  [ "$download" -gt "$parts" ] || fail "$name: $download to fetch, and the parts have $parts"
  assert_eq "$unpacked" "$total"
done
for index in up/delta-indexes/*/*.index; do grep -q 'pando.static-delta-sizes' "$index"; done
"$PANDO" --repo=up config set core.no-deltas-in-summary true
"$PANDO" --repo=up summary -u
"$PANDO" --repo=up summary --list-metadata-keys >out
assert_no_match out 'delta-sizes|static-deltas'
"$PANDO" --repo=up config unset core.no-deltas-in-summary
"$PANDO" --repo=up summary -u
ok "summary and indexes tell what the deltas cost"

receiver "$two"
would "^m: static delta .*, static delta from nothing .*, objects about .*; static delta $two-$three: the least to fetch$" \
  '^Delta update: 0/1 parts, '
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$two"
"$PANDO" --repo=r -v pull origin m >out 2>&1
assert_match out "m: static delta: .*using static delta $two-$three \(the least to fetch\)" '^1 delta parts, '
receiver "$two" "$one"
would "; static delta $two-$three: "
receiver
would "^m: static delta from nothing .*; static delta $three: the least to fetch$"
ok "the cheapest of several, not the one from the newest; nothing but a superblock is fetched for it"

receiver "$three"
"$PANDO" --repo=r refs --delete origin:m
"$PANDO" --repo=r pull --disable-static-deltas origin "m@$one" >out
would '^No static delta would be used$'
# All objects are here, only the commit is not: another one of the same tree.
same=$(build 4000 --tree=ref=m 2>/dev/null || "$PANDO" --repo=up commit -b m --timestamp=@4000 --tree=ref=m)
"$PANDO" --repo=up static-delta generate --empty m >out 2>&1
"$PANDO" --repo=up static-delta generate --from="$one" m >out 2>&1
"$PANDO" --repo=up summary -u
receiver "$three" "$one"
would "^m: static delta 0.bytes, .*static delta from nothing .*, objects about 0.bytes; static delta $one-$same: "
"$PANDO" --repo=r pull origin m >out
assert_no_match "$HTTP_LOG" '/deltas/.*/[0-9]+ '
"$PANDO" --repo=r fsck -q
ok "of what is here nothing is fetched"

# Most of the delta is here: objects are cheaper.
head -c 100 /dev/urandom >tree/usr/share/little
five=$(build 5000)
"$PANDO" --repo=up static-delta generate --from="$one" m >out 2>&1
"$PANDO" --repo=up static-delta generate --empty m >out 2>&1
"$PANDO" --repo=up summary -u
rm -rf up/deltas/*/*-*.none
receiver "$three" "$one"
would "^m: static delta .*, objects about .*; objects: the least to fetch$|; static delta $one-$five: "
mv "up/$(dirname "$(cd up && find deltas -path '*-*' -newer ../tree/usr/share/little -name superblock | head -n 1)")" from
"$PANDO" --repo=up summary -u
receiver "$three"
would "^m: static delta from nothing .*, objects about .*; objects: the least to fetch$"
"$PANDO" --repo=r -v pull origin m >out 2>&1
assert_match out 'fetching objects +\(the least to fetch\)' '^[0-9]+ metadata, 1 content objects fetched'
"$PANDO" --repo=r fsck -q
receiver "$three"
"$PANDO" --repo=r pull --require-static-deltas --dry-run origin m >out
assert_match out "^Delta update: "
ok "objects, where they are cheaper than a delta from nothing; unless deltas are required"

# The commit says how large its objects are.
echo sized >tree/usr/share/little
build 6000 --generate-sizes >six
"$PANDO" --repo=up static-delta generate --empty m >out 2>&1
"$PANDO" --repo=up summary -u
receiver "$three"
would '^m: static delta from nothing .*, objects [0-9.]+.*; objects: the least to fetch$'
assert_no_match out 'about'
ok "sizes in the commit are no guess"

# A server that does not say what its deltas cost, as ostree's.
python3 - up/delta-indexes <<'PY'
import os, sys
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(folder, name)
        data = open(path, 'rb').read().replace(b'pando.static-delta-sizes', b'other.static-delta-sizes')
        open(path, 'wb').write(data)
PY
receiver
would '^m: static delta from nothing .*, objects .*; static delta '
receiver "$three"
would '^m: static delta from nothing of unknown size, objects of unknown size; objects: most of it is probably here$'
assert_no_match "$HTTP_LOG" '/superblock '
ok "without sizes: only the best delta is looked into"
