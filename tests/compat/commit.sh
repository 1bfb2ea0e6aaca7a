#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same tree gives the same commit in both programs, in every mode, byte for byte in the repository, and each finds the
# other's repository without fault.
. "$(dirname "$0")/../lib.sh"
need ostree

make_tree tree
setfattr -n user.test -v value tree/usr/bin/hello 2>/dev/null || echo "# no user attributes here"
if [ "$(id -u)" = 0 ]; then
  chown 12:34 tree/usr/share/numbers
  setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 tree/usr/share/zero 2>/dev/null ||
    echo "# no file capabilities here"
fi

# Everything in a repository but its config (the two write keys in another order) and what is for one program only.
objects () { (cd "$1" && find objects refs -type f -printf '%P %s\n' | sort && find refs -type f -exec cat {} +); }

commit_both () {
  local mode=$1 theirs ours
  shift
  ostree --repo=theirs init --mode="$mode"
  "$PANDO" --repo=ours init --mode="$mode"
  theirs=$(ostree --repo=theirs commit -b test/x --timestamp=@1700000000 -s 'A subject' -m 'and a body' \
    --add-metadata-string=version=1 "$@" tree)
  ours=$("$PANDO" --repo=ours commit -b test/x --timestamp=@1700000000 -s 'A subject' -m 'and a body' \
    --add-metadata-string=version=1 "$@" tree)
  assert_eq "$ours" "$theirs" "$mode $*"
  if [ "$mode" != archive ]; then
    # In an archive the compressed bytes may differ.
    diff <(objects theirs) <(objects ours) >objects.diff || fail "$mode: $(cat objects.diff)"
  fi
  ostree --repo=ours fsck -q
  "$PANDO" --repo=theirs fsck -q
}

for mode in bare bare-user archive; do
  commit_both $mode
  ok "same commit in $mode"
  # Each goes on where the other stopped.
  echo more >tree/usr/more
  one=$(ostree --repo=ours commit -b test/x --timestamp=@1700000001 tree)
  two=$("$PANDO" --repo=theirs commit -b test/x --timestamp=@1700000001 tree)
  assert_eq "$two" "$one" "second commit in the other's repository"
  ostree --repo=theirs fsck -q
  "$PANDO" --repo=ours fsck -q
  ok "each commits into the other's $mode repository"
  if [ $mode != bare ] || [ "$(id -u)" = 0 ]; then
    ostree --repo=ours checkout test/x by-ostree
    "$PANDO" --repo=theirs checkout test/x by-pando
    assert_same_tree by-ostree by-pando
    ok "each checks out what the other wrote in $mode"
  fi
  rm -rf ours theirs by-ostree by-pando tree/usr/more
done

for options in --no-xattrs --canonical-permissions "--owner-uid=7 --owner-gid=8" --orphan; do
  # shellcheck disable=SC2086 # words
  if [ "$options" = --orphan ]; then
    ostree --repo=theirs init --mode=archive
    "$PANDO" --repo=ours init --mode=archive
    assert_eq "$("$PANDO" --repo=ours commit --orphan --timestamp=@5 tree)" \
      "$(ostree --repo=theirs commit --orphan --timestamp=@5 tree)"
  else
    commit_both archive $options
  fi
  ok "same commit with $options"
  rm -rf ours theirs
done

# The compressed sizes are those of each program's own files; all else is the same.
ostree --repo=theirs init --mode=archive
"$PANDO" --repo=ours init --mode=archive
ostree --repo=theirs commit -b test/x --timestamp=@5 --generate-sizes tree >/dev/null
"$PANDO" --repo=ours commit -b test/x --timestamp=@5 --generate-sizes tree >/dev/null
for repo in theirs ours; do
  # The space before a unit is one that does not break the line, for which ostree prints '?' in the C locale.
  ostree --repo=$repo show --print-sizes test/x | sed 's/?/ /g' >sizes-by-ostree
  "$PANDO" --repo=$repo show --print-sizes test/x | sed 's/\xc2\xa0/ /g' >sizes-by-pando
  cmp sizes-by-ostree sizes-by-pando
  grep -v Compressed sizes-by-pando >sizes-in-$repo
  assert_eq "$("$PANDO" --repo=$repo show --list-metadata-keys test/x | tail -n 1)" ostree.sizes
done
cmp sizes-in-theirs sizes-in-ours
ok "the sizes of the objects"

# Options change the trees of refs as they do those of directories; what they leave alone keeps its object.
printf '=384 /usr/etc/a.conf\n1024 /usr/bin/hello\n' >override
printf '/usr/share/numbers\n/usr/etc/conf.d\n' >skip
for mode in archive bare-user; do
  rm -rf ours theirs
  ostree --repo=theirs init --mode=$mode
  "$PANDO" --repo=ours init --mode=$mode
  ostree --repo=theirs commit -b from --timestamp=@5 tree >/dev/null
  "$PANDO" --repo=ours commit -b from --timestamp=@5 tree >/dev/null
  for options in --owner-uid=7 "--owner-uid=1 --owner-gid=2" --no-xattrs --canonical-permissions --mode-ro-executables \
    --statoverride=override --skip-list=skip "--statoverride=override --skip-list=skip --owner-gid=9"; do
    # shellcheck disable=SC2086 # words
    assert_eq "$("$PANDO" --repo=ours commit -b to --parent=none --timestamp=@6 --tree=ref=from $options)" \
      "$(ostree --repo=theirs commit -b to --parent=none --timestamp=@6 --tree=ref=from $options)" "$mode $options"
    # shellcheck disable=SC2086 # words
    assert_eq "$("$PANDO" --repo=ours commit -b to --parent=none --timestamp=@6 --tree=ref=from --tree=dir=tree/usr $options)" \
      "$(ostree --repo=theirs commit -b to --parent=none --timestamp=@6 --tree=ref=from --tree=dir=tree/usr $options)" \
      "$mode $options, and a directory on top"
  done
  ostree --repo=ours fsck -q
done
ok "the same trees of refs under options"
