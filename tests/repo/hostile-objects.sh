#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Objects that are what their names say, and lie all the same: directories whose names lead elsewhere, are out of order or
# come twice, and commits that name what is not there. Every command that reads them says so; nothing is followed out.
. "$(dirname "$0")/../lib.sh"
need python3
features=$("$PANDO" --version)
# Names that lead out of a folder would leave something in these.
mkdir -p outer/middle/inner
cd outer/middle/inner
export OSTREE_REPO=r
"$PANDO" init --repo=r --mode=archive
mkdir plain
echo plain >plain/file
good=$("$PANDO" commit -b good --timestamp=@1 plain)
http_serve r
"$PANDO" init --repo=far --mode=bare-user
"$PANDO" --repo=far remote add --no-gpg-verify origin "$HTTP_URL"

# forge COMMIT DIRTREE OLD NEW: the commit with another root, in which the name OLD is NEW. Prints its checksum.
cat >forge.py <<'END'
import hashlib, os, sys
commit, tree = sys.argv[1:3]
old, new = (word.encode().decode('unicode_escape').encode('latin1') for word in sys.argv[3:5])
def path(name, kind): return 'r/objects/%s/%s.%s' % (name[:2], name[2:], kind)
def put(data, kind):
    name = hashlib.sha256(data).hexdigest()
    os.makedirs(os.path.dirname(path(name, kind)), exist_ok=True)
    open(path(name, kind), 'wb').write(data)
    return name
before = open(path(tree, 'dirtree'), 'rb').read()
assert len(old) == len(new) and old + b'\0' in before
forged = put(before.replace(old + b'\0', new + b'\0'), 'dirtree')
data = open(path(commit, 'commit'), 'rb').read()
print(put(data.replace(bytes.fromhex(tree), bytes.fromhex(forged)), 'commit'))
END

# refused REGEX COMMAND…: and nothing was written.
refused () {
  local regex=$1
  shift
  fails_with "$regex" "$@"
  rm -rf out
  assert_missing tree.tar disk.img
}

# all_refuse COMMIT REGEX: whatever reads this tree.
all_refuse () {
  local commit=$1 regex=$2
  "$PANDO" refs --create=evil "$commit"
  refused "$regex" "$PANDO" ls -R evil
  refused "$regex" "$PANDO" checkout -U evil out
  mkdir into
  refused "$regex" "$PANDO" checkout -U --union evil into
  rm -r into
  refused "$regex" "$PANDO" diff good evil
  refused "$regex" "$PANDO" commit -b new --owner-uid=5 --tree=ref=evil
  refused "$regex" "$PANDO" commit -b new --tree=dir=plain --tree=ref=evil
  refused "$regex" "$PANDO" commit -b new --base=evil plain
  ! grep -q -e '- libarchive' <<<"$features" || refused "$regex" "$PANDO" export evil -o tree.tar
  ! grep -q -e '- libext2fs' <<<"$features" || refused "$regex" "$PANDO" export --format=ext4 evil -o disk.img
  refused "$regex" "$PANDO" fsck
  rm -f "r/state/$commit.commitpartial"
  refused "$regex" "$PANDO" --repo=far pull-local --untrusted r evil
  refused "$regex" "$PANDO" --repo=far pull --network-retries=0 origin evil
  refused "$regex" "$PANDO" prune --refs-only
  "$PANDO" refs --delete evil
}

# entries WORDS…: a commit of files with these names, of directories where a word ends with a slash. Sets COMMIT and ROOT.
entries () {
  local name
  rm -rf tree && mkdir tree
  for name; do
    if [[ $name == */ ]]; then mkdir "tree/$name"; else echo "$name" >"tree/$name"; fi
  done
  COMMIT=$("$PANDO" commit --orphan --no-bindings --timestamp=@1 tree)
  ROOT=$("$PANDO" ls -d -C "$COMMIT" / | awk '{ print $5 }')
}

# bad OLD NEW REGEX WORDS…
bad () {
  local old=$1 new=$2 regex=$3 forged
  shift 3
  entries "$@"
  forged=$(python3 forge.py "$COMMIT" "$ROOT" "$old" "$new")
  all_refuse "$forged" "$regex"
  # What is in no history is not looked at again.
  "$PANDO" prune --refs-only >/dev/null
}

bad m / "Invalid / in filename /" m
bad mmmm ../x "Invalid / in filename ../x" mmmm
bad mmmm ../x "Invalid / in filename ../x" mmmm/
bad m . "Invalid filename '.'" m
bad mm .. "Invalid filename '..'" mm/
bad mmmm 'm\0mm' "not a valid dirtree variant" mmmm
bad mm '\377\376' "Invalid UTF-8|not a valid dirtree variant" mm/
ok "names that lead elsewhere"

bad aa cc "names 'cc' and 'bb' are out of order" aa bb
bad bb aa "names 'aa' and 'aa' are out of order" aa/ bb/
bad bb aa "'aa' is both a file and a directory" aa bb/
ok "names out of order, and names that come twice"

# Objects that a commit names and that are not there. What is below a directory that is taken as it is, a commit does not
# look at.
entries one below/
echo two >tree/below/two
COMMIT=$("$PANDO" commit --orphan --no-bindings --timestamp=@1 tree)
ROOT=$("$PANDO" ls -d -C "$COMMIT" / | awk '{ print $5 }')
mv "r/objects/${ROOT:0:2}/${ROOT:2}.dirtree" away
all_refuse "$COMMIT" "${ROOT:2}"
mv away "r/objects/${ROOT:0:2}/${ROOT:2}.dirtree"
"$PANDO" refs --create=whole "$COMMIT"
"$PANDO" fsck -q >/dev/null
ok "a directory that is not there"

file=$("$PANDO" ls -C whole /below/two | awk '{ print $5 }')
mv "r/objects/${file:0:2}/${file:2}.filez" away
refused "${file:2}" "$PANDO" ls -R whole
refused "${file:2}" "$PANDO" cat whole /below/two
refused "${file:2}" "$PANDO" checkout -U whole out
refused "${file:2}" "$PANDO" commit -b new --owner-uid=5 --tree=ref=whole
refused "${file:2}" "$PANDO" --repo=far pull-local r whole
refused "${file:2}" "$PANDO" --repo=far pull --network-retries=0 origin whole
! grep -q -e '- libarchive' <<<"$features" || refused "${file:2}" "$PANDO" export whole -o tree.tar
refused "Object missing in commits $COMMIT: $file.file" "$PANDO" fsck
mv away "r/objects/${file:0:2}/${file:2}.filez"
rm "r/state/$COMMIT.commitpartial"
ok "a file that is not there"

assert_eq "$("$PANDO" rev-parse good)" "$good"
assert_eq "$("$PANDO" refs | sort | tr '\n' ' ')" 'good whole '
assert_eq "$("$PANDO" --repo=far refs)" ''
"$PANDO" fsck -q >/dev/null
assert_eq "$(cd .. && ls; cd .. && ls)" "inner
middle"
assert_eq "$(ls plain)" file
ok "nothing was followed out, and nothing is lost"
