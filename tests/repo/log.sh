#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# log, show, rev-parse, reset: commits and the way to them.
. "$(dirname "$0")/../lib.sh"

export OSTREE_REPO=r
mkdir tree
echo one >tree/file
$PANDO init --repo=r --mode=archive
one=$($PANDO commit -b x -s 'One' -m 'Line
two

four' --timestamp=@1700000000 --owner-uid=0 --owner-gid=0 --no-xattrs --add-metadata-string=version=1.5 tree)
echo two >tree/file
two=$($PANDO commit -b x --timestamp=@1700000100 --owner-uid=0 --owner-gid=0 --no-xattrs \
  --add-detached-metadata-string=dk=dv tree)
content_one=$($PANDO show "$one" | sed -n 's/^ContentChecksum:  //p')
content_two=$($PANDO show "$two" | sed -n 's/^ContentChecksum:  //p')
cat >expected <<END
commit $two
Parent:  $one
ContentChecksum:  $content_two
Date:  2023-11-14 22:15:00 +0000
(no subject)

commit $one
ContentChecksum:  $content_one
Date:  2023-11-14 22:13:20 +0000
Version: 1.5

    One

    Line
    two
    
    four

END
TZ=Europe/Berlin $PANDO log x >out
diff expected out
ok "log, the same in every time zone"

head -6 expected | diff - <($PANDO show x)
$PANDO show --raw x >out
assert_match out "^\(\{'ostree.ref-binding': <\['x'\]>\}, \[byte 0x"
assert_eq "$($PANDO show --list-metadata-keys x^)" "version
ostree.ref-binding"
assert_eq "$($PANDO show --print-metadata-key=version x^)" "'1.5'"
assert_eq "$($PANDO show --print-detached-metadata-key=dk x)" "'dv'"
assert_eq "$($PANDO show --list-detached-metadata-keys x)" dk
$PANDO log --json x >out
assert_match out '"version" : "1.5"' '"timestamp" : 1700000100' '"dk" : "dv"'
$PANDO show --json x^ >out
assert_match out '"version" : "1.5"' '"subject" : "One"' "\"checksum\" : \"$one\""
fails_with 'No such metadata object' "$PANDO" show --json "$content_one"
ok "show, raw, metadata and JSON"

file=$($PANDO ls -C x /file | awk '{ print $5 }')
$PANDO show "$file" >out
assert_match out "^Object: $file\$" '^File Type: regular$' '^Size: 4$' '^Mode: 0100644$'
read -r tree meta < <($PANDO ls -C -d x / | awk '{ print $5, $6 }')
assert_eq "$($PANDO show "$tree")" "dirtree $tree"
$PANDO show --raw "$meta" >out
assert_match out "^dirmeta $meta\$" '^\(uint32 0, uint32 0, uint32 16877, '
$PANDO show --raw -B "$meta" >out
assert_match out '^\(uint32 0, uint32 0, uint32 3980460032, '
meta_file=r/objects/${meta:0:2}/${meta:2}.dirmeta
$PANDO show --print-variant-type='(uuua(ayay))' "$meta_file" >out
assert_match out '^\(uint32 0, uint32 0, uint32 16877, '
fails_with "'\(u' is no GVariant type" "$PANDO" show --print-variant-type='(u' "$meta_file"
fails_with "nope.*No such file" "$PANDO" show --print-variant-type=u nope
$PANDO commit -b bytes --add-metadata='bytes=[byte 0x00, 0xab, 0xff]' tree >/dev/null
assert_eq "$($PANDO show --print-hex --print-metadata-key=bytes bytes)" 00abff
fails_with "print-hex is for values of type 'ay'; this one is 'as'" \
  "$PANDO" show --print-hex --print-metadata-key=ostree.ref-binding bytes
$PANDO refs --delete bytes
$PANDO prune --refs-only >/dev/null
ok "other objects"

assert_eq "$($PANDO rev-parse x x^ "${one:0:12}")" "$two
$one
$one"
fails_with "has no parent" "$PANDO" rev-parse 'x^^'
fails_with "Refspec 'nope' not found" "$PANDO" rev-parse nope
fails_with 'Multiple commit objects found' "$PANDO" rev-parse -S
fails_with 'Cannot specify arguments with --single' "$PANDO" rev-parse -S x
fails_with 'REV must be specified; usage: pando rev-parse' "$PANDO" rev-parse
ok "revisions"

$PANDO reset x x^ >out 2>&1
assert_content out ""
assert_eq "$($PANDO rev-parse x)" "$one"
assert_eq "$($PANDO rev-parse -S --repo=r 2>&1 || true)" 'error: Multiple commit objects found'
fails_with "Invalid ref 'nope'" "$PANDO" reset nope x
fails_with "Refspec 'nope' not found" "$PANDO" reset x nope
$PANDO reset x "$two"
ok "reset points a ref elsewhere"

rm "r/objects/${one:0:2}/${one:2}.commit"
$PANDO log x >out
assert_match out '^<< History beyond this commit not fetched >>$'
assert_eq "$($PANDO rev-parse -S)" "$two"
fails_with "No such metadata object $one.commit" "$PANDO" log "$one"
fails_with "Couldn't find file object '0{64}'" "$PANDO" show "$(printf '0%.0s' {1..64})"
fails_with "No such metadata key 'nope'" "$PANDO" show --print-metadata-key=nope x
ok "what was not fetched, and what is not there"

$PANDO commit -b controls -s $'one\ttab, \e[31mred' tree >/dev/null
$PANDO show controls >out
assert_match out $'^    one\ttab, \\?\\[31mred$'
ok "a subject does not steer the terminal"

chmod 644 "r/objects/${two:0:2}/${two:2}.commit"
echo broken >"r/objects/${two:0:2}/${two:2}.commit"
fails_with "$two" "$PANDO" show x
ok "a corrupt commit is named"
