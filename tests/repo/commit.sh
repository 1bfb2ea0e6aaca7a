#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# commit: what it prints, what its options do to the commit, and what cannot be committed.
. "$(dirname "$0")/../lib.sh"
scripts=$(cd "$(dirname "$0")/../check" && pwd)

export OSTREE_REPO=r
make_tree tree
$PANDO init --repo=r --mode=bare-user
$PANDO commit -b os/x -s 'First' -m 'Body' --timestamp=@1700000000 --add-metadata-string=version=1.5 tree >out
assert_match out '^[0-9a-f]{64}$'
assert_eq "$(wc -l <out)" 1
first=$(cat out)
assert_eq "$($PANDO rev-parse os/x)" "$first"
$PANDO show os/x >out
assert_match out '^Date:  2023-11-14 22:13:20 \+0000$' '^Version: 1.5$' '^    First$' '^    Body$'
assert_no_match out '^Parent'
ok "the checksum is printed and the ref is there"

$PANDO commit -b os/x --tree=dir=tree >/dev/null
assert_eq "$($PANDO rev-parse 'os/x^')" "$first"
assert_eq "$($PANDO commit -b os/x --skip-if-unchanged tree)" "$($PANDO rev-parse os/x)"
assert_eq "$($PANDO rev-parse 'os/x^')" "$first"
ok "the parent is the branch's commit; nothing new when nothing changed"

$PANDO commit -b os/alone --parent=none tree >/dev/null
fails_with 'no parent' "$PANDO" rev-parse 'os/alone^'
$PANDO commit -b os/alone --parent="$first" tree >/dev/null
assert_eq "$($PANDO rev-parse 'os/alone^')" "$first"
fails_with "Invalid parent 'os/x'.*none" "$PANDO" commit -b os/alone --parent=os/x tree
$PANDO refs >before
orphan=$($PANDO commit --orphan tree)
$PANDO refs >after
cmp before after
assert_eq "$($PANDO show --print-metadata-key=ostree.ref-binding "$orphan")" '@as []'
ok "other parents, and no ref at all"

$PANDO commit -b os/bound --bind-ref=zz --bind-ref=aa tree >/dev/null
assert_eq "$($PANDO show --print-metadata-key=ostree.ref-binding os/bound)" "['aa', 'os/bound', 'zz']"
$PANDO commit -b os/bound --no-bindings tree >/dev/null
fails_with "No such metadata key 'ostree.ref-binding'" "$PANDO" show --print-metadata-key=ostree.ref-binding os/bound
$PANDO commit -b os/bound --add-detached-metadata-string=k=v tree >/dev/null
assert_eq "$($PANDO show --print-detached-metadata-key=k os/bound)" "'v'"
fails_with 'Empty metadata key' "$PANDO" commit -b os/bound --add-metadata-string='=x' tree
fails_with "Missing '=' in KEY=VALUE metadata 'nothing'" "$PANDO" commit -b os/bound --add-metadata-string=nothing tree
$PANDO commit -b os/kept --add-metadata-string=version=7 --add-metadata='n=uint32 5' tree >/dev/null
$PANDO commit -b os/kept --keep-metadata=n --keep-metadata=version tree >/dev/null
assert_eq "$($PANDO show --print-metadata-key=version os/kept) $($PANDO show --print-metadata-key=n -B os/kept)" "'7' uint32 5"
fails_with "Missing metadata key 'nope' from" "$PANDO" commit -b os/kept --keep-metadata=nope tree
make_os_tree bootable 6.7.8
$PANDO commit -b os/boot --bootable bootable >/dev/null
assert_eq "$($PANDO show --print-metadata-key=ostree.bootable os/boot) $($PANDO show --print-metadata-key=ostree.linux os/boot)" "true '6.7.8'"
fails_with 'kernel' "$PANDO" commit -b os/boot --bootable tree
printf 'One\ntwo\n' >body
$PANDO commit -b os/body -s subject --body-file=body tree >/dev/null
$PANDO show os/body >out
assert_match out '^    subject$' '^    One$' '^    two$'
fails_with 'Cannot specify both --body and --body-file' "$PANDO" commit -b os/body -m x --body-file=body tree
printf '\377' >body
fails_with "'body' is not UTF-8" "$PANDO" commit -b os/body --body-file=body tree
ok "bindings and metadata"

