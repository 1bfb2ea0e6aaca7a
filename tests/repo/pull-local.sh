#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull-local, and pull from file:// remotes: from every mode to every mode.
. "$(dirname "$0")/../lib.sh"

make_tree tree
modes="bare-user archive bare-user-only"
[ "$(id -u)" != 0 ] || modes="$modes bare"

# The inode of the object of the file $2 of os/stable in the repository $1.
inode_of () {
  local hex
  hex=$("$PANDO" --repo="$1" ls -C os/stable "$2" | awk '{ print $5 }')
  find "$1/objects/${hex:0:2}" -name "${hex:2}.file*" -printf '%i\n'
}

# Are the objects of the file $3 in the repositories $1 and $2 one inode?
assert_linked () { assert_eq "$(inode_of "$2" "$3")" "$(inode_of "$1" "$3")" "$3 is not linked from $1 into $2"; }
assert_not_linked () { assert_ne "$(inode_of "$2" "$3")" "$(inode_of "$1" "$3")" "$3 is linked from $1 into $2"; }

# What every mode can hold: owner 0:0, no attributes, no set-id bits.
for mode in $modes; do
  "$PANDO" --repo="from-$mode" init --mode="$mode"
  "$PANDO" --repo="from-$mode" commit -b os/stable -s one --canonical-permissions --timestamp=@1000 tree >v1
done
"$PANDO" --repo=from-archive ls -R -C "$(cat v1)" >ls-expected
commit=objects/$(cut -c 1-2 v1)/$(cut -c 3- v1).commit

for from in $modes; do
  for to in $modes; do
    repo=$from-to-$to
    "$PANDO" --repo="$repo" init --mode="$to"
    "$PANDO" --repo="$repo" pull-local "from-$from" os/stable >out
    assert_match out '^[0-9]+ metadata, [0-9]+ content objects imported; .* content written$'
    "$PANDO" --repo="$repo" fsck >out
    "$PANDO" --repo="$repo" ls -R -C "$(cat v1)" >ls-here
    cmp ls-here ls-expected
    [ "from-$from/$commit" -ef "$repo/$commit" ] || fail "$repo: the commit is not linked"
    case $from-$to in
      "$from-$from" | bare-user-bare-user-only) assert_linked "from-$from" "$repo" /usr/share/numbers ;;
      bare-bare-user-only | bare-user-only-bare) assert_linked "from-$from" "$repo" /usr/bin/hi ;;
      *archive* | *-bare-user) assert_not_linked "from-$from" "$repo" /usr/share/numbers ;;
    esac
  done
  "$PANDO" --repo="$from-untrusted" init --mode="$from"
  "$PANDO" --repo="$from-untrusted" pull-local --untrusted "from-$from" os/stable >out
  assert_linked "from-$from" "$from-untrusted" /usr/share/numbers
done
ok "from every mode to every mode; links where the bytes allow it"

# What only some can hold is copied, and comes out as it was.
all="bare-user archive"
[ "$(id -u)" != 0 ] || all="$all bare"
"$PANDO" --repo=full init --mode=bare-user
"$PANDO" --repo=full commit -b os/stable -s full --owner-uid=0 --owner-gid=7 --timestamp=@1000 tree >full-rev
for from in $all; do
  "$PANDO" --repo="full-$from" init --mode="$from"
  "$PANDO" --repo="full-$from" pull-local full os/stable >out
  for to in $all; do
    repo=full-$from-to-$to
    "$PANDO" --repo="$repo" init --mode="$to"
    "$PANDO" --repo="$repo" pull-local "full-$from" os/stable >out
    "$PANDO" --repo="$repo" fsck >out
    assert_eq "$("$PANDO" --repo="$repo" rev-parse os/stable)" "$(cat full-rev)"
  done
  "$PANDO" --repo="full-$from-only" init --mode=bare-user-only
  fails_with 'Content object [0-9a-f]{64}: (invalid mode|.*cannot be kept)' \
    "$PANDO" --repo="full-$from-only" pull-local "full-$from" os/stable
