#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A running system whose clock says that it is 1970 knows that it is later than its own commit: a certificate that was made
# before that is valid.
# shellcheck disable=SC2119 # functions with optional arguments
. "$(dirname "$0")/../lib.sh"
need openssl
need_clock
# shellcheck source=tests/sysroot.sh
. "$TESTS_DIR/sysroot.sh"
# shellcheck source=tests/device.sh
. "$TESTS_DIR/device.sh"

libcurl=$(ldconfig -p 2>/dev/null | sed -n 's/.*libcurl\.so\.4 .*=> //p' | head -n 1)
[ -n "$libcurl" ] || skip_all "no libcurl.so.4 here"
into_tree "$libcurl" "$CLOCK"

# A certificate of 2040, when this program has long been built.
at_time 2208988800 openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 7300 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
mkdir -p tree/usr/share
cp cert.pem tree/usr/share/cert.pem
port=$((20000 + RANDOM % 20000))
nginx_serve repo "listen 127.0.0.1:$port ssl; ssl_certificate $SCRATCH/cert.pem; ssl_certificate_key $SCRATCH/key.pem;"

commit_os 1
"$PANDO" --repo=repo summary -u
sysroot new_sysroot
sysroot deploy_os
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".url' "https://127.0.0.1:$port"
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".tls-ca-path' /usr/share/cert.pem
pull='LD_PRELOAD=/usr/lib/clock.so PANDO_CLOCK=0 pando pull --network-retries=0 origin os/main'
rc=0
on_device "$pull" >out 2>&1 || rc=$?
assert_eq $rc 1
if ! grep -q 'not yet valid' out; then
  skip_all "this libcurl is not built with OpenSSL: $(cat out)"
fi
assert_match out 'not yet valid.*the clock of this machine is behind: set it'
ok "a commit that is older than the certificate says nothing"

# One of 2050.
os_time=2524608000
echo two >tree/usr/share/two
commit_os 2
"$PANDO" --repo=repo summary -u
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".url' "file://$SCRATCH/repo"
sysroot "$PANDO" admin upgrade --os=os >out
"$PANDO" --repo=sysroot/ostree/repo config set 'remote "origin".url' "https://127.0.0.1:$port"
on_device "$pull" >out
ok "a commit that is younger"

# The pending one does not run yet.
os_time=1800000000
echo three >tree/usr/share/two
commit_os 3
"$PANDO" --repo=repo summary -u
on_device "$pull; pando admin deploy origin:os/main" >out
on_device "$pull" >out 2>&1 && fail "the commit that runs is of 2027"
assert_match out 'not yet valid'
ok "what counts is the commit that runs"
