#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Options of pull, and what a server may have that is not quite a tree: each point fails without what it is about.
. "$(dirname "$0")/../lib.sh"
need perl

make_tree tree
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=up summary -u
http_serve up --log-file="$SCRATCH/log"

# new REPO MODE [URL]
new () {
  rm -rf "$1"
  "$PANDO" --repo="$1" init --mode="$2"
  "$PANDO" --repo="$1" remote add --no-gpg-verify origin "${3:-$HTTP_URL}"
}

# What rotted on the server is found, unless somebody says that it is believed.
object=$(find up/objects -name '*.filez' -size +1k | head -n 1)
cp "$object" good.filez
flip_byte "$object" $(($(stat -c %s "$object") - 10))
hex=$(basename "$object" .filez)
new mirror archive
fails_with "$hex" "$PANDO" --repo=mirror pull --mirror origin m
new mirror archive
"$PANDO" --repo=mirror pull --mirror --http-trusted origin m >out
cmp "$object" "mirror/${object#up/}"
fails_with "orrupt" "$PANDO" --repo=mirror fsck
new bare bare-user
fails_with "$hex" "$PANDO" --repo=bare pull --http-trusted origin m
new again archive
fails_with "$hex" "$PANDO" --repo=again pull --http-trusted origin m
cp good.filez "$object"
new mirror archive
"$PANDO" --repo=mirror pull --mirror --http-trusted origin m >out
assert_match out ' content objects fetched; .* content written$'
"$PANDO" --repo=mirror fsck -q
ok "--http-trusted, into a mirror alone"

# What is no object at all is not taken even then, nor what an option forbids.
new mirror archive
fails_with 'invalid mode' "$PANDO" --repo=mirror pull --mirror --http-trusted --bareuseronly-files origin m
echo '<html>This is not the file that you are looking for.</html>' >"$object"
new mirror archive
fails_with "$hex" "$PANDO" --repo=mirror pull --mirror --http-trusted origin m
cp good.filez "$object"
ok "a page is no object"

if ! command -v script >/dev/null; then
  skip "--update-frequency" "needs script"
else
  shown () {
    new bare bare-user
    TERM=xterm script -qec "'$PANDO' --repo=bare pull --update-frequency=$1 origin m" typed </dev/null >out
    tr '\r' '\n' <out | grep -c objects
  }
  rarely=$(shown 1000000)
  often=$(shown 1)
  [ "$often" -gt "$rarely" ] || fail "shown $often times, and $rarely times"
  fails_with 'negative' "$PANDO" --repo=bare pull --update-frequency=-1 origin m
  ok "--update-frequency"
fi

# The summary says how large a commit is; otherwise it may have 16 MiB.
commit=up/objects/$(head -c 2 v1)/$(cut -c 3- v1).commit
cp "$commit" good.commit
size=$(stat -c %s "$commit")
truncate -s +1 "$commit"
new bare bare-user
fails_with "exceeded maximum: the server sends more than the $size bytes" "$PANDO" --repo=bare pull origin m
truncate -s 17M "$commit"
mv up/summary .
new bare bare-user
fails_with 'exceeded maximum: the server sends more than the 16777216 bytes' "$PANDO" --repo=bare pull origin m
cp good.commit "$commit"
mv summary up/
ok "commits that are too large"

# A directory whose name and checksum are right, and whose entry leads out of it.
bad=$(mktemp -d bad.XXXX)
"$PANDO" --repo="$bad" init --mode=archive
put () { local sum; sum=$(sha256sum "$1" | cut -c 1-64); mkdir -p "$bad/objects/${sum:0:2}"; cp "$1" "$bad/objects/${sum:0:2}/${sum:2}.$2"; echo "$sum"; }
file=$(find up/objects -name '*.filez' -printf '%P\n' | head -n 1 | tr -d / | cut -c 1-64)
perl -e 'print "../x\0", pack("H*", $ARGV[0]), "\x05\x26\x27"' "$file" >dirtree
tree=$(put dirtree dirtree)
perl -e 'print pack("N3", 0, 0, 040755)' >dirmeta
meta=$(put dirmeta dirmeta)
perl -e 'print "\0" x 8, pack("N2", 0, 1000), pack("H*H*", @ARGV), "\x30\x02\x01\0\0\0"' "$tree" "$meta" >commit
put commit commit >"$bad/refs/heads/m"
http_serve "$bad"
for url in "$HTTP_URL" "file://$SCRATCH/$bad"; do
  new bare bare-user "$url"
  fails_with "$tree.dirtree: Invalid / in filename ../x" "$PANDO" --repo=bare pull origin m
  assert_eq "$(find bare -name '*.dirtree')" ''
done
ok "a bad directory is not even staged"

perl -e 'print "<html>", "lots of html here \n" x 20' >"$bad/refs/heads/m"
new bare bare-user
fails_with 'Fetching checksum for ref \(\(empty\), m\): Invalid rev <html>lots of html here  lots of html here  lots of html here  l,' "$PANDO" --repo=bare pull origin m
ok "a page for a ref"

"$PANDO" --repo=bare remote add broken badscheme://me:secret@something
fails_with "Invalid URI scheme in badscheme://something of remote 'broken'" "$PANDO" --repo=bare pull broken m
"$PANDO" --repo=bare remote add --custom-backend=other container
fails_with "remote 'container' uses custom backend 'other'" "$PANDO" --repo=bare pull container m
fails_with 'No "url" option in remote "container"' "$PANDO" --repo=bare remote refs container
ok "remotes that are not for us"

# Of history that was deleted on purpose the marks come along.
"$PANDO" --repo=old init --mode=archive
"$PANDO" --repo=old commit -b m -s one --timestamp=@1 tree >old1
"$PANDO" --repo=old commit -b m -s two --timestamp=@2 tree >old2
"$PANDO" --repo=old prune --delete-commit="$(cat old1)" >out
"$PANDO" --repo=old summary -u
mark=objects/$(head -c 2 old1)/$(cut -c 3- old1).tombstone-commit
http_serve old
for url in "$HTTP_URL" "file://$SCRATCH/old"; do
  new bare bare-user "$url"
  "$PANDO" --repo=bare pull origin m >out
  assert_missing "bare/$mark"
  "$PANDO" --repo=bare pull --depth=-1 origin m >out
  cmp "bare/$mark" "old/$mark"
  "$PANDO" --repo=bare fsck -q
done
echo '<html>' >"old/$mark"
new bare bare-user "$HTTP_URL"
"$PANDO" --repo=bare pull --depth=-1 origin m >out
assert_missing "bare/$mark"
rm "old/$mark"
"$PANDO" --repo=bare pull --depth=-1 origin m >out
ok "tombstones"
