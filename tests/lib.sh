# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# lib.sh: what every end-to-end script sources first. The script then stands in an empty folder of its
# own ($SCRATCH), with the program under test in $PANDO, and speaks TAP:
#
#   . "$(dirname "$0")/../lib.sh"
#   $PANDO --repo=r init
#   ok "init makes a repository"
#
# The script runs under `set -e`: what fails ends it, and is reported as the point that was under way.
# A plan is printed at the end. Everything that was started here is ended, and the folder is removed.
#
#   PANDO=PROGRAM   another program to test (tests of commands only: `PANDO=ostree tests/repo/log.sh`)
#   KEEP=1          leave the scratch folder and say where it is
#   TEST_ALL=1      let a test with a short and a whole form run whole
set -euo pipefail
shopt -s inherit_errexit

export LC_ALL=C TZ=UTC
umask 022
for name in "${!OSTREE_@}"; do unset "$name"; done
unset name CDPATH GREP_OPTIONS SOURCE_DATE_EPOCH http_proxy https_proxy all_proxy

TESTS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Prints the folders of the program and the library that were built in $1, one a line; nothing if none.
built_in () {
  local at
  for at in "$1/.libs" "$1/src/.libs"; do
    if [ -x "$at/pando" ]; then
      printf '%s\n' "$at"
    fi
  done
}

# The built program itself rather than libtool's script around it: that costs more than most commands.
if [ -z "${PANDO-}" ]; then
  PANDO=pando
  BUILD_DIR=${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}
  at=$(built_in "$BUILD_DIR" | head -n 1)
  if [ -n "$at" ]; then
    PATH=$at:$PATH
    export LD_LIBRARY_PATH=$BUILD_DIR/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
  unset at
fi
export PANDO PATH
# A failed check inside GLib or the library is a failed test.
export G_DEBUG=fatal-criticals

SCRATCH=$(mktemp -d "${TMPDIR:-/var/tmp}/pando-test.XXXXXX")
export SCRATCH
# No configuration and no keys of whoever runs the tests.
export HOME=$SCRATCH/.home
mkdir "$HOME"
cd "$SCRATCH"

points=0
started=()       # process ids to end
unmounts=()      # mount points to release, last first

# A point is reached: everything since the last one was as it should be.
ok () {
  points=$((points + 1))
  echo "ok $points - $*"
}

# What a script cannot check here, for a reason such as a missing privilege.
skip () {
  points=$((points + 1))
  echo "ok $points - $1 # SKIP $2"
}

skip_all () {
  echo "1..0 # SKIP $*"
  points=-1
  exit 77
}

need () {
  local program
  for program; do
    command -v "$program" >/dev/null || skip_all "$program is not installed"
  done
}

need_root () {
  [ "$(id -u)" = 0 ] || skip_all "needs root"
}

# Ends the script, saying why; the rest of its points count as failed.
fail () {
  echo "# line ${BASH_LINENO[-2]}: $*" >&2
  exit 1
}

