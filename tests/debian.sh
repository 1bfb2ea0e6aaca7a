# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# debian.sh: what the scripts share that make Debian systems in folders: where packages come from, and where what was made
# is kept. Sourced, not run.
#
# PANDO_SUITE, PANDO_MIRROR and PANDO_SECURITY_MIRROR choose other sources than those of this machine's apt.

die () { echo "error: $*" >&2; exit 1; }

# shellcheck source=/dev/null
suite=${PANDO_SUITE:-$(. /etc/os-release && [ "${ID-}" = debian ] && echo "${VERSION_CODENAME-}")}
suite=${suite:-bookworm}
# shellcheck disable=SC2034 # read by those that source this
arch=$(dpkg --print-architecture)
# shellcheck disable=SC2034 # as well
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/pando

# The address from which this machine's apt gets the suite $1; nothing if it does not.
mirror_of () {
  # shellcheck disable=SC2016 # $(…) is apt's own syntax
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite="$1" '$2 == suite && $3 == "main" { print $1; exit }'
}

# Lines of sources.list for the suite; with "all", its updates and security fixes too.
sources_of_suite () {
  local mirror security
  mirror=${PANDO_MIRROR:-$(mirror_of "$suite")}
  [ -n "$mirror" ] || die "this machine's apt has no source for '$suite': set PANDO_MIRROR to a Debian mirror"
  echo "deb $mirror $suite main"
  [ "${1-}" = all ] || return 0
  [ -z "$(mirror_of "$suite-updates")" ] || echo "deb $mirror $suite-updates main"
  security=${PANDO_SECURITY_MIRROR:-$(mirror_of "$suite-security")}
  [ -n "$security" ] || die "this machine's apt has no source for '$suite-security': set PANDO_SECURITY_MIRROR"
  echo "deb $security $suite-security main"
}

# This machine's proxy, as lines for apt's option -o.
apt_proxy () {
  apt-config dump | sed -n 's/^\(Acquire::https\?::Proxy\) "\(..*\)";$/\1=\2/p'
}

# bootstrap FOLDER LOG [MMDEBSTRAP-WORD…] -- SOURCES-LINE…: makes a Debian system. In a mount namespace, so that an
# interrupted run leaves no mounts behind.
bootstrap () {
  local root=$1 log=$2 words=() line
  shift 2
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  while read -r line; do words+=(--aptopt="$line"); done < <(apt_proxy)
  # shellcheck disable=SC2016 # expanded by the hook's shell
  unshare --mount mmdebstrap --quiet --mode=root --variant=minbase "${words[@]}" \
    --customize-hook='cp /etc/resolv.conf "$1/etc/resolv.conf"; cp /etc/hosts "$1/etc/hosts"' \
    "$suite" "$root" "$@" >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; die "mmdebstrap failed"; }
}
