#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# peer.sh [--update] [-j N] [-l FOLDER] [SCRIPT…]: runs the end-to-end scripts of Debian's package ostree-tests with this
# program in the place of `ostree`, and holds the result against peer-passing.txt: what passed once must go on passing.
# They are a second specification: what people's scripts rely on.
#
#   --listed    run only the scripts of the list
#   --update    write the list anew (only when all scripts ran)
#   -l FOLDER   keep the scripts' output there, one file a script
#
# The program is $PANDO, else the one in $BUILD_DIR. The HTTP server is that of the package (ostree-trivial-httpd).
set -euo pipefail
tests=$(cd "$(dirname "$0")" && pwd)
suite=/usr/libexec/installed-tests/libostree
list=$tests/peer-passing.txt

update='' listed='' jobs=2 logs=''
while [ $# -gt 0 ]; do
  case $1 in
    --update) update=1 ;;
    --listed) listed=1 ;;
    -j) jobs=$2; shift ;;
    -l) logs=$2; shift ;;
    -*) sed -n '3,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done
[ -e "$suite/libtest.sh" ] || { echo "error: ostree-tests is not installed: run ./dev deps peer" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/var/tmp}/pando-peer.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/state"
if [ -n "$logs" ]; then mkdir -p "$logs"; logs=$(readlink -f "$logs"); else logs=$work/logs; mkdir "$logs"; fi

# The scripts find the program by its name.
build=$(readlink -f "${BUILD_DIR:-$tests/../build}")
if [ -n "${PANDO-}" ]; then
  program=$(command -v "$PANDO")
else
  program=$build/.libs/pando
  [ -x "$program" ] || program=$build/src/.libs/pando
  [ -x "$program" ] || { echo "error: no program in $build: run ./dev build" >&2; exit 1; }
  export LD_LIBRARY_PATH=$build/.libs
fi
ln -s "$program" "$work/bin/ostree"

cd "$suite"
if [ $# -gt 0 ]; then
  scripts=("$@")
elif [ -n "$listed" ]; then
  mapfile -t scripts < <(grep -v '^#' "$list")
else
  scripts=(test-*.sh)
fi

[ ${#scripts[@]} -gt 0 ] || { echo "peer: the list is empty"; exit 0; }

run_one () {
  local script=$1 name=${1%.sh} dir rc=0 log state points planned why=''
  log=$logs/$name.log
  dir=$(mktemp -d "$work/$name.XXXX")
  # Each in an empty folder that is also its home, so that no configuration and no keyring of this user is seen.
  (
    cd "$dir"
    for variable in "${!OSTREE_@}"; do unset "$variable"; done
    PATH=$work/bin:$PATH G_TEST_SRCDIR=$suite G_TEST_BUILDDIR=$suite \
      timeout -k 5 "${TEST_TIMEOUT:-200}" bash "$suite/$script" </dev/null
  ) >"$log" 2>&1 || rc=$?
  points=$(grep -c '^ok ' "$log" || true)
  planned=$(sed -n 's/^1\.\.\([0-9]\{1,\}\).*/\1/p' "$log" | head -n 1)
  if [ "$rc" -eq 0 ] && grep -qiE '^1\.\.0 +# *skip' "$log"; then
    state=SKIP why=$(sed -nE 's/^1\.\.0 +# *//p' "$log" | head -n 1)
  elif [ "$rc" -eq 0 ] && ! grep -q '^not ok' "$log"; then
    state=PASS
  else
    state=FAIL why=$(grep -vE '^\+|^ *$|OK closing connection' "$log" | tail -n 1 | cut -c 1-100)
  fi
  echo "$state $script $points of ${planned:-?}${why:+: $why}" | tee "$work/state/$name"
  chattr -R -i "$dir" 2>/dev/null || true
  rm -rf "$dir"
}
export -f run_one
export work logs suite

# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\0' "${scripts[@]}" | xargs -0 -P "$jobs" -I{} bash -c 'run_one "$1"' _ {}

count () { cat "$work"/state/* | grep -c "^$1 " || true; }
points=$(cat "$work"/state/* | awk '{ ok += $3; of += $5 } END { print ok " points of " of }')
# Points of a script that ended before it could print its plan are not in the second number.
echo "peer: $(count PASS) scripts passed, $(count FAIL) failed, $(count SKIP) skipped; $points"

passing=$(cat "$work"/state/* | awk '$1 == "PASS" { print $2 }' | sort)
if [ -n "$update" ]; then
  [ "$#$listed" = 0 ] || { echo "error: --update needs all scripts to run" >&2; exit 2; }
  { sed -n '/^#/p' "$list"; echo "$passing"; } >"$work/list"
  cp "$work/list" "$list"
fi

# Of the scripts that ran: listed, and no longer passing.
bad=0
for script in "${scripts[@]}"; do
  grep -qxF -- "$script" "$list" || continue
  if ! grep -qxF -- "$script" <<<"$passing"; then
    echo "peer: $script is in peer-passing.txt and did not pass"
    bad=$((bad + 1))
  fi
done
listed=$(for script in "${scripts[@]}"; do echo "$script"; done | grep -cxFf <(grep -v '^#' "$list") || true)
new=$(grep -vxFf "$list" <<<"$passing" || true)
[ -z "$new" ] || echo "peer: ./dev peer --update would add: ${new//$'\n'/ }"
if [ -n "${DEV_TALLY-}" ]; then
  echo "$((listed - bad)) $bad" >>"$DEV_TALLY"
fi
[ "$bad" = 0 ]
