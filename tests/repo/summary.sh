#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# summary, and remote refs and summary, which read it by HTTP.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
mkdir tree
$PANDO init --repo=r --mode=archive
fails_with "no summary; write one by .summary -u." "$PANDO" summary -v
commit=$($PANDO commit -b os/a --timestamp=@1700000100 --add-metadata-string=version=1.5 tree)
$PANDO refs --create=os/b os/a
$PANDO summary -u >out 2>&1
assert_content out ""
$PANDO summary -v >out
assert_match out '^\* os/a$' '^    Latest Commit \([0-9]+ bytes\):$' "^      $commit\$" \
  '^    Timestamp \(ostree.commit.timestamp\): 2023-11-14T22:15:00\+00$' \
  '^    Version \(ostree.commit.version\): 1.5$' '^\* os/b$' \
  '^Repository Mode \(ostree.summary.mode\): archive-z2$' \
  '^Has Tombstone Commits \(ostree.summary.tombstone-commits\): No$'
TZ=Asia/Kolkata $PANDO summary -v >out
assert_match out 'timestamp\): 2023-11-15T03:45:00\+05:30$'
ok "written and viewed"

$PANDO summary -u -m org.example.key="'value'" --add-metadata=n=5
assert_eq "$($PANDO summary --print-metadata-key=org.example.key)" "'value'"
$PANDO summary --list-metadata-keys >out
assert_match out '^org.example.key$' '^ostree.summary.mode$'
$PANDO summary --raw >out
assert_match out "^\(\[\('os/a', \("
fails_with "No such metadata key 'nope'" "$PANDO" summary --print-metadata-key=nope
fails_with "Missing '='" "$PANDO" summary -u -m nothing
fails_with 'Error parsing variant' "$PANDO" summary -u -m 'k=a b'
fails_with 'No option specified; use -u' "$PANDO" summary
fails_with '--add-metadata goes with --update' "$PANDO" summary -m a=1
fails_with '--update goes with no option that prints' "$PANDO" summary -u -v
ok "metadata and wrong words"

$PANDO config set core.auto-update-summary true
cp r/summary before
$PANDO commit --orphan tree >out
cmp r/summary before
$PANDO config unset core.auto-update-summary
ok "a commit that changes no ref leaves the summary alone"

http_serve r
$PANDO init --repo=client --mode=archive
export OSTREE_REPO=client
$PANDO remote add --no-gpg-verify origin "$HTTP_URL"
assert_eq "$($PANDO remote refs origin)" "origin:os/a
origin:os/b"
assert_eq "$($PANDO remote refs -r origin | head -1)" "origin:os/a	$commit"
$PANDO remote summary origin >out
diff out <($PANDO summary --repo=r -v)
assert_eq "$($PANDO remote summary --print-metadata-key=org.example.key origin)" "'value'"
fails_with 'Remote "nope" not found' "$PANDO" remote refs nope
http_stop
fails_with 'origin|127.0.0.1' "$PANDO" remote refs origin
ok "of a remote"

echo broken >r/summary
fails_with 'summary' "$PANDO" summary --repo=r -v
ok "a damaged summary is an error"