$PANDO commit -b os/owned --owner-uid=7 --owner-gid=8 tree >/dev/null
$PANDO ls os/owned /usr/bin/su >out
assert_match out '^-04755 7 8 '
$PANDO commit -b os/owned --canonical-permissions tree >/dev/null
$PANDO ls os/owned /usr/bin/su >out
assert_match out '^-00755 0 0 '
fails_with 'Cannot specify both --canonical-permissions and non-zero --owner-uid' \
  "$PANDO" commit -b os/owned --canonical-permissions --owner-uid=5 tree
fails_with 'owner-uid' "$PANDO" commit -b os/owned --owner-uid=4294967296 tree
ok "owners and permissions"

for date in '2020-01-02 03:04:05' '2020-01-02T03:04:05Z' '2020-01-02T04:04:05+01:00' '@1577934245' \
    'Thu, 02 Jan 2020 05:04:05 +0200' 'Thu Jan  2 03:04:05 UTC 2020'; do
  "$PANDO" commit -b os/date --timestamp="$date" tree >/dev/null
  $PANDO show os/date >out
  assert_match out '^Date:  2020-01-02 03:04:05 \+0000$'
done
SOURCE_DATE_EPOCH=1577934245 $PANDO commit -b os/date tree >/dev/null
$PANDO show os/date >out
assert_match out '^Date:  2020-01-02 03:04:05 \+0000$'
for date in 'October 21 2015' '21 October 2015' '2015-10-21'; do
  "$PANDO" commit -b os/date --timestamp="$date" tree >/dev/null
  $PANDO show os/date >out
  assert_match out '^Date:  2015-10-21 00:00:00 \+0000$'
done
"$PANDO" commit -b os/date --timestamp='2 days ago' tree >/dev/null
$PANDO show os/date >out
assert_match out "^Date:  $(date -d '2 days ago' +%F) "
fails_with "Could not parse 'soon': use @SECONDS" "$PANDO" commit -b os/date --timestamp=soon tree
fails_with 'SOURCE_DATE_EPOCH' env SOURCE_DATE_EPOCH=invalid "$PANDO" commit -b os/date tree
ok "times"

$PANDO commit -b os/tree --tree=ref=os/x >/dev/null
assert_eq "$($PANDO show os/tree | grep Content)" "$($PANDO show os/x | grep Content)"
fails_with 'Missing type' "$PANDO" commit -b os/tree --tree=tree
fails_with 'Invalid tree type' "$PANDO" commit -b os/tree --tree=zip=tree
fails_with "Refspec 'nope' not found" "$PANDO" commit -b os/tree --tree=ref=nope
ok "the tree of a commit"

# Options make of it what they make of a directory; a base stays as it is.
$PANDO commit -b os/owned --tree=ref=os/x --owner-uid=7 --owner-gid=8 >/dev/null
$PANDO ls -R os/owned >out
assert_no_match out '^[-dl][0-7]+ ([^7]|7[^ ])' '^[-dl][0-7]+ 7 ([^8]|8[^ ])'
$PANDO commit -b os/based --base=os/owned --owner-uid=9 --tree=dir=tree/usr/bin >/dev/null
$PANDO ls os/based /usr/bin/hello /hello >out
assert_match out '^-00755 7 8 .* /usr/bin/hello$' '^-00755 9 .* /hello$'
printf '/usr/bin/hello\n/usr/etc\n' >skip
printf '=256 /usr/bin/su\n' >override
$PANDO commit -b os/less --tree=ref=os/x --skip-list=skip --statoverride=override >/dev/null
$PANDO ls -R os/less >out
assert_no_match out ' /usr/bin/hello$' '/usr/etc'
assert_match out '^-00400 .* /usr/bin/su$' ' /usr/bin/hello-again$'
echo /nope >>skip
fails_with 'Unmatched skip-list paths: /nope' "$PANDO" commit -b os/less --tree=ref=os/x --skip-list=skip
$PANDO fsck >out
ok "options apply to the trees of commits"

