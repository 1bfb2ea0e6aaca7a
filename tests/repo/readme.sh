#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tour of README.md: each of its commands is run as it stands there, and prints what it says there. Only the port of the
# server is another, and how many bytes went over the wire, and in what time, may differ.
. "$(dirname "$0")/../lib.sh"
need python3

readme=$(dirname "$TESTS_DIR")/README.md
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -n '/^## Five minutes/,/^With a kernel/s/^    //p' "$readme" | sed "s/8080/$port/g" >tour
assert_match tour '^\$ pando init' '^\$ pando pull' '^\$ pando log'

# What may differ. Empty lines of the text are also those between its blocks.
settled () { sed -E '/^$/d; s/[0-9.]+ (bytes|kB) transferred in [0-9]+ seconds/N bytes transferred/' "$1"; }

# The command before, and what it should have printed.
command='' n=0
: >expected
check () {
  [ -z "$command" ] || diff <(settled expected) <(settled got) >differs || fail "$command: $(cat differs)"
}

while IFS= read -r line; do
  if [[ $line != '$ '* ]]; then
    printf '%s\n' "$line" >>expected
    continue
  fi
  check
  command=${line#'$ '} n=$((n + 1))
  : >expected
  if [[ $command == *' &' ]]; then
    eval "$command" >got 2>&1
    started+=($!)
    until [ -s got ]; do sleep 0.05; done
  else
    eval "$command" >got 2>&1 || fail "$command: $(cat got)"
  fi
done <tour
check
[ "$n" -ge 15 ]
ok "the tour of README.md"
