#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Static deltas of one program are applied and pulled by the other, whichever way they were made.
. "$(dirname "$0")/../lib.sh"
need ostree nginx

make_tree tree
seq 1 60000 >tree/usr/share/large
cp "$(command -v bash)" tree/usr/bin/bash
setfattr -n user.test -v value tree/usr/etc/a.conf
ostree --repo=up init --mode=archive
one=$(ostree --repo=up commit -b m -s one --owner-uid=0 --owner-gid=0 --timestamp=@1000 tree)
(seq 1 30000; echo between; seq 30001 60000) >tree/usr/share/large
(head -c 100000 tree/usr/bin/bash; echo cut; tail -c +100001 tree/usr/bin/bash) >bash
mv bash tree/usr/bin/bash
chmod 755 tree/usr/bin/bash
mv tree/usr/share/numbers tree/usr/share/figures
echo more >>tree/usr/share/figures
setfattr -n user.test -v other tree/usr/etc/a.conf
ln -s x tree/usr/link
: >tree/usr/empty
head -c 1200000 /dev/urandom >tree/usr/big
two=$(ostree --repo=up commit -b m -s two --owner-uid=0 --owner-gid=0 --timestamp=@2000 tree)

# receiver NAME MODE
receiver () {
  rm -rf "$1"
  ostree --repo="$1" init --mode="$2"
  ostree --repo="$1" pull-local up "$one" >/dev/null
}

# offline MAKER APPLIER MODE OPTION…
offline () {
  rm -rf delta
  mkdir delta
  "$1" --repo=up static-delta generate --filename=delta/superblock --min-fallback-size=0 "${@:4}" m >out 2>err ||
    fail "$1 cannot make it: $(cat err)"
  receiver r "$3"
  "$2" --repo=r static-delta apply-offline delta/superblock >out 2>err || fail "$2 cannot apply it: $(cat err)"
  ostree --repo=r fsck -q
  ostree --repo=r ls -R "$two" >/dev/null
}

for pair in "$PANDO ostree" "ostree $PANDO"; do
  read -r maker applier <<<"$pair"
  offline "$maker" "$applier" bare-user
  offline "$maker" "$applier" bare-user --inline --swap-endianness
  offline "$maker" "$applier" bare-user --disable-bsdiff
  offline "$maker" "$applier" bare-user --max-chunk-size=1 --inline
  offline "$maker" "$applier" bare-user --empty --inline
  [ "$(id -u)" != 0 ] || offline "$maker" "$applier" bare --inline
  ok "$maker makes, $applier applies offline"
done

for maker in "$PANDO" ostree; do
  rm -rf up/deltas up/delta-indexes
  "$maker" --repo=up static-delta generate --min-fallback-size=1 m >out 2>err
  "$maker" --repo=up static-delta generate --empty m >out 2>err
  "$maker" --repo=up summary -u
  nginx_serve up
  for applier in "$PANDO" ostree; do
    for from in "$one" ''; do
      rm -rf r
      ostree --repo=r init --mode=bare-user
      ostree --repo=r remote add --no-gpg-verify origin "$HTTP_URL"
      [ -z "$from" ] || ostree --repo=r pull --disable-static-deltas origin "m@$from" >/dev/null
      "$applier" --repo=r pull --require-static-deltas origin m >out
      assert_match out '^[1-9][0-9]* delta parts, '
      ostree --repo=r fsck -q
      assert_eq "$(ostree --repo=r rev-parse origin:m)" "$two"
    done
    ok "deltas of $maker are pulled by $applier"
  done
  http_stop
  unset 'started[-1]'
  "$PANDO" --repo=up static-delta list | sort >ours
  ostree --repo=up static-delta list | sort >names
  diff ours names
  while read -r name; do
    "$PANDO" --repo=up static-delta show "$name" >ours
    LC_ALL=C.UTF-8 ostree --repo=up static-delta show "$name" >theirs
    diff ours theirs
  done <names
  ok "both show the same of deltas of $maker"
done

export OSTREE_DUMMY_SIGN_ENABLED=1
# Signatures and what the policy leaves stand beside the superblock, where ostree does not look.
rm -rf up/deltas up/delta-indexes
"$PANDO" --repo=up config set static-delta-policy.branches m
"$PANDO" --repo=up static-delta policy --sign-type=dummy --sign=key >out
"$PANDO" --repo=up summary -u
assert_eq "$(find up/deltas -name superblock.sig | wc -l)" 2
nginx_serve up
receiver r bare-user
ostree --repo=r remote add --no-gpg-verify origin "$HTTP_URL"
ostree --repo=r pull --require-static-deltas origin m >out
ostree --repo=r fsck -q
LC_ALL=C.UTF-8 ostree --repo=up static-delta show "$one-$two" >out
assert_match out '^Signed: no$'
http_stop
unset 'started[-1]'
ok "ostree pulls deltas of the policy that are signed"

for pair in "$PANDO ostree" "ostree $PANDO"; do
  read -r maker applier <<<"$pair"
  "$maker" --repo=up static-delta generate --inline --min-fallback-size=0 --sign-type=dummy --sign=key --filename=signed m \
    >out 2>err
  receiver r bare-user
  "$applier" --repo=r config set core.sign-verify-deltas true
  ! "$applier" --repo=r static-delta apply-offline --sign-type=dummy signed other >out 2>err || fail "a wrong key does"
  "$applier" --repo=r static-delta apply-offline --sign-type=dummy signed key >out 2>err
  ostree --repo=r fsck -q
  ok "$maker signs, $applier verifies"
done
