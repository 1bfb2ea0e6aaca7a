#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How far a pull is, for programs (--progress-fd) and for people.
. "$(dirname "$0")/../lib.sh"

make_tree tree
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b plain --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >out
"$PANDO" --repo=up commit -b sized --owner-uid=0 --owner-gid=0 --timestamp=@1000 --generate-sizes tree >out
"$PANDO" --repo=up summary -u
http_serve up

new () {
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify origin "$HTTP_URL"
}
number='(null|[0-9]+)'
# Each line is whole, phases come in their order, and no number of what is done falls.
is_sane () {
  assert_no_match "$1" '^$'
  ! grep -qvE "^\{\"phase\":\"[a-z]+\",\"bytes\":[0-9]+,\"bytes_total\":$number,\"bytes_exact\":(true|false),\"objects\":[0-9]+,\"objects_total\":$number\}$" "$1" ||
    fail "that is no line of progress: $(cat "$1")"
  sed 's/.*"bytes":\([0-9]*\).*"objects":\([0-9]*\).*/\1 \2/' "$1" | awk '{ if ($1 < b || $2 < o) exit 1; b = $1; o = $2 }' ||
    fail "it goes backwards: $(cat "$1")"
}

new
"$PANDO" --repo=r pull --progress-fd=3 origin plain 3>progress >out
is_sane progress
assert_eq "$(sed 's/.*"phase":"\([a-z]*\)".*/\1/' progress | uniq | grep -v metadata | xargs)" 'refs objects publish done'
assert_match progress '"done".*"bytes_exact":false'
total=$(sed -n 's/.*"done".*"objects_total":\([0-9]*\).*/\1/p' progress)
assert_match progress "\"done\".*\"objects\":$total,"
assert_no_match out phase
ok "lines of JSON"

new
"$PANDO" --repo=r pull --progress-fd=3 origin sized 3>progress >out
is_sane progress
sed -n 's/.*"objects".*"bytes":\([0-9]*\),"bytes_total":\([0-9]*\),"bytes_exact":true.*/\1 \2/p' progress >bytes
assert_match progress '"done".*"bytes_exact":true'
sed -n 's/.*"done","bytes":\([0-9]*\),"bytes_total":\([0-9]*\),.*/\1 \2/p' progress >last
read -r bytes total <last
assert_eq "$bytes" "$total"
ok "with sizes in the commit, the number of bytes is known"

"$PANDO" --repo=local init --mode=bare-user
"$PANDO" --repo=local pull-local --progress-fd=3 up plain 3>progress >out
is_sane progress
assert_match progress '"done","bytes":0,'
ok "from a folder"

new
fails_with 'progress-fd=9: no descriptor' "$PANDO" --repo=r pull --progress-fd=9 origin plain
fails_with 'progress-fd=-2: no descriptor' "$PANDO" --repo=r pull --progress-fd=-2 origin plain
fails_with 'progress-fd=3: no descriptor' "$PANDO" --repo=r pull --progress-fd=3 origin plain 3</dev/null
fails_with 'No such branch' "$PANDO" --repo=r pull --progress-fd=3 origin nothing 3>progress
assert_no_match progress '"done"'
# A reader that has gone is no reason to fail.
"$PANDO" --repo=r pull --progress-fd=3 origin plain 3> >(true) >out
"$PANDO" --repo=r fsck >out
ok "descriptors that are none, failures, and a reader that goes"

if ! command -v script >/dev/null; then
  skip "the line for people" "script is not installed"
else
  new
  TERM=xterm script -qec "'$PANDO' --repo=r pull origin sized" /dev/null </dev/null >line
  assert_match line 'Asking for refs' 'Receiving objects: .*/[0-9]+ objects, .* of ' 'Writing to disk'
  ok "the line for people"
fi