$PANDO commit -b os/table --table-output tree >out
assert_match out '^Commit: [0-9a-f]{64}$' '^Metadata Total: [0-9]+$' '^Content Written: 0$' '^Content Bytes Written: 0$'
$PANDO commit -b os/cache --stat-cache tree >/dev/null
ok "counts"

if command -v script >/dev/null; then
  TERM=xterm script -qec "'$PANDO' commit -b os/terminal tree" typescript </dev/null >/dev/null
  assert_match typescript 'committing files' "$($PANDO rev-parse os/terminal)"
  TERM=dumb script -qec "'$PANDO' commit -b os/terminal tree" typescript </dev/null >/dev/null
  assert_no_match typescript 'committing files'
  ok "a line of progress on a terminal"
else
  skip "a line of progress on a terminal" "script is not installed"
fi

# A stat cache that is used stays, one that was not for long goes; one that cannot be written is no
# error. Files that are just written are not recorded, so these are older ones.
rm -rf r/tmp/cache/stat
commit_cached () { $PANDO commit -b os/cached --stat-cache "$scripts" >/dev/null; }
commit_cached
used=$(ls r/tmp/cache/stat)
echo >r/tmp/cache/stat/unused
touch -d '40 days ago' r/tmp/cache/stat/*
commit_cached
assert_eq "$(ls r/tmp/cache/stat)" "$used"
rm -r r/tmp/cache/stat
echo 'in the way' >r/tmp/cache/stat
commit_cached
rm r/tmp/cache/stat
ok "stat caches expire, and may fail"

# Of what others left in tmp/, the old goes unless somebody has it. A folder's own time says nothing about what is in it.
hold () { python3 -c 'import fcntl, struct; fcntl.fcntl(9, 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))' 9<&"$1"; }
mkdir -p r/tmp/pando-partial r/tmp/staging-old r/tmp/pando-staging-old r/tmp/staging-held r/tmp/scratch
touch r/tmp/pando-partial/{fresh,old,held} r/tmp/staging-held-lock r/tmp/pando-staging-old-lock r/tmp/staging-alone-lock
exec 7<>r/tmp/pando-partial/held 8<>r/tmp/staging-held-lock
hold 7 && hold 8
touch -d '3 days ago' r/tmp/pando-partial/{old,held} r/tmp/pando-partial r/tmp/*staging-* r/tmp/scratch
$PANDO commit -b os/cleaned tree >/dev/null
assert_eq "$(cd r/tmp && printf '%s\n' *staging-* pando-partial/* scratch*)" \
  "$(printf '%s\n' staging-held staging-held-lock pando-partial/{fresh,held} 'scratch*')"
exec 7<&- 8<&-
rm -r r/tmp/pando-partial r/tmp/staging-held*
ok "tmp is cleaned of what nobody has"

"$PANDO" init --repo=sized --mode=archive
"$PANDO" commit --repo=sized -b os/sized --generate-sizes tree >/dev/null
n=$(find sized/objects -type f ! -name '*.commit' | wc -l)
assert_eq "$($PANDO show --repo=sized --print-related os/sized)" ""
$PANDO show --repo=sized --print-sizes os/sized >out
assert_match out "^Number of objects \(needed/total\): 0/$n$" '^Compressed size \(needed/total\): 0.bytes/' '^Unpacked size'
# A child keeps its own list, of what was there before too.
echo more >tree/more
"$PANDO" commit --repo=sized -b os/sized --generate-sizes tree >/dev/null
rm tree/more
$PANDO show --repo=sized --print-sizes os/sized >out
assert_match out "objects \(needed/total\): 0/$((n + 1))$"
$PANDO pull-local --commit-metadata-only sized os/sized >/dev/null
$PANDO show --print-sizes os/sized >out
assert_match out "objects \(needed/total\): [0-9]+/$((n + 1))$"
assert_no_match out "needed/total\): 0"
fails_with 'No metadata key ostree.sizes in commit' "$PANDO" show --print-sizes os/x
ok "sizes of the objects"

cat >editor <<'END'
#!/bin/sh
cp "$1" template
cat "$ANSWER" >"$1"
END
chmod +x editor
printf '# nothing\n\nThe subject \n\nA body\n# ignored\nof two lines\n\n' >answer
ANSWER=answer OSTREE_EDITOR=./editor VISUAL=false $PANDO commit -b os/edited -e -s Before -m 'and a body' tree >/dev/null
assert_match template '^Before$' '^and a body$' '^# Branch: os/edited$' "^# with '#' will be ignored"
$PANDO show --raw os/edited >out
assert_match out "'The subject', 'A body\\\\nof two lines'"
ANSWER=answer TERM=vt100 VISUAL=./editor EDITOR=false $PANDO commit -b os/edited --editor tree >/dev/null
ANSWER=answer TERM=dumb VISUAL=false EDITOR=./editor $PANDO commit -b os/edited --editor tree >/dev/null
tip=$($PANDO rev-parse os/edited)
fails_with 'Aborting commit due to empty commit subject' env ANSWER=/dev/null OSTREE_EDITOR=./editor "$PANDO" commit -b os/edited -e tree
fails_with "There was a problem with the editor 'false'" env OSTREE_EDITOR=false "$PANDO" commit -b os/edited -e tree
fails_with 'Terminal is dumb, but EDITOR unset' env -u EDITOR -u OSTREE_EDITOR TERM=dumb "$PANDO" commit -b os/edited -e tree
assert_eq "$($PANDO rev-parse os/edited)" "$tip"
ok "the message from an editor"

fails_with 'A branch must be specified with --branch, or use --orphan' "$PANDO" commit tree
fails_with 'generate-composefs-metadata: composefs is not built in' "$PANDO" commit -b os/x --generate-composefs-metadata tree
fails_with "'?nope'?: No such file or directory" "$PANDO" commit -b os/x nope
fails_with 'Invalid ref' "$PANDO" commit -b 'a b' tree
fails_with 'is not UTF-8' "$PANDO" commit -b os/x -s "$(printf 'bad \377')" tree
fails_with "Unknown option --frobnicate; see 'pando commit --help'" "$PANDO" commit --frobnicate
fails_with 'No such file' "$PANDO" commit -b os/x -F nope tree
ok "wrong words"

tip=$($PANDO rev-parse os/x)
mkfifo tree/usr/pipe
fails_with "/usr/pipe.*Not a regular file or symlink" "$PANDO" commit -b os/x tree
rm tree/usr/pipe
touch "tree/$(printf 'name-\377')"
fails_with 'UTF-8' "$PANDO" commit -b os/x tree
rm "tree/$(printf 'name-\377')"
ln -s "$(printf 'target-\377')" tree/link
fails_with 'link.*UTF-8' "$PANDO" commit -b os/x tree
rm tree/link
assert_eq "$($PANDO rev-parse os/x)" "$tip"
$PANDO fsck >out
ok "what cannot be committed is named, and nothing has changed"

fails_with 'write to standard output: No space left on device' sh -c "$PANDO commit -b os/full tree >/dev/full"
$PANDO rev-parse os/full >/dev/null
ok "a full disk behind standard output is reported"

# A repository without attributes has objects without them: links into it need not be read either.
"$PANDO" --repo=plain init --mode=bare-user
"$PANDO" --repo=plain config set core.disable-xattrs true
"$PANDO" --repo=plain commit -b from --owner-uid="$(id -u)" --owner-gid=81 tree >out
"$PANDO" --repo=plain checkout -U -H from linked
"$PANDO" --repo=plain commit -b to --link-checkout-speedup --table-output linked >out
assert_match out '^Content Cache Hits: [1-9]'
"$PANDO" --repo=plain ls to /usr/bin/hello >out
assert_match out ' 81 .* /usr/bin/hello$'
# With -I a link is what it is a link to, whatever other options say.
"$PANDO" --repo=plain commit -b canonical -I --owner-gid=7 --table-output linked >out
assert_match out '^Content Cache Hits: [1-9]'
"$PANDO" --repo=plain ls canonical /usr/bin/hello >out
assert_match out ' 81 .* /usr/bin/hello$'
"$PANDO" --repo=plain commit -b changed --link-checkout-speedup --owner-gid=7 linked >/dev/null
"$PANDO" --repo=plain ls changed /usr/bin/hello >out
assert_match out ' 7 .* /usr/bin/hello$'
ok "links into a repository without attributes"
