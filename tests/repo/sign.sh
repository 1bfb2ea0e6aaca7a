#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sign, commit --sign and summary --sign: by keys on the command line, in files, on standard input; verifying and removing.
. "$(dirname "$0")/../lib.sh"
need openssl

mkdir tree
echo one >tree/file
"$PANDO" --repo=r init --mode=archive
"$PANDO" --repo=r commit -b m tree >v1
ed25519_key good
ed25519_key other
good=$(cat good.pub) other=$(cat other.pub)

"$PANDO" --version >out
assert_match out '^  *- sign-ed25519$' '^  *- sign-spki$'
fails_with 'No signatures found' "$PANDO" --repo=r sign --verify m "$good"
"$PANDO" --repo=r sign --keys-file=good.secret m >out 2>&1
assert_eq "$(wc -c <out)" 0
"$PANDO" --repo=r sign --verify m "$good" >out
assert_match out "^ed25519: Signature verified successfully with key '[0-9a-f]{64}'$"
assert_eq "$("$PANDO" --repo=r rev-parse m)" "$(cat v1)"
"$PANDO" --repo=r fsck >out
ok "a commit that exists is signed"

fails_with "couldn't be verified with: key '[0-9a-f]{64}'" "$PANDO" --repo=r sign --verify m "$other"
"$PANDO" --repo=r sign --verify m "$other" "$good" >out
cp other.pub keys
"$PANDO" --repo=r sign --verify --keys-file=keys m "$good" >out
cat good.pub >>keys
printf '# whose keys these are\n\n' >>keys
"$PANDO" --repo=r sign --verify --keys-file=keys m >out
for _ in {1..20}; do head -c 32 /dev/urandom | base64; done >keys
fails_with "couldn't be verified; tried 20 keys" "$PANDO" --repo=r sign --verify --keys-file=keys m
: >empty
fails_with 'no key that is trusted' "$PANDO" --repo=r sign --verify --keys-file=empty m
fails_with 'not a regular file' "$PANDO" --repo=r sign --verify --keys-file=tree m
fails_with 'No such file' "$PANDO" --repo=r sign --verify --keys-file=nowhere m
ok "by any of the keys that are given, and by no other"

mkdir -p keys.d/trusted.ed25519.d keys.d/revoked.ed25519.d
cp other.pub keys.d/trusted.ed25519.d/one
fails_with "couldn't be verified" "$PANDO" --repo=r sign --verify --keys-dir=keys.d m
cp good.pub keys.d/trusted.ed25519
"$PANDO" --repo=r sign --verify --keys-dir=keys.d m >out
cp good.pub keys.d/revoked.ed25519.d/stolen
fails_with 'which is revoked' "$PANDO" --repo=r sign --verify --keys-dir=keys.d m
fails_with 'which is revoked' "$PANDO" --repo=r sign --verify --keys-dir=keys.d m "$good"
echo garbage >keys.d/revoked.ed25519.d/stolen
fails_with "revoked.ed25519.d.*stolen.*base64" "$PANDO" --repo=r sign --verify --keys-dir=keys.d m
ok "folders of keys, and of revoked ones"

"$PANDO" --repo=r sign m "$(cat other.secret)" 2>err
assert_match err '^warning: .*--keys-file'
"$PANDO" --repo=r show --print-detached-metadata-key=ostree.sign.ed25519 m >once
"$PANDO" --repo=r sign --keys-file=- m <other.secret
"$PANDO" --repo=r show --print-detached-metadata-key=ostree.sign.ed25519 m >out
cmp once out || fail "signing twice adds nothing"
"$PANDO" --repo=r sign --delete m "$good" >out
assert_content out 'Signatures deleted: 1'
"$PANDO" --repo=r sign --delete m "$good" >out
assert_content out 'Signatures deleted: 0'
fails_with "couldn't be verified" "$PANDO" --repo=r sign --verify m "$good"
"$PANDO" --repo=r sign --verify m "$other" >out
"$PANDO" --repo=r sign --delete --keys-file=other.pub m >out
fails_with 'No signatures found' "$PANDO" --repo=r sign --verify m "$other"
ok "several signatures, and their removal"

base64 -d good.secret | head -c 32 | base64 >half
{ base64 -d good.secret | head -c 32; base64 -d other.pub; } | base64 -w 0 >mixed
fails_with "secret key 'half': .*64 bytes" "$PANDO" --repo=r sign --keys-file=half m
fails_with "secret key 'mixed': .*do not belong together" "$PANDO" --repo=r sign --keys-file=mixed m
fails_with "'empty': there is no key in it" "$PANDO" --repo=r sign --keys-file=empty m
fails_with "'nowhere': No such file" "$PANDO" --repo=r sign --keys-file=nowhere m
fails_with 'secret key, which must not be here' "$PANDO" --repo=r sign --verify m "$(cat good.secret)"
fails_with 'not implemented.*ed25519, spki' "$PANDO" --repo=r sign --sign-type=nosuch m key
fails_with 'only for ostree testing' "$PANDO" --repo=r sign --sign-type=dummy m key
fails_with 'Need a COMMIT' "$PANDO" --repo=r sign
fails_with 'Need at least one KEY' "$PANDO" --repo=r sign m
fails_with 'Need at least one KEY' "$PANDO" --repo=r sign --delete m
fails_with 'either --verify or --delete' "$PANDO" --repo=r sign --verify --delete m "$good"
fails_with 'goes with --verify' "$PANDO" --repo=r sign --keys-dir=keys.d m "$good"
fails_with 'not found' "$PANDO" --repo=r sign nothing "$good"
ok "what is no key, and words that make no sense"

