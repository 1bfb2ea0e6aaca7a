#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# remote add-cookie, delete-cookie, list-cookies, and what a server gets of them.
. "$(dirname "$0")/../lib.sh"
need nginx

make_tree tree
"$PANDO" --repo=server init --mode=archive
"$PANDO" --repo=server commit -b os/x tree >rev
"$PANDO" --repo=server summary -u
# shellcheck disable=SC2016 # nginx's variables
nginx_serve server 'if ($cookie_token != "1234") { return 403; } if ($cookie_user != "me") { return 403; }'

"$PANDO" --repo=r init --mode=archive
"$PANDO" --repo=r remote add --no-sign-verify origin "$HTTP_URL"
fails_with 403 "$PANDO" --repo=r pull origin os/x
"$PANDO" --repo=r remote add-cookie origin 127.0.0.1 / token 1234
"$PANDO" --repo=r remote add-cookie origin 127.0.0.1 / user nobody
"$PANDO" --repo=r remote add-cookie origin 127.0.0.1 / user me
assert_mode r/origin.cookies.txt 600
assert_eq "$(wc -l <r/origin.cookies.txt)" 2
"$PANDO" --repo=r pull origin os/x >out
assert_eq "$("$PANDO" --repo=r rev-parse origin:os/x)" "$(cat rev)"
ok "cookies are sent; one of the same name is replaced"

"$PANDO" --repo=r remote list-cookies origin >out
assert_match out '^--$' '^Domain: 127\.0\.0\.1$' '^Path: /$' '^Name: token$' '^Secure: no$' '^Value: me$' \
  '^Expires: 20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8} \+0000$'
ok "list-cookies"

fails_with "cookie 'user' has another value" "$PANDO" --repo=r remote delete-cookie origin 127.0.0.1 / user nobody
"$PANDO" --repo=r remote delete-cookie origin 127.0.0.1 / user me
fails_with 403 "$PANDO" --repo=r pull origin os/x
fails_with 'Cookie not found in jar' "$PANDO" --repo=r remote delete-cookie origin 127.0.0.1 / user
fails_with 'Cookie not found in jar' "$PANDO" --repo=r remote delete-cookie origin 127.0.0.1 /other token
assert_match r/origin.cookies.txt 'token'
ok "delete-cookie"

# A jar that others wrote: comments and lines that are none stay.
printf '# a comment\nnonsense\n.example.com\tTRUE\t/\tTRUE\t2584445060\tb\tc\n' >r/origin.cookies.txt
chmod 644 r/origin.cookies.txt
"$PANDO" --repo=r remote list-cookies origin >out
assert_eq "$(grep -c '^--$' out)" 1
assert_match out '^Domain: \.example\.com$' '^Secure: yes$' '^Expires: 2051-'
"$PANDO" --repo=r remote add-cookie origin .example.com /x d e
assert_match r/origin.cookies.txt '^# a comment$' '^nonsense$' '^\.example\.com	TRUE	/x	FALSE	[0-9]+	d	e$'
assert_mode r/origin.cookies.txt 644
ok "a jar that is there"

fails_with 'Remote "nope" not found' "$PANDO" --repo=r remote add-cookie nope example.com / a b
fails_with 'Remote "nope" not found' "$PANDO" --repo=r remote list-cookies nope
fails_with 'must be specified' "$PANDO" --repo=r remote add-cookie origin example.com / a
fails_with 'must be specified' "$PANDO" --repo=r remote delete-cookie origin example.com /
fails_with 'control character' "$PANDO" --repo=r remote add-cookie origin example.com / a $'b\nc'
fails_with "does not begin with '/'" "$PANDO" --repo=r remote add-cookie origin example.com x a b
fails_with 'not the domain' "$PANDO" --repo=r remote add-cookie origin '#x' / a b
assert_missing r/nope.cookies.txt
ok "what is none"

"$PANDO" --repo=r remote delete origin
assert_missing r/origin.cookies.txt
ok "a remote that is deleted takes its cookies along"
