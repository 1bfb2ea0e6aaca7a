#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The completion offers the commands and options that the program has.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../../bash-completion/pando
. "$TESTS_DIR/../bash-completion/pando"

# complete_words WORD…: what is offered for the last one.
complete_words () {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  set +e +u
  _pando
  set -eu
  printf '%s\n' "${COMPREPLY[@]}" >offered
}

complete_words "$PANDO" com
assert_content offered commit
ok "a command"
complete_words "$PANDO" admin roll
assert_content offered rollback
ok "a command of a group"
complete_words "$PANDO" commit --bran
assert_content offered --branch=
ok "an option"
complete_words "$PANDO" admin deploy --karg-app
assert_content offered --karg-append=
ok "an option of a command of a group"

mkdir tree
"$PANDO" --repo=r init --mode=archive
"$PANDO" --repo=r commit -b os/stable tree >out
complete_words "$PANDO" --repo=r log os/
assert_content offered os/stable
ok "a ref"
