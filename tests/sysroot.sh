# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sysroot.sh: for scripts about deployments, sourced after lib.sh. Makes, in the scratch folder, the source of a small
# system (./tree), a repository of its commits (./repo, branch os/main) and an empty sysroot (./sysroot).
need_root
export OSTREE_SYSROOT=sysroot

make_os_tree tree
"$PANDO" --repo=repo init --mode=archive

# commit_os VERSION [OPTION…]: commits ./tree as it is now; sets REV.
os_time=1700000000
# shellcheck disable=SC2034 # REV is read by the scripts
commit_os () {
  os_time=$((os_time + 100))
  REV=$("$PANDO" --repo=repo commit -b os/main --timestamp=@$os_time --add-metadata-string=version="$1" "${@:2}" tree)
}

new_sysroot () {
  "$PANDO" admin init-fs sysroot
  "$PANDO" admin stateroot-init os >/dev/null
  "$PANDO" --repo=sysroot/ostree/repo remote add --no-gpg-verify origin "file://$PWD/repo"
}

# Pulls os/main and deploys it: deploy_os [OPTION…]
# shellcheck disable=SC2120 # arguments are optional
deploy_os () {
  "$PANDO" --repo=sysroot/ostree/repo pull origin os/main >/dev/null
  "$PANDO" admin deploy --os=os "$@" origin:os/main >out
}

# The folder of deployment INDEX, and the boot entry of it.
# shellcheck disable=SC2120 # arguments are optional
deployment () {
  local n=$((${1-0} + 1)) name
  name=$("$PANDO" admin status | sed -n 's/^[ *] \([^ ]*\) \([0-9a-f]*\.[0-9]*\).*/\1\/deploy\/\2/p' | sed -n "${n}p")
  [ -n "$name" ] || fail "no deployment $1"
  echo "sysroot/ostree/deploy/$name"
}

entry_options () { sed -n 's/^options //p' "sysroot/boot/loader/entries/$1"; }

# What the boot loader would boot: the deployment that the entry with the highest version leads to, through the links.
booting () {
  local entry options
  entry=$(grep -H '^version ' sysroot/boot/loader/entries/ostree-*.conf | sort -t' ' -k2 -rn | head -n 1)
  options=$(sed -n 's/^options //p' "${entry%%:*}")
  options=${options##*ostree=}
  readlink -e "sysroot${options%% *}" || fail "ostree=${options%% *} leads nowhere"
}
