/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything, for programs that use the library. The library itself includes only what it needs. */
#pragma once

#include "tree-checkout.h"
#include "tree-commit.h"
#include "tree-delta.h"
#include "tree-diff.h"
#include "tree-error.h"
#include "tree-export.h"
#include "tree-find.h"
#include "tree-pull.h"
#include "tree-release.h"
#include "tree-repo.h"
#include "tree-serve.h"
#include "tree-sign.h"
#include "tree-sysroot.h"
#include "tree-types.h"
