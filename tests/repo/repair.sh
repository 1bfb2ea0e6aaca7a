#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# fsck --repair: what is missing or damaged comes back from a repository or a server.
. "$(dirname "$0")/../lib.sh"

make_tree tree
$PANDO init --repo=source --mode=archive
commit=$($PANDO --repo=source commit -b os/x --timestamp=@1 tree)

# object TYPE PATH: where it lies in ./r, of mode bare-user.
object () {
  local columns
  columns=$($PANDO --repo=source ls -d -C os/x "$2")
  case $1 in
    file) columns=$(awk '{ print $5 }' <<<"$columns").file ;;
    dirtree) columns=$(awk '{ print $5 }' <<<"$columns").dirtree ;;
    dirmeta) columns=$(awk '{ print $6 }' <<<"$columns").dirmeta ;;
  esac
  echo "r/objects/${columns:0:2}/${columns:2}"
}
name_of () { local path=${1#r/objects/}; echo "${path/\//}"; }
numbers=$(object file /usr/share/numbers)
share=$(object dirtree /usr/share)
sticky=$(object dirmeta /usr/share/sticky)
hello=$(object file /usr/bin/hello)
fresh () {
  rm -rf r pulled
  $PANDO init --repo=pulled --mode=bare-user
  $PANDO --repo=pulled pull-local source os/x >/dev/null
  # Without the links to the source, which would be damaged along with it.
  cp -a pulled r
  export OSTREE_REPO=r
}
flip () { printf X | dd of="$1" bs=1 seek=7 conv=notrunc status=none; }
# whole: fsck is content with all there was, and no mark is left.
whole () {
  $PANDO fsck >out
  assert_match out '^object fsck of 1 commits completed successfully - no errors found.$'
  assert_eq "$(find r/state -type f)" ''
  assert_eq "$($PANDO cat os/x /usr/share/numbers | tail -n 1)" 20000
}

fresh
flip "$numbers"
flip "$sticky"
rm "$hello"
$PANDO fsck --repair --from=source >out 2>err
assert_content err ''
assert_match out "^Repaired $(name_of "$numbers") from 'source'$" "^Repaired $(name_of "$hello") from 'source'$" \
  '^3 objects repaired$' 'no errors found'
whole
$PANDO fsck --repair --from=source >out
assert_no_match out repaired
ok "files and metadata, from a repository"

# A directory that is lost hides what else is missing below it.
fresh
rm "$numbers"
echo junk >"$share"
commit_path=r/objects/${commit:0:2}/${commit:2}.commit
rm "$commit_path"
$PANDO fsck --repair --from=source >out 2>err
assert_match out '^3 objects repaired$'
whole
ok "what is below a directory that was bad; the commit of a ref"

fresh
rm "$numbers"
fails_with "Object missing in commits $commit: $(name_of "$numbers")" "$PANDO" fsck
assert_content "r/state/$commit.commitpartial" f
$PANDO fsck --repair --from=source >out
assert_match out "^Commit is complete again: $commit$"
whole
ok "a commit that fsck had marked is whole again"

# The source is no better, or worse.
fresh
flip "$numbers"
cp -a source broken
filez=${numbers#r/}z
rm "broken/$filez"
fails_with "Cannot repair $(name_of "$numbers"): broken: .*" "$PANDO" fsck --repair --from=broken
assert_match .err "In commits $commit: fsck content object" \
  "^  $(name_of "$numbers") is needed by os/x: /usr/share/numbers$" '^error: Repository corruption encountered; fsck --repair'
cp "source/$filez" "broken/$filez"
chmod u+w "broken/$filez"
dd if=/dev/zero of="broken/$filez" bs=1 seek=100 count=50 conv=notrunc status=none
fails_with "Cannot repair $(name_of "$numbers"): broken: " "$PANDO" fsck --repair --from=broken
before=$(sha256sum <"$numbers")
fails_with 'Cannot repair' "$PANDO" fsck --repair
assert_match .err 'there is no remote; give another repository by --from'
assert_eq "$(sha256sum <"$numbers")" "$before"
fails_with 'nowhere' "$PANDO" fsck --repair --from=nowhere
ok "what cannot be repaired is named, with who needs it, and left as it was"

# Servers: the first does not know it.
fresh
flip "$numbers"
rm "$share"
http_serve broken
rm "broken/$filez" "broken/${share#r/}"
$PANDO remote add a "$HTTP_URL"
http_serve source
$PANDO remote add b "$HTTP_URL"
$PANDO fsck --repair >out 2>err
assert_match out "^Repaired $(name_of "$numbers") from 'b'$" '^2 objects repaired$'
whole
ok "from the remotes, whichever has it"

flip "$numbers"
ln "$numbers" other-link
$PANDO fsck --repair >out 2>err
assert_match err "^1 files that were checked out share the damaged $(name_of "$numbers")"
whole
rm other-link
ok "checkouts that share damaged bytes are told"

# Detached metadata.
echo junk >"${commit_path}meta"
fails_with "Cannot repair $commit.commitmeta" "$PANDO" fsck --repair
assert_match .err "^  $commit.commitmeta is needed by os/x: its commit$"
rm "${commit_path}meta"
ok "detached metadata that is not to be had"

fails_with 'exclude each other' "$PANDO" fsck --repair --delete
fails_with 'where to --repair from' "$PANDO" fsck --from=source
ok "errors"