at_exit () {
  local rc=$? pid at
  trap - EXIT
  set +e
  if [ "$rc" -ne 0 ] && [ "$points" -ge 0 ]; then
    echo "not ok $((points + 1)) - ended with status $rc${last_line:+ at line $last_line: $last_command}"
    points=$((points + 1))
  fi
  [ "$points" -lt 0 ] || echo "1..$points"
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  for ((at = ${#unmounts[@]} - 1; at >= 0; at--)); do
    umount -l "${unmounts[at]}"
  done
  cd /
  if [ -n "${KEEP-}" ]; then
    echo "# kept: $SCRATCH"
  else
    # Deployments are immutable; no other test file is.
    find "$SCRATCH" -path '*/deploy/*/deploy/*' -prune -type d -exec chattr -i {} + 2>/dev/null
    chmod -R u+rwX "$SCRATCH" 2>/dev/null
    rm -rf --one-file-system "$SCRATCH"
  fi
  exit "$rc"
}
trap 'last_line=$LINENO last_command=$BASH_COMMAND' ERR
trap at_exit EXIT
trap 'exit 130' INT TERM
set -E

# --- assertions ---------------------------------------------------------------------------------------

assert_eq () {
  [ "$1" = "$2" ] || fail "expected '$2', found '$1'${3:+ ($3)}"
}

assert_ne () {
  [ "$1" != "$2" ] || fail "both are '$1'${3:+ ($3)}"
}

# assert_content FILE TEXT: the file holds this and a newline, or just this.
assert_content () {
  [ "$(cat "$1")" = "$2" ] || fail "'$1' should hold '$2', holds: $(head -c 2000 "$1")"
}

# assert_match FILE REGEX…: each has a line that matches.
assert_match () {
  local file=$1 regex
  shift
  for regex; do
    grep -qE -e "$regex" "$file" || fail "'$file' has no line like '$regex': $(head -c 2000 "$file")"
  done
}

assert_no_match () {
  local file=$1 regex
  shift
  for regex; do
    ! grep -qE -e "$regex" "$file" || fail "'$file' has a line like '$regex': $(head -c 2000 "$file")"
  done
}

assert_exists () {
  local path
  for path; do
    [ -e "$path" ] || [ -L "$path" ] || fail "'$path' is not there"
  done
}

assert_missing () {
  local path
  for path; do
    if [ -e "$path" ] || [ -L "$path" ]; then fail "'$path' is there"; fi
  done
}

assert_mode () {
  assert_eq "$(stat -c %a "$1")" "$2" "mode of $1"
}

# fails_with REGEX COMMAND…: the command ends with status 1 and says on standard error a line that matches.
# A crash (status above 127) is not the failure that is meant.
fails_with () {
  local regex=$1 rc=0
  shift
  "$@" >"$SCRATCH/.out" 2>"$SCRATCH/.err" || rc=$?
  [ "$rc" -ne 0 ] || fail "'$*' should have failed; it printed: $(head -c 2000 "$SCRATCH/.out")"
  [ "$rc" -lt 124 ] || fail "'$*' ended with status $rc: $(head -c 2000 "$SCRATCH/.err")"
  grep -qE -e "$regex" "$SCRATCH/.err" ||
    fail "'$*' should have said '$regex', said: $(head -c 2000 "$SCRATCH/.err")"
}

# A line for each entry below $1: type, mode, owner, size, content or target, and the attributes.
tree_listing () {
  (
    cd "$1"
    find . -mindepth 1 \( -type d -printf 'd %m %U:%G %P\n' \) -o \( -type l -printf 'l - %U:%G %P -> %l\n' \) \
      -o -printf '%y %m %U:%G %s %P\n' | sort
    find . -type f -print0 | sort -z | xargs -0r sha256sum
    getfattr -R -P -h -d -m '^(user|security\.capability|trusted)' -e hex . 2>/dev/null | grep -v '^$' || true
  )
}

assert_same_tree () {
  tree_listing "$1" >"$SCRATCH/.tree-a"
  tree_listing "$2" >"$SCRATCH/.tree-b"
  diff -u "$SCRATCH/.tree-a" "$SCRATCH/.tree-b" >"$SCRATCH/.tree-diff" ||
    fail "'$1' and '$2' differ: $(head -30 "$SCRATCH/.tree-diff")"
}

# --- things to work on --------------------------------------------------------------------------------

# A little of everything that a tree can hold: make_tree FOLDER
make_tree () {
  mkdir -p "$1"/usr/bin "$1"/usr/etc/conf.d "$1"/usr/share/empty "$1"/var
  echo 'hello' >"$1/usr/bin/hello"
  chmod 755 "$1/usr/bin/hello"
  ln -s hello "$1/usr/bin/hi"
  ln -s /nowhere/at/all "$1/usr/dangling"
  echo 'setuid' >"$1/usr/bin/su"
  chmod 4755 "$1/usr/bin/su"
  ln "$1/usr/bin/hello" "$1/usr/bin/hello-again"
  : >"$1/usr/share/zero"
  echo 'a = 1' >"$1/usr/etc/a.conf"
  echo 'b = 2' >"$1/usr/etc/conf.d/b.conf"
  chmod 600 "$1/usr/etc/conf.d/b.conf"
  echo 'spaces' >"$1/usr/share/a name with spaces"
  printf 'ünï\n' >"$1/usr/share/ünïcode"
  head -c 100000 /dev/zero >"$1/usr/share/zeros"
  seq 1 20000 >"$1/usr/share/numbers"
  mkdir -m 1777 "$1/usr/share/sticky"
  mkdir -m 700 "$1/usr/share/private"
}

# Below a folder of a deployable system: make_os_tree FOLDER [KERNEL-VERSION]
make_os_tree () {
  local version=${2:-6.1.0-1}
  make_tree "$1"
  mkdir -p "$1/usr/lib/modules/$version" "$1"/{boot,dev,proc,run,sys,sysroot,tmp}
  echo "kernel $version" >"$1/usr/lib/modules/$version/vmlinuz"
  echo "initramfs $version" >"$1/usr/lib/modules/$version/initramfs.img"
  printf 'NAME=Test\nID=test\nPRETTY_NAME="Test 1"\nVERSION_ID=1\n' >"$1/usr/lib/os-release"
  ln -s ../usr/lib/os-release "$1/usr/etc/os-release"
  ln -s sysroot/ostree "$1/ostree"
  ln -s var/home "$1/home"
}

# A pair of keys: ed25519_key NAME makes NAME.pem, NAME.pub (base64 of 32 bytes) and NAME.secret (of seed and public key).
ed25519_key () {
  openssl genpkey -algorithm ed25519 -out "$1.pem"
  openssl pkey -in "$1.pem" -pubout -outform DER | tail -c 32 | base64 >"$1.pub"
  { openssl pkey -in "$1.pem" -outform DER | tail -c 32; base64 -d "$1.pub"; } | base64 -w 0 >"$1.secret"
}

# Changes a byte of a file, whatever it is: flip_byte FILE OFFSET.
flip_byte () {
  local byte
  byte=$(od -An -tu1 -j"$2" -N1 "$1")
  printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# --- servers ------------------------------------------------------------------------------------------

# Waits until a file is there and not empty; its writer is process $2.
wait_for_file () {
  local tries
  for ((tries = 0; tries < 500; tries++)); do
    [ ! -s "$1" ] || return 0
    kill -0 "$2" 2>/dev/null || fail "the process that should write '$1' has ended: $(tail -5 "${3:-/dev/null}")"
    sleep 0.02
  done
  fail "'$1' was not written in 10 seconds"
}

# Serves a repository by `pando serve` on a free port: http_serve REPO [OPTION…]. Sets HTTP_URL, HTTP_PID.
http_serve () {
  local repo=$1 port_file=$SCRATCH/.port-$RANDOM$RANDOM
  shift
  "$PANDO" serve --repo="$repo" --port=0 --port-file="$port_file" "$@" >"$port_file.log" 2>&1 </dev/null &
  HTTP_PID=$!
  started+=("$HTTP_PID")
  wait_for_file "$port_file" "$HTTP_PID" "$port_file.log"
  HTTP_LOG=$port_file.log
  HTTP_URL=http://127.0.0.1:$(cat "$port_file")
  export HTTP_URL HTTP_PID HTTP_LOG
}

# Serves a folder by hostile-httpd, which says what it can do: hostile_serve FOLDER LOG-FILE. Sets HTTP_URL, HTTP_PID.
hostile_serve () {
  local port_file=$SCRATCH/.port-$RANDOM$RANDOM
  perl "$TESTS_DIR/hostile-httpd" "$1" "$port_file" "$2" 2>"$port_file.log" &
  HTTP_PID=$!
  started+=("$HTTP_PID")
  wait_for_file "$port_file" "$HTTP_PID" "$port_file.log"
  HTTP_URL=http://127.0.0.1:$(cat "$port_file")
  export HTTP_URL HTTP_PID
}

# Serves a folder by nginx on a free port: nginx_serve FOLDER [LINES FOR server {}]. Sets HTTP_URL, HTTP_PID,
# HTTP_LOG (a line a request: method, path, status, bytes sent).
nginx_serve () {
  local folder port tries work=$SCRATCH/.nginx-$RANDOM
  folder=$(readlink -f "$1")
  command -v nginx >/dev/null || PATH=$PATH:/usr/sbin
  mkdir -p "$work"
  # The server's workers are not root; what they serve lies below a folder that only its owner may enter.
  chmod 711 "$SCRATCH"
  for ((tries = 0; tries < 20; tries++)); do
    port=$((20000 + RANDOM % 20000))
    cat >"$work/conf" <<CONF
$([ "$(id -u)" != 0 ] || echo "user root;")
daemon off; worker_processes 1; error_log $work/error.log; pid $work/pid;
events { worker_connections 1024; }
http {
  log_format short '\$request_method \$uri \$status \$body_bytes_sent';
  access_log $work/access.log short;
  client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  sendfile on; keepalive_requests 100000;
  server { listen 127.0.0.1:$port; root $folder; ${2-} }
}
CONF
    nginx -e "$work/error.log" -p "$work" -c "$work/conf" >"$work/out" 2>&1 </dev/null &
    HTTP_PID=$!
    while kill -0 "$HTTP_PID" 2>/dev/null && [ ! -s "$work/pid" ]; do sleep 0.02; done
    if [ -s "$work/pid" ]; then
      started+=("$HTTP_PID")
      HTTP_LOG=$work/access.log
      HTTP_URL=http://127.0.0.1:$port
      export HTTP_URL HTTP_PID HTTP_LOG
      return 0
    fi
    wait "$HTTP_PID" || true
  done
  fail "nginx did not start: $(tail -3 "$work/out" "$work/error.log")"
}

# Ends the server that was started last.
http_stop () {
  kill "$HTTP_PID"
  wait "$HTTP_PID" || true
}

# A small file system of its own, to fill or to count: small_disk FOLDER SIZE. Needs root.
small_disk () {
  mkdir -p "$1"
  mount -t tmpfs -o "size=$2" pando-test "$1" || skip_all "cannot mount a tmpfs here"
  unmounts+=("$(readlink -f "$1")")
}

# --- time ---------------------------------------------------------------------------------------------

# Sets CLOCK, the library to preload (clock/clock.c).
need_clock () {
  CLOCK=${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}/tests/clock/.libs/clock.so
  [ -e "$CLOCK" ] || skip_all "the library that turns the clock is not built: make check builds it"
  # Sanitizers want to be loaded first.
  LD_PRELOAD=$CLOCK "$PANDO" --version >/dev/null 2>&1 || skip_all "nothing can be preloaded here"
  export CLOCK
}

# Runs a command, and what it starts, at this time in seconds since 1970: at_time SECONDS COMMAND…
at_time () { PANDO_CLOCK=$1 LD_PRELOAD=$CLOCK "${@:2}"; }

# --- crashes ------------------------------------------------------------------------------------------

# Sets KILLER, the library to preload (crash/killer.c).
need_killer () {
  KILLER=${BUILD_DIR:-$(dirname "$TESTS_DIR")/build}/tests/crash/.libs/killer.so
  [ -e "$KILLER" ] || skip_all "the killer library is not built: make check builds it"
  # Sanitizers want to be loaded first.
  LD_PRELOAD=$KILLER "$PANDO" --version >/dev/null 2>&1 || skip_all "nothing can be preloaded here"
  export KILLER
}

# How many calls that change something a command makes when nobody kills it: count_calls COMMAND…
count_calls () {
  PANDO_CRASH_COUNT=$SCRATCH/.calls LD_PRELOAD=$KILLER "$@" >"$SCRATCH/.out" 2>&1 ||
    fail "'$*' failed: $(tail -n 5 "$SCRATCH/.out")"
  cat "$SCRATCH/.calls"
}

# Runs a command that is killed at its Nth such call: killed_at N COMMAND…. It must not end in another way, except that
# threads may have left fewer calls to make.
killed_at () {
  local at=$1 rc=0
  shift
  # A process of its own reaps it, so that bash reports nothing.
  { PANDO_CRASH_AT=$at LD_PRELOAD=$KILLER "$@" >"$SCRATCH/.out" 2>&1 || rc=$?; } 2>/dev/null
  [ "$rc" = 137 ] || [ "$rc" = 0 ] || fail "'$*', killed at call $at, ended with status $rc: $(tail -n 5 "$SCRATCH/.out")"
}

# Runs a command on a disk that is full from its Nth such call on: full_at N COMMAND…. It fails and says why, or it could
# do without; then the status is 0.
full_at () {
  local at=$1 rc=0
  shift
  PANDO_CRASH_AT=$at PANDO_CRASH_ERRNO=${FULL_ERRNO-28} LD_PRELOAD=$KILLER "$@" >"$SCRATCH/.out" 2>"$SCRATCH/.err" || rc=$?
  [ "$rc" -le 1 ] || fail "'$*', with no room from call $at on, ended with status $rc: $(tail -n 5 "$SCRATCH/.err")"
  if [ "$rc" = 1 ]; then assert_match "$SCRATCH/.err" 'No space left on device|Disk quota exceeded'; fi
  return "$rc"
}

# The Ns to try of 1..$1: all of them in a whole run; else the first and last few, and some between.
crash_points () {
  local total=$1 at
  for ((at = 1; at <= total; at++)); do
    if [ -n "${TEST_ALL-}" ] || [ "$at" -le 3 ] || [ "$at" -gt $((total - 5)) ] || [ $((at % (total / 12 + 1))) = 0 ]; then
      echo "$at"
    fi
  done
}