done
ok "owners and set-id bits between the modes that have them, and none that has not"

"$PANDO" --repo=strict-bits init --mode=bare-user
fails_with 'Content object [0-9a-f]{64}: invalid mode 0104755 with bits 04000' \
  "$PANDO" --repo=strict-bits pull-local --bareuseronly-files full os/stable
"$PANDO" --repo=strict-bits pull-local --bareuseronly-files from-bare-user os/stable >out
ok "--bareuseronly-files"

# Directories are not files: they come in as they are, and go out tamed.
mkdir -p open/dir
chmod 777 open/dir
"$PANDO" --repo=open-archive init --mode=archive
"$PANDO" --repo=open-archive commit -b open --owner-uid=0 --owner-gid=0 --no-xattrs open >out
"$PANDO" --repo=open-only init --mode=bare-user-only
"$PANDO" --repo=open-only pull-local open-archive open >out
"$PANDO" --repo=open-only checkout -U -H open open-out
assert_mode open-out/dir 775
ok "world-writable directories in a bare-user-only repository"

if [ "$(id -u)" = 0 ]; then
  cp -a from-bare-user foreign
  chown -R 1:1 foreign
  "$PANDO" --repo=own init --mode=bare-user
  "$PANDO" --repo=own pull-local foreign os/stable >out
  assert_not_linked foreign own /usr/share/numbers
  if [ "foreign/$commit" -ef "own/$commit" ]; then fail "the commit is linked"; fi
  ok "nothing is shared with a repository of another owner"
else
  skip "nothing is shared with a repository of another owner" "needs root"
fi

"$PANDO" --repo=all init --mode=archive
"$PANDO" --repo=from-archive commit -b second -s two --timestamp=@1000 tree >v2
"$PANDO" --repo=all pull-local --per-object-fsync from-archive >out
assert_eq "$("$PANDO" --repo=all rev-parse second)" "$(cat v2)"
assert_eq "$("$PANDO" --repo=all rev-parse os/stable)" "$(cat v1)"
"$PANDO" --repo=all pull-local --remote=up from-archive second >out
assert_eq "$("$PANDO" --repo=all rev-parse up:second)" "$(cat v2)"
"$PANDO" --repo=all pull-local --per-object-fsync from-archive >out
assert_match out '^0 metadata, 0 content objects imported'
ok "all heads, and below a remote's name"

"$PANDO" --repo=file init --mode=bare-user
"$PANDO" --repo=file remote add --no-gpg-verify origin "file://$SCRATCH/from-archive"
"$PANDO" --repo=file pull origin os/stable >out
assert_match out 'objects imported'
assert_eq "$("$PANDO" --repo=file rev-parse origin:os/stable)" "$(cat v1)"
"$PANDO" --repo=file remote add signed "file://$SCRATCH/from-archive"
fails_with 'no signatures found' "$PANDO" --repo=file pull signed os/stable
ok "a file:// remote"

fails_with "Refspec 'nope' not found" "$PANDO" --repo=file pull-local from-archive nope
fails_with 'nowhere' "$PANDO" --repo=file pull-local nowhere
fails_with 'argument is missing' "$PANDO" --repo=file pull-local
ok "names that are not there"

# A source with a collection must have bound its commits to it.
"$PANDO" --repo=source init --mode=archive
"$PANDO" --repo=source commit -b before tree >out
"$PANDO" --repo=source config set core.collection-id org.example.Source
"$PANDO" --repo=source commit -b after tree >out
"$PANDO" --repo=bound init --mode=bare-user
"$PANDO" --repo=bound pull-local source after >out
fails_with 'expected commit metadata to have collection ID' "$PANDO" --repo=bound pull-local source before
"$PANDO" --repo=bound pull-local --disable-verify-bindings source before >out
ok "bindings to the source's collection"

