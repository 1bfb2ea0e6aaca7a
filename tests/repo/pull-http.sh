#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pull from nginx: HTTP/1.1, HTTP/2 over TLS, mirrors, headers, and what is not asked for twice.
. "$(dirname "$0")/../lib.sh"
need nginx openssl

make_tree tree
mkdir tree/many
for i in $(seq 300); do echo "$i" >"tree/many/$i"; done
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=up summary -u

new () {
  "$PANDO" --repo="$1" init --mode=bare-user
  "$PANDO" --repo="$1" remote add --no-gpg-verify "${@:3}" origin "$2"
}

nginx_serve up
plain_url=$HTTP_URL
plain_log=$HTTP_LOG
new plain "$plain_url"
"$PANDO" --repo=plain pull origin m >out
"$PANDO" --repo=plain fsck >out
assert_eq "$(grep -c '\.filez' "$plain_log")" "$(find up/objects -name '*.filez' | wc -l)"
ok "HTTP/1.1"

: >"$plain_log"
"$PANDO" --repo=plain pull origin m >out
assert_match "$plain_log" '^GET /summary 304 '
assert_no_match "$plain_log" '\.(filez|dirtree|dirmeta|commit) '
: >"$plain_log"
OSTREE_SKIP_CACHE=1 "$PANDO" --repo=plain pull origin m >out
assert_match "$plain_log" '^GET /summary 200 '
printf 'rot' >plain/tmp/cache/summaries/origin
touch -d '2100-01-01' plain/tmp/cache/summaries/origin
: >"$plain_log"
"$PANDO" --repo=plain pull origin m >out
assert_match "$plain_log" '^GET /summary 200 '
ok "a summary that is current is not sent again, and a cache that rotted is not used"

new elsewhere "$plain_url"
: >"$plain_log"
for _ in 1 2; do "$PANDO" --repo=elsewhere pull --cache-dir=caches origin m >out; done
"$PANDO" --repo=elsewhere remote refs --cache-dir=caches origin >out
"$PANDO" --repo=elsewhere remote summary --cache-dir=caches origin >out
assert_missing elsewhere/tmp/cache/summaries
assert_exists caches/summaries/origin
assert_eq "$(grep -c '^GET /summary 200 ' "$plain_log")" 1
assert_eq "$(grep -c '^GET /summary 304 ' "$plain_log")" 3
touch plain/tmp/cache/summaries/gone plain/tmp/cache/summaries/gone.sig
"$PANDO" --repo=plain prune >out
assert_missing plain/tmp/cache/summaries/gone plain/tmp/cache/summaries/gone.sig
assert_exists plain/tmp/cache/summaries/origin
ok "a cache elsewhere, and what is cached of remotes that are gone"

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
port=$((20000 + RANDOM % 20000))
nginx_serve up "listen 127.0.0.1:$port ssl http2; ssl_certificate $SCRATCH/cert.pem; ssl_certificate_key $SCRATCH/key.pem;
  access_log $SCRATCH/tls.log combined;" || skip_all "this nginx has no HTTP/2"
tls_url=https://127.0.0.1:$port
new tls "$tls_url" --set=tls-ca-path="$SCRATCH/cert.pem"
"$PANDO" --repo=tls pull origin m >out
"$PANDO" --repo=tls fsck >out
assert_match tls.log 'filez HTTP/2.0"'
assert_no_match tls.log 'HTTP/1.1"'
ok "HTTP/2 over TLS"

new one "$tls_url" --set=tls-ca-path="$SCRATCH/cert.pem" --set=http2=false
: >tls.log
"$PANDO" --repo=one pull origin m >out
assert_match tls.log 'filez HTTP/1.1"'
assert_no_match tls.log 'HTTP/2.0"'
ok "http2=false"

new strict "$tls_url"
fails_with 'tls-ca-path' "$PANDO" --repo=strict pull --network-retries=0 origin m
new lax "$tls_url" --set=tls-permissive=true
"$PANDO" --repo=lax pull origin m >out
ok "a certificate of unknown origin is refused unless tls-permissive"

new else http://127.0.0.1:1/
"$PANDO" --repo=else pull --url="$plain_url" origin m >out
fails_with '127.0.0.1:1/summary.*check the remote' "$PANDO" --repo=else pull --network-retries=0 origin m
ok "--url, and a server that is not there"

mkdir www
printf '# mirrors\n\n%s\n%s/\n' http://127.0.0.1:1/ "$plain_url" >www/list
nginx_serve www
new mirrors "mirrorlist=$HTTP_URL/list"
"$PANDO" --repo=mirrors pull --network-retries=0 origin m >out
"$PANDO" --repo=mirrors fsck >out
mkdir content
cp -a up/objects content/
mkdir refs-only
cp -a up/summary up/config up/refs refs-only/
nginx_serve .
new split "$HTTP_URL/refs-only" --contenturl="$HTTP_URL/content"
"$PANDO" --repo=split pull origin m >out
"$PANDO" --repo=split fsck >out
ok "mirror lists, and content from elsewhere"

nginx_serve up "if (\$http_x_key != secret) { return 403; }"
new keyed "$HTTP_URL"
fails_with '403' "$PANDO" --repo=keyed pull origin m
"$PANDO" --repo=keyed pull --http-header=X-Key=secret origin m >out
fails_with 'NAME=VALUE' "$PANDO" --repo=keyed pull --http-header=oops origin m
ok "HTTP headers"

"$PANDO" --repo=bare init --mode=bare-user
"$PANDO" --repo=bare commit -b m -s one --timestamp=@1000 tree >v2
"$PANDO" --repo=bare summary -u
nginx_serve bare
new wrong-mode "$HTTP_URL"
fails_with 'mode bare-user; only archive' "$PANDO" --repo=wrong-mode pull origin m
ok "a repository that cannot be pulled from"