"$PANDO" --repo=r commit -b m --sign-from-file=good.secret --add-detached-metadata-string=k=v tree >v2
"$PANDO" --repo=r sign --verify m "$good" >out
assert_eq "$("$PANDO" --repo=r show --print-detached-metadata-key=k m)" "'v'"
"$PANDO" --repo=r commit -b m --sign-from-file=- --sign-from-file=other.secret tree <good.secret >v3
"$PANDO" --repo=r sign --verify m "$good" >out
"$PANDO" --repo=r sign --verify m "$other" >out
"$PANDO" --repo=r commit -b m --sign="$(cat good.secret)" tree 2>err >v4
assert_match err '^warning: .*--sign-from-file'
"$PANDO" --repo=r sign --verify m "$good" >out
fails_with "secret key 'half'" "$PANDO" --repo=r commit -b m --sign-from-file=half tree
assert_eq "$("$PANDO" --repo=r rev-parse m)" "$(cat v4)"
ok "commit signs what it writes, and writes nothing that it cannot sign"

"$PANDO" --repo=r summary -u --sign-from-file=good.secret
assert_eq "$(stat -c %Y r/summary)" "$(stat -c %Y r/summary.sig)"
"$PANDO" --repo=r summary -u --sign="$(cat other.secret)" 2>err
assert_match err '^warning: '
assert_exists r/summary.sig
fails_with "secret key 'half'" "$PANDO" --repo=r summary -u --sign-from-file=half
fails_with 'signing goes with --update' "$PANDO" --repo=r summary -v --sign-from-file=good.secret
assert_exists r/summary.sig
"$PANDO" --repo=r summary -u
assert_missing r/summary.sig
ok "the summary and its signature"

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem 2>/dev/null
openssl pkey -in ec.pem -pubout -out ec.pub
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null | openssl pkey -pubout -out ec-other.pub
"$PANDO" --repo=r sign --sign-type=spki --keys-file=ec.pem m
"$PANDO" --repo=r sign --sign-type=spki --verify --keys-file=ec.pub m >out
assert_match out '^spki: Signature verified successfully'
"$PANDO" --repo=r sign --sign-type=spki --verify m "$(grep -v -e '-----' ec.pub | tr -d '\n')" >out
fails_with "spki: Signature couldn't be verified" "$PANDO" --repo=r sign --sign-type=spki --verify --keys-file=ec-other.pub m
fails_with "PRIVATE KEY.*not 'PUBLIC KEY'" "$PANDO" --repo=r sign --sign-type=spki --verify --keys-file=ec.pem m
fails_with "PUBLIC KEY.*not 'PRIVATE KEY'" "$PANDO" --repo=r sign --sign-type=spki --keys-file=ec.pub m
"$PANDO" --repo=r sign --verify m "$good" >out
ok "spki keys in PEM and base64, beside others"

command="openssl pkeyutl -sign -rawin -inkey '$SCRATCH/good.pem' -in /dev/stdin"
"$PANDO" --repo=r commit -b m --sign-command="$command" tree >v5
"$PANDO" --repo=r sign --verify m "$good" >out
"$PANDO" --repo=r sign --sign-command="openssl pkeyutl -sign -rawin -inkey other.pem -in /dev/stdin" m
"$PANDO" --repo=r sign --verify m "$other" >out
"$PANDO" --repo=r summary -u --sign-command="$command"
assert_exists r/summary.sig
fails_with "sign by 'false': it ended with status 1" "$PANDO" --repo=r sign --sign-command=false m
fails_with "sign by 'true': it wrote nothing" "$PANDO" --repo=r sign --sign-command=true m
fails_with 'has 64 bytes, and it wrote 3' "$PANDO" --repo=r sign --sign-command='echo ab' m
fails_with "larger than the limit" "$PANDO" --repo=r sign --sign-command=yes m
fails_with "run 'nowhere': No such file" "$PANDO" --repo=r sign --sign-command='nowhere x' m
fails_with 'goes with signing' "$PANDO" --repo=r sign --verify --sign-command=true m
fails_with 'sign by' "$PANDO" --repo=r commit -b m --sign-command=false tree
assert_eq "$("$PANDO" --repo=r rev-parse m)" "$(cat v5)"
ok "a program that signs"

# What openssl says of our signature, and we of openssl's.
csum=$(cat v4)
commit=r/objects/${csum:0:2}/${csum:2}.commit
"$PANDO" --repo=r show --print-detached-metadata-key=ostree.sign.spki "$(cat v4)" | grep -oE '0x[0-9a-f]{2}' | sed 's/0x/\\x/' | tr -d '\n' >hex
printf '%b' "$(cat hex)" >sig
openssl pkeyutl -verify -pubin -inkey ec.pub -rawin -digest sha256 -in "$commit" -sigfile sig >out
assert_match out 'Verified Successfully'
ok "openssl agrees"