# Depth, commits alone.
echo more >tree/more
"$PANDO" --repo=from-archive commit -b os/stable -s three --timestamp=@3000 tree >v3
"$PANDO" --repo=deep init --mode=bare-user
"$PANDO" --repo=deep pull-local --depth=1 from-archive os/stable >out
"$PANDO" --repo=deep ls "$(cat v1)" >out
"$PANDO" --repo=meta init --mode=bare-user
"$PANDO" --repo=meta pull-local --commit-metadata-only from-archive os/stable >out
assert_exists "meta/state/$(cat v3).commitpartial"
ok "depth and commit-metadata-only"

# A corrupt object never counts: rot in the source is found when it is checked.
cp -a from-archive rotten
victim=$(find rotten/objects -name '*.filez' -size +1k | head -n 1)
printf 'X' | dd of="$victim" bs=1 seek=$(($(stat -c %s "$victim") / 2)) conv=notrunc status=none
"$PANDO" --repo=strict init --mode=bare-user
fails_with "$(basename "$victim" .filez)" "$PANDO" --repo=strict pull-local --untrusted rotten os/stable
fails_with 'not found' "$PANDO" --repo=strict rev-parse os/stable
"$PANDO" --repo=strict pull-local from-archive os/stable >out
"$PANDO" --repo=strict fsck >out
ok "a corrupt object in the source is an error that names it"

# The same where it would be linked, and of a commit.
cp -a from-bare-user rotten-user
victim_user=$(find rotten-user/objects -name '*.file' -size +10k | head -n 1)
cp -a "$victim_user" copy && echo X >>copy && mv copy "$victim_user"
"$PANDO" --repo=strict-user init --mode=bare-user
fails_with "Corrupted file object; checksum expected='..$(basename "$victim_user" .file | cut -c 1-62)" \
  "$PANDO" --repo=strict-user pull-local --untrusted rotten-user os/stable
"$PANDO" --repo=strict-user pull-local rotten-user os/stable >out
fails_with 'Corrupted file object' "$PANDO" --repo=strict-user fsck
wrong=$(sha256sum <v1 | cut -c 1-64)
mkdir -p "rotten-user/objects/${wrong:0:2}"
cp "rotten-user/$commit" "rotten-user/objects/${wrong:0:2}/${wrong:2}.commit"
echo "$wrong" >rotten-user/refs/heads/os/stable
"$PANDO" --repo=strict-commit init --mode=bare-user
fails_with "Corrupted commit object; checksum expected='$wrong' actual='$(cat v1)'" \
  "$PANDO" --repo=strict-commit pull-local --untrusted rotten-user os/stable
"$PANDO" --repo=strict-commit pull-local --commit-metadata-only rotten-user os/stable >out
ok "of a trusted source nothing is verified, of another links are, too"

# What is no file must not be waited for, nor taken.
for mode in $modes; do
  cp -a "from-$mode" pipe
  pipe=$(find pipe/objects -name '*.file*' -size +1k | head -n 1)
  rm "$pipe" && mkfifo "$pipe"
  "$PANDO" --repo="into-$mode" init --mode="$mode"
  fails_with "'$(basename "$(dirname "$pipe")")/$(basename "$pipe")' is (not a regular file|neither a file nor a link)" \
    timeout --signal=KILL 60 "$PANDO" --repo="into-$mode" pull-local --untrusted pipe os/stable
  rm -r pipe
done
ok "a pipe in the place of an object is an error"

if command -v strace >/dev/null && strace -qq -o trace true 2>/dev/null; then
  for mode in bare-user archive; do
    "$PANDO" --repo="one-by-one-$mode" init --mode="$mode"
    strace -f -qq -o trace -e trace=syncfs,fsync \
      "$PANDO" --repo="one-by-one-$mode" pull-local --per-object-fsync from-bare-user os/stable >out
    assert_no_match trace 'syncfs'
    assert_match trace 'fsync'
  done
  ok "--per-object-fsync waits for no other file of the file system"
else
  skip "--per-object-fsync" "no strace here"
fi

rm "$victim"
"$PANDO" --repo=missing init --mode=archive
fails_with "$(basename "$victim" .filez)" "$PANDO" --repo=missing pull-local rotten os/stable
ok "a missing object in the source is an error that names it"
