/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line that says what a pull took. */
#pragma once

#include "tree-pull.h"

void show_pull_result (const TreePullResult *result);
/* What static deltas would transfer. */
void show_pull_estimate (const TreePullResult *result);
/* … and which ways there are to get one commit, in a line. */
void show_pull_choice (const TreePullEstimate *estimate);
