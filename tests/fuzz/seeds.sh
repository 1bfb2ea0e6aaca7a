#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs each fuzz target over its seeds, and over what was found once.
set -eu
build=$(cd "${BUILD_DIR:-build}" && pwd)
cd "$(dirname "$0")"
for target in fuzz-*.c; do
  name=${target#fuzz-} name=${name%.c}
  echo "$name: $("$build/tests/fuzz/fuzz-$name" "seeds/$name")"
done
