#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull from a server that does everything wrong, onto a full disk, and interrupted: each time an error that says
# what and where, nothing bad in the repository, and the next pull goes on.
. "$(dirname "$0")/../lib.sh"
need perl

make_tree tree
head -c 3000000 /dev/urandom >tree/usr/share/large
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=up summary -u
hostile_serve up hostile.log
url=$HTTP_URL

new () {
  rm -rf "$1"
  "$PANDO" --repo="$1" init --mode=bare-user
  "$PANDO" --repo="$1" remote add --no-gpg-verify origin "$url"
}
pull () { "$PANDO" --repo="$1" pull --network-retries=0 origin m; }

object=objects/$(cd up/objects && find . -name '*.filez' -size +20k -size -1000k -printf '%P\n' | head -n 1)
hex=$(echo "$object" | sed 's/objects\///; s/\///; s/\..*//')
large=objects/$(cd up/objects && find . -name '*.filez' -size +2000k -printf '%P\n')
dirtree=objects/$(cd up/objects && find . -name '*.dirtree' -size +0 -printf '%P\n' | sort | tail -n 1)
commit=objects/$(cd up/objects && find . -name '*.commit' -printf '%P\n')

# hurt FAULT PATH REGEX…: the pull fails with all of these in its error, and nothing is published.
hurt () {
  local fault=$1 path=$2 regex
  shift 2
  new r
  echo "$fault 0 ^$path\$" >up/.faults
  fails_with "$url/$path" pull r
  for regex; do
    grep -qE -e "$regex" .err || fail "$fault of $path: no '$regex' in: $(cat .err)"
  done
  assert_missing r/refs/remotes/origin/m
  [ -z "$(find r/objects -type f)" ] || fail "$fault of $path: something was published"
  rm up/.faults
}

# When the server is well again, the same repository gets what it lacks, and nothing of the bad bytes is left.
heals () {
  pull r >out
  "$PANDO" --repo=r fsck >out
  ok "$*"
}

hurt wrong "$object" "$hex" 'fsck' ; hurt html "$object" "$hex" ; hurt longer "$object" "$hex"
heals "wrong bytes for a file"
hurt truncate "$object" ; hurt truncate "$large" ; hurt close "$object" ; hurt huge "$object"
heals "a file that is cut short, or said to be enormous"
hurt wrong "$large" ; hurt truncate "$dirtree" ; hurt wrong "$dirtree" 'dirtree' ; hurt html "$dirtree"
heals "wrong bytes for a large file and a directory"
hurt wrong "$commit" 'commit' ; hurt html "$commit" ; hurt truncate "$commit"
heals "wrong bytes for a commit"
hurt html summary 'summary' ; hurt truncate summary ; hurt endless summary 'more than' ; hurt loop summary 'redirect'
heals "a summary that is none"
hurt endless "$dirtree" 'more than'
heals "an answer without end"
hurt loop "$object" 'redirect' ; hurt 404 "$object" 'incomplete' '404' ; hurt 500 "$object" '500' ; hurt 418 "$object" '418'
heals "redirects in a circle, and status codes"

new r
echo "stall 0 ^$object\$" >up/.faults
fails_with "$url/$object" "$PANDO" --repo=r pull --network-retries=0 --low-speed-time-seconds=1 origin m
ok "a server that falls asleep"

new r
printf '%s\n' "500 2 ^$object\$" "truncate 1 ^$large\$" "close 1 ^$dirtree\$" 'html 0 ^summary.sig$' >up/.faults
"$PANDO" --repo=r pull origin m >out
"$PANDO" --repo=r fsck >out
ok "what passes is tried again"
rm up/.faults

new r
printf '%s\n' "wrong 1 ^$object\$" "wrong 1 ^$dirtree\$" "html 1 ^$commit\$" "longer 1 ^$large\$" >up/.faults
: >hostile.log
pull r >out
"$PANDO" --repo=r fsck >out
for path in "$object" "$dirtree" "$commit" "$large"; do
  assert_eq "$(grep -c "^$path " hostile.log)" 2 "$path"
done
new r
echo "wrong 0 ^$object\$" >up/.faults
: >hostile.log
fails_with "$object" "$PANDO" --repo=r pull --network-retries=4 origin m
assert_eq "$(grep -c "^$object " hostile.log)" 2
new r
echo "404 0 ^$object\$" >up/.faults
: >hostile.log
fails_with 'incomplete.*404' "$PANDO" --repo=r pull --network-retries=4 origin m
assert_eq "$(grep -c "^$object " hostile.log)" 1
rm up/.faults
ok "bad bytes are fetched once more, and what is not there is not"

http_serve up
printf '%s\n' "$url" "$HTTP_URL" >up/mirrors
new r
"$PANDO" --repo=r remote add --no-gpg-verify mirrors "mirrorlist=$url/mirrors"
printf '%s\n' "wrong 0 ^$object\$" "404 0 ^$dirtree\$" "500 0 ^$commit\$" "truncate 1 ^$large\$" >up/.faults
: >hostile.log
"$PANDO" --repo=r pull --network-retries=0 mirrors m >out
"$PANDO" --repo=r fsck >out
assert_eq "$(grep -c "^$object " hostile.log)" 1
rm up/.faults up/mirrors
ok "what one mirror does badly another does"

new r
echo "404 0 ^$large\$" >up/.faults
fails_with 404 pull r
rm up/.faults
staged=$(find r/tmp -name '*.file' | wc -l)
[ "$staged" -gt 0 ]
: >hostile.log
pull r >out
assert_eq "$(grep -c '\.filez' hostile.log)" $(($(find up/objects -name '*.filez' | wc -l) - staged))
assert_missing "r/state/$(cat v1).commitpartial"
[ -z "$(find r/tmp -name '*staging*')" ]
"$PANDO" --repo=r fsck >out
ok "an interrupted pull goes on where it was"

if [ "$(id -u)" != 0 ]; then
  skip "a full disk" "needs root"
else
  small_disk small 2M
  "$PANDO" --repo=small/r init --mode=bare-user
  "$PANDO" --repo=small/r remote add --no-gpg-verify origin "$url"
  "$PANDO" --repo=small/r config set core.min-free-space-percent 0
  fails_with 'make room' pull small/r
  fails_with 'not found' "$PANDO" --repo=small/r rev-parse origin:m
  mount -o remount,size=20M small
  pull small/r >out
  "$PANDO" --repo=small/r fsck >out
  ok "a full disk: room is made, and the pull goes on"
fi
