#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Remotes whose url is a list: a metalink, which says which summary is the current one; a list of mirrors.
. "$(dirname "$0")/../lib.sh"
need perl

make_tree tree
mkdir -p www/dead
"$PANDO" --repo=www/good init --mode=archive
"$PANDO" --repo=www/good commit -b m -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=www/good summary -u
cp -a www/good www/stale
echo more >tree/more
"$PANDO" --repo=www/good commit -b m -s two --owner-uid=0 --owner-gid=0 --timestamp=@2000 tree >v2
"$PANDO" --repo=www/good summary -u
cp -a www/good www/twin
hostile_serve www log

# The file element of a metalink: element SIZE HASHES MIRROR=PREFERENCE…
element () {
  local size=$1 hashes=$2 mirror
  shift 2
  echo "<file name=\"summary\"><size>$size</size><verification>$hashes</verification><resources maxconnections=\"1\">"
  for mirror; do
    echo "<url protocol=\"http\" preference=\"${mirror#*=}\">$HTTP_URL/${mirror%=*}/summary</url>"
  done
  echo '</resources></file>'
}
hash_of () { echo "<hash type=\"sha$1\">$("sha$1sum" <"$2" | cut -d ' ' -f 1)</hash>"; }
metalink () { echo '<?xml version="1.0"?><metalink version="3.0"><files>'; element "$@"; echo '</files></metalink>'; }
size=$(stat -c %s www/good/summary)
hashes="$(hash_of 256 www/good/summary)$(hash_of 512 www/good/summary)"

# new REPO [URL]
new () {
  rm -rf "$1"
  "$PANDO" --repo="$1" init --mode=bare-user
  "$PANDO" --repo="$1" remote add --no-gpg-verify origin "${2:-metalink=$HTTP_URL/metalink.xml}"
}

metalink "$size" "$hashes" good=80 dead=100 stale=90 >www/metalink.xml
new r
"$PANDO" --repo=r pull --network-retries=0 origin m >out
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$(cat v2)"
"$PANDO" --repo=r fsck -q
assert_eq "$(grep -o '^[a-z]*/summary ' log | tr -d '\n')" 'dead/summary stale/summary good/summary '
assert_no_match log '^(dead|stale)/(objects|summary.sig|delta)'
ok "the first mirror that has the right summary is asked for the rest"

: >log
"$PANDO" --repo=r pull origin m >out
assert_eq "$("$PANDO" --repo=r remote refs -r origin)" "origin:m	$(cat v2)"
assert_no_match log '/summary '
"$PANDO" --repo=r pull --url="metalink=$HTTP_URL/metalink.xml" origin m >out
ok "the summary that is here is not fetched again; remote refs; --url"

metalink "$size" "$hashes" twin=90 good=80 >www/metalink.xml
new r
object=$(cd www/twin && find objects -name '*.filez' | head -n 1)
echo "404 0 ^twin/$object\$" >www/.faults
: >log
"$PANDO" --repo=r pull origin m >out
"$PANDO" --repo=r fsck -q
assert_match log "^twin/$object 404" "^good/$object "
rm www/.faults
ok "what one mirror lacks comes from the next"

# bad REGEX: with what www/metalink.xml says, nothing is pulled.
bad () {
  new r
  fails_with "$1" "$PANDO" --repo=r pull --network-retries=0 origin m
  assert_missing r/refs/remotes/origin
}
metalink "$size" "$(hash_of 512 v1)" good=1 >www/metalink.xml
bad "good/summary.: Expected checksum is .* but actual is"
metalink $((size + 1)) "$hashes" good=1 >www/metalink.xml
bad "Expected size is $((size + 1)) bytes but content is $size bytes"
metalink $((size - 1)) "$hashes" good=1 >www/metalink.xml
bad "good/summary.*the server sends more than the $((size - 1)) bytes"
metalink "$size" '<hash type="sha512">bacon</hash>' good=1 >www/metalink.xml
bad 'metalink .*: Invalid hash digest for sha512'
metalink "$size" '<hash type="md5">0</hash>' good=1 >www/metalink.xml
bad 'No <verification> element with known <hash type=> found'
metalink "$size" "$hashes" >www/metalink.xml
bad "No <url method='http'> elements found"
metalink "$size" "$hashes" dead=1 >www/metalink.xml
bad 'dead/summary.*404'
metalink "$size" "$hashes" good=1 | sed 's/name="summary"/name="other"/' >www/metalink.xml
bad 'No <file name="summary"> element found'
metalink "$size" "$hashes" good=1 | sed 's:/summary</url>:/other</url>:' >www/metalink.xml
bad "none of its URLs ends in '/summary'"
echo bacon >www/metalink.xml
bad 'Document must begin with an element'
rm www/metalink.xml
bad 'metalink: .*404'
touch www/metalink.xml
echo 'endless 0 ^metalink.xml$' >www/.faults
bad 'more than the 1048576 bytes'
rm www/.faults
ok "metalinks that are none, and summaries that are not theirs"

# A list may be the answer to a question.
printf '# mirrors\n\n%s/dead\n%s/good/\n' "$HTTP_URL" "$HTTP_URL" >'www/list?repo=m&arch=all'
new r "mirrorlist=$HTTP_URL/list?repo=m&arch=all"
"$PANDO" --repo=r pull --network-retries=0 origin m >out
assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$(cat v2)"
"$PANDO" --repo=r remote add --no-gpg-verify --contenturl="mirrorlist=$HTTP_URL/list?repo=m&arch=all" split "$HTTP_URL/good"
"$PANDO" --repo=r pull split m >out
"$PANDO" --repo=r remote add --no-gpg-verify --contenturl=metalink=http://127.0.0.1:1/x wrong "$HTTP_URL/good"
fails_with 'contenturl cannot be a metalink' "$PANDO" --repo=r pull wrong m
"$PANDO" --repo=r remote add --no-gpg-verify ftp metalink=ftp://127.0.0.1/x
fails_with 'Invalid URI scheme in metalink=ftp://127.0.0.1/x' "$PANDO" --repo=r pull ftp m
ok "lists of mirrors, by URLs with a query; schemes that are not known"
