#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Media that one program made, and the other reads; mirrors of collections, by either.
. "$(dirname "$0")/../lib.sh"
need ostree
. "$(dirname "$0")/../gpg-keys.sh"
finder=/usr/libexec/installed-tests/libostree/repo-finder-mount

gpg_home home
new_key home signer@example.com
in_home home --export signer@example.com >signer.gpg
key=$(fingerprint home signer@example.com)
mkdir tree
seq 100 >tree/file
ln -s file tree/link
"$PANDO" --repo=up init --mode=archive --collection-id=org.example.Os
"$PANDO" --repo=up commit -b os/a --owner-uid=0 --owner-gid=0 --gpg-homedir="$SCRATCH/home" --gpg-sign="$key" --timestamp=@1000 tree >v
"$PANDO" --repo=up summary -u

# new PROGRAM REPO
new () {
  "$1" --repo="$2" init --mode=bare-user
  "$1" --repo="$2" remote add --collection-id=org.example.Os --gpg-import=signer.gpg os "file://$SCRATCH/up" >out
}
for program in ostree "$PANDO"; do
  rm -rf source
  new "$program" source
  "$program" --repo=source pull os os/a >out
  name=$(basename "$program")
  mkdir "$name-stick"
  "$program" --repo=source create-usb "$name-stick" org.example.Os os/a >out
  "$program" --repo=source create-usb --destination-repo=x/y "$name-stick" org.example.Os os/a >out
done
for stick in *-stick; do
  for place in .ostree/repo .ostree/repos.d/00-generated; do
    for program in ostree "$PANDO"; do
      assert_eq "$("$program" --repo="$stick/$place" refs -c)" "(org.example.Os, os/a)" "$program of $stick/$place"
      "$program" --repo="$stick/$place" fsck -q
      "$program" --repo="$stick/$place" summary -v >shown
      assert_match shown '^\* \(org.example.Os, os/a\)$'
    done
  done
  new "$PANDO" "dest-$stick"
  "$PANDO" --repo="dest-$stick" find-remotes --mount="$stick" --pull org.example.Os os/a >out
  assert_eq "$(grep -c ^Result out)" 2
  assert_eq "$("$PANDO" --repo="dest-$stick" rev-parse os:os/a)" "$(cat v)"
  "$PANDO" --repo="dest-$stick" fsck -q
  [ ! -x "$finder" ] || {
    new ostree "seen-$stick"
    "$finder" "seen-$stick" "$stick" org.example.Os os/a >seen 2>&1
    assert_match seen "_os[.]trustedkeys[.]gpg org[.]example[.]Os os/a $(cat v)\$"
  }
done
# Each adds to what the other has made.
cp -a ostree-stick both
"$PANDO" --repo=source create-usb both org.example.Os os/a >out
ostree --repo=source create-usb both org.example.Os os/a >out
ostree --repo=both/.ostree/repo fsck -q
ok "media"

n=0
for program in ostree "$PANDO"; do
  n=$((n + 1))
  new "$program" "mirror$n"
  "$program" --repo="mirror$n" pull --mirror os os/a >out
  cmp "mirror$n/refs/mirrors/org.example.Os/os/a" v
done
find mirror1/refs | sed 's/^mirror1//' | sort >refs1
find mirror2/refs | sed 's/^mirror2//' | sort >refs2
cmp refs1 refs2
for program in ostree "$PANDO"; do
  "$program" --repo=mirror1 find-remotes --finders=config org.example.Os os/a >out
  # The blank lines and the times are those of the programs.
  grep -v 'last modified' out >"found-$(basename "$program")"
done
diff found-ostree "found-$(basename "$PANDO")"
ok "mirrors, and what is found among remotes"
