#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The program around the commands: help, versions, unknown words, other programs as commands, where options may stand.
. "$(dirname "$0")/../lib.sh"

$PANDO --help >out 2>err
assert_match out '^Usage:$' '^  pando \[OPTION…\] COMMAND$' '^Builtin Commands:$' '^  commit  '
assert_content err ""
$PANDO commit --help >out
assert_match out '^  pando commit \[OPTION…\] \[PATH\]$' '^  -b, --branch=REF' '^Examples:$' '^  \$ pando commit '
$PANDO remote --help >out
assert_match out '^Builtin "remote" Commands:$' '^  add  '
ok "help is on standard output"

$PANDO --version >out
assert_match out '^libtree:$' "^ Version: '" '^ Features:$' '^  - libcurl$'
ok "the version"

fails_with 'No command specified' "$PANDO"
assert_match .err '^Usage:$'
assert_content .out ""
fails_with "Unknown command 'comit'; did you mean 'commit'\?" "$PANDO" comit
fails_with "Unknown command 'xyzzy'$" "$PANDO" xyzzy
fails_with "Unknown option --subjcet=x; did you mean '--subject'\?; see 'pando commit --help'" "$PANDO" commit --subjcet=x
fails_with "Unknown option --bogus; see 'pando commit --help'" "$PANDO" commit --bogus
ok "unknown commands and options"

$PANDO dump-commands 2>/dev/null && fail "no such command"
$PANDO --dump-commands >out
assert_match out '^command	commit	\[PATH\]	' '^option	commit	--branch=	-b	REF	' '^option	commit	--orphan			' \
  '^command	admin deploy	' '^command	remote add	'
ok "the list for completion"

mkdir bin
printf '#!/bin/sh\necho "hello $*"\nexit 3\n' >bin/ostree-greet
chmod +x bin/ostree-greet
rc=0
PATH=$PWD/bin:$PATH $PANDO greet a --b c >out || rc=$?
assert_eq "$rc" 3
assert_content out 'hello a --b c'
ok "a program on PATH is a command"

mkdir tree
$PANDO --repo=r init --mode=archive
$PANDO repo commit -b x tree --repo r >/dev/null
$PANDO --repo r refs >out
assert_content out x
$PANDO --repo=r refs --create=os/stable x
fails_with "Refspec 'os/stabel' not found; did you mean 'os/stable'\?" "$PANDO" --repo=r log os/stabel
$PANDO --repo=r refs --delete os
echo word >tree/-b
$PANDO --repo=r commit -b y -- tree >/dev/null
$PANDO --repo=r cat y -- -b >out
assert_content out word
fails_with 'Missing argument for -b' "$PANDO" --repo=r commit -b
fails_with "opening repo|nowhere" "$PANDO" --repo=nowhere refs
ok "options before and behind, and a bare --"

program=$(command -v "$PANDO")
ln -s "$program" ostree
./ostree --help >out
assert_match out '^  ostree \[OPTION…\] COMMAND$'
assert_no_match out 'pando'
./ostree --version >out
assert_match out '^libostree:$'
ok "called as ostree"

for command in $($PANDO --dump-commands | awk -F '\t' '$1 == "command" && $3 != "COMMAND" { gsub(" ", "/", $2); print $2 }'); do
  # shellcheck disable=SC2086
  $PANDO ${command//\// } --help >out 2>err || fail "$command --help"
  assert_match out '^Usage:$'
  assert_content err ""
done
ok "every command has help"
