# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# gpg-keys.sh: for scripts about OpenPGP signatures, sourced after lib.sh. No key of this machine counts.
need gpg gpg-connect-agent
"$PANDO" --version >out
grep -q -e '- gpgme$' out || skip_all "built without gpgme"

mkdir empty tmp
export OSTREE_GPG_HOME=$SCRATCH/empty
# Also what is left over after a check is seen.
export TMPDIR=$SCRATCH/tmp

# gpg_home FOLDER: a home of gpg with its agent, which ends with the script.
gpg_home () {
  mkdir -m 700 "$1"
  gpg-connect-agent --homedir "$SCRATCH/$1" 'getinfo pid' /bye 2>/dev/null | sed -n 's/^D //p' >pid
  started+=("$(cat pid)")
}

# in_home FOLDER WORD…: gpg itself.
in_home () {
  gpg --homedir "$SCRATCH/$1" --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "${@:2}" 2>>gpg.log
}

# new_key FOLDER USER [EXPIRY]
new_key () { in_home "$1" --quick-gen-key "$2" ed25519 sign "${3:-never}"; }
# fingerprint FOLDER USER
fingerprint () { in_home "$1" --with-colons --list-keys "$2" | awk -F: '$1 == "fpr" { print $10; exit }'; }
