/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words that are pairs of a collection and a ref. */
#pragma once

#include "src/command.h"

/* TreeCollectionRef; NULL with an error when they are not pairs, or none. */
GPtrArray *collection_refs_parse (const CommandContext *context, int argc, char **argv,
                                  GError **error);
