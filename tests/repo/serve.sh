#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# serve: what is visible and what is not, conditional requests, ranges, signals. Speaks HTTP by bash alone.
. "$(dirname "$0")/../lib.sh"

make_tree tree
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b os/stable -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=up summary -u
"$PANDO" --repo=up refs --create=m/alias -A os/stable
"$PANDO" --repo=up remote add --no-gpg-verify hidden http://user:secret@example.com/
http_serve up --log-file="$SCRATCH/log"

# ask METHOD PATH [HEADER…]: writes head and body
ask () {
  local method=$1 path=$2
  shift 2
  exec 3<>"/dev/tcp/127.0.0.1/${HTTP_URL##*:}"
  { printf '%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' "$method" "$path"
    [ $# -eq 0 ] || printf '%s\r\n' "$@"
    printf '\r\n'; } >&3
  cat <&3 >answer
  exec 3>&-
  # shellcheck disable=SC2238 # a file of this name
  sed '/^\r$/,$d' answer | tr -d '\r' >head
  LC_ALL=C awk -v RS='' 'NR == 1 { print length ($0) }' answer >/dev/null
  tail -c +"$(($(grep -abo -m1 $'^\r$' answer | head -n 1 | cut -d: -f1) + 3))" answer >body
}
status () { head -n 1 head | cut -d' ' -f2; }
header () { sed -n "s/^$1: //Ip" head; }

ask GET /summary
assert_eq "$(status)" 200
cmp body up/summary
assert_eq "$(header cache-control)" no-cache
assert_eq "$(header content-type)" application/octet-stream
etag=$(header etag)
modified=$(header last-modified)
ask GET /summary "If-None-Match: $etag"
assert_eq "$(status)" 304
ask GET /summary "If-Modified-Since: $modified"
assert_eq "$(status)" 304
ask GET /summary 'If-None-Match: "other"' "If-Modified-Since: $modified"
assert_eq "$(status)" 200
ask HEAD /summary
assert_eq "$(status)" 200
assert_eq "$(header content-length)" "$(stat -c %s up/summary)"
assert_eq "$(stat -c %s body)" 0
ok "summary, conditional requests, HEAD"

object=$(cd up && find objects -name '*.filez' -size +20k | head -n 1)
ask GET "/$object"
cmp body "up/$object"
assert_match head 'Cache-Control: .*immutable'
size=$(stat -c %s "up/$object")
ask GET "/$object" 'Range: bytes=100-299'
assert_eq "$(status)" 206
assert_eq "$(header content-range)" "bytes 100-299/$size"
cmp body <(tail -c +101 "up/$object" | head -c 200)
ask GET "/$object" 'Range: bytes=-10'
cmp body <(tail -c 10 "up/$object")
ask GET "/$object" "Range: bytes=$size-"
assert_eq "$(status)" 416
ask GET "/$object" 'Range: bytes=100-299' 'If-Range: "old"'
assert_eq "$(status)" 200
ok "objects are immutable, and can be had in parts"

ask GET /refs/heads/os/stable
assert_content body "$(cat v1)"
assert_match head 'Content-Type: text/plain'
ask GET /refs/heads/m/alias
assert_content body "$(cat v1)"
ask GET /config
assert_match body '^mode=archive-z2$'
assert_no_match body secret remote
ok "refs, an alias, and of the configuration only [core]"

ln -s /etc/passwd up/refs/heads/passwd
ln -s /etc up/deltas-link
mkdir -p up/deltas && ln -s /etc/passwd up/deltas/link
for path in / /tmp /state /.lock /refs /refs/heads/os /refs/heads/passwd /refs/heads/../../config /..%2f..%2fetc/passwd \
  /objects/%2e%2e/config /refs/heads/%2e%2e/%2e%2e/tmp /deltas/link /deltas-link/passwd /etc/passwd //etc/passwd /nothing; do
  ask GET "$path"
  assert_eq "$(status)" 404 "$path"
done
ask POST /summary
assert_eq "$(status)" 405
assert_eq "$(header allow)" 'GET, HEAD'
assert_match log '^GET /summary 304 0$' '^GET /nothing 404 '
ok "nothing else, and nothing outside"

port_file=$(find . -maxdepth 1 -name '.port-*' ! -name '*.log')
kill -TERM "$HTTP_PID"
wait "$HTTP_PID"
assert_missing "$port_file"
http_serve up
kill -INT "$HTTP_PID"
wait "$HTTP_PID"
ok "SIGTERM and SIGINT end it with status 0"

"$PANDO" --repo=user init --mode=bare-user
fails_with 'only archive repositories' "$PANDO" --repo=user serve --port=0
fails_with 'IPv4 or IPv6' "$PANDO" --repo=up serve --port=0 --listen=localhost
fails_with '65535' "$PANDO" --repo=up serve --port=70000
http_serve up
fails_with 'listen on 127.0.0.1 port' "$PANDO" --repo=up serve --port="${HTTP_URL##*:}"
ok "what cannot be served says why"
