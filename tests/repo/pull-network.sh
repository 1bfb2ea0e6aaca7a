#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a remote and a pull may say about the way to the server: passwords, certificates of clients, proxies, names, how
# often and how many at a time; and what is synced.
. "$(dirname "$0")/../lib.sh"
need nginx openssl perl strace

make_tree tree
"$PANDO" --repo=up init --mode=archive
"$PANDO" --repo=up commit -b m -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree >v1
"$PANDO" --repo=up summary -u

# new URL [OPTION OF remote add…]: an empty repository r with the remote.
new () {
  local url=$1
  shift
  rm -rf r
  "$PANDO" --repo=r init --mode=bare-user
  "$PANDO" --repo=r remote add --no-gpg-verify "$@" origin "$url"
}
pull () { "$PANDO" --repo=r pull --network-retries=0 "$@" origin m; }
pulled () { assert_eq "$("$PANDO" --repo=r rev-parse origin:m)" "$(cat v1)"; }

echo "me:$(openssl passwd -apr1 secret)" >passwords
nginx_serve up "auth_basic all; auth_basic_user_file $SCRATCH/passwords;"
new "$HTTP_URL"
fails_with '401' pull
new "http://me:wrong@${HTTP_URL#http://}"
fails_with '401' pull
assert_no_match .err wrong
new "http://me:secret@${HTTP_URL#http://}"
pull >out
pulled
ok "a name and a password in the url, which no message shows"

for name in server client; do
  openssl req -x509 -newkey rsa:2048 -nodes -keyout $name.key -out $name.pem -subj /CN=$name -addext 'subjectAltName=IP:127.0.0.1' -days 2 2>req.err
done
port=$((40000 + RANDOM % 20000))
nginx_serve up "listen 127.0.0.1:$port ssl; ssl_certificate $SCRATCH/server.pem; ssl_certificate_key $SCRATCH/server.key;
  ssl_client_certificate $SCRATCH/client.pem; ssl_verify_client on;"
tls=(--set=tls-ca-path="$SCRATCH/server.pem" --set=http2=false)
new "https://127.0.0.1:$port" "${tls[@]}"
fails_with '127.0.0.1' pull
new "https://127.0.0.1:$port" "${tls[@]}" --set=tls-client-cert-path="$SCRATCH/client.pem"
fails_with 'tls-client-cert-path and tls-client-key-path go together' pull
new "https://127.0.0.1:$port" "${tls[@]}" --set=tls-client-cert-path="$SCRATCH/client.pem" --set=tls-client-key-path="$SCRATCH/client.key"
pull >out
pulled
ok "certificates of clients"

# A server that is asked for another one's files acts as the proxy.
nginx_serve up
new http://nowhere.invalid/ --set=proxy="$HTTP_URL"
pull >out
pulled
new http://nowhere.invalid/
fails_with 'nowhere.invalid' pull
http_proxy=$HTTP_URL pull >out
pulled
ok "a proxy, by the remote's option or the environment"

nginx_serve up "if (\$http_user_agent !~ \"^libostree/[0-9.a-z]+ shop/7\$\") { return 403; }"
new "$HTTP_URL"
fails_with '403' pull
pull --append-user-agent=shop/7 >out
pulled
ok "--append-user-agent"

strace -f -qq -o probe -e trace=connect true 2>err || skip_all "strace may not trace here"
nginx_serve up
# connections [OPTION…]
connections () {
  new "$HTTP_URL"
  strace -f -qq -o trace -e trace=connect "$PANDO" --repo=r pull "$@" origin m >out
  grep -c "htons(${HTTP_URL##*:})" trace
}
assert_eq "$(connections --max-outstanding-fetcher-requests=1)" 1
[ "$(connections)" -gt 1 ] || fail "one connection for everything"
fails_with 'negative' pull --max-outstanding-fetcher-requests=-1
ok "--max-outstanding-fetcher-requests"

# syncs [OPTION…]
syncs () {
  new "$HTTP_URL"
  strace -f -qq -o trace -e trace=fsync,fdatasync,syncfs "$PANDO" --repo=r pull "$@" origin m >out
  grep -c sync trace || true
}
assert_eq "$(syncs --disable-fsync)" 0
at_once=$(syncs)
[ "$at_once" -gt 0 ] || fail "nothing is synced"
[ "$(syncs --per-object-fsync)" -gt $((at_once + 10)) ] || fail "objects are not synced"
ok "what is synced"

hostile_serve up hostile.log
file=objects/$(cd up/objects && find . -name '*.filez' -printf '%P\n' | head -n 1)
echo "418 1 ^$file\$" >up/.faults
new "$HTTP_URL"
fails_with "$file.*418" "$PANDO" --repo=r pull origin m
echo "418 1 ^$file" >up/.faults
"$PANDO" --repo=r pull --retry-all origin m >out
pulled
for option in --network-retries=0 --disable-retry-on-network-errors; do
  echo "500 1 ^$file.*${option: -1}?\$" >up/.faults
  new "$HTTP_URL"
  fails_with "$file.*500" "$PANDO" --repo=r pull "$option" origin m
done
echo "500 3 ^$file\$" >up/.faults
"$PANDO" --repo=r pull --network-retries=3 origin m >out
pulled
fails_with 'either' "$PANDO" --repo=r pull --network-retries=3 --disable-retry-on-network-errors origin m
ok "how often something is tried again"

new "$HTTP_URL" --set=unconfigured-state='Ask the vendor.'
fails_with 'remote unconfigured-state: Ask the vendor.' pull
ok "unconfigured-state"
