/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 by libcrypto, which uses the CPU's own instructions. */
#pragma once

#include "tree-types.h"

typedef struct Hasher Hasher;

Hasher *hasher_new (void);
void hasher_free (Hasher *self);
/* Begins anew; a hasher may be used for any number of messages, by one thread at a time. */
void hasher_reset (Hasher *self);
void hasher_update (Hasher *self, const void *data, gsize len);
void hasher_final (Hasher *self, TreeChecksum *out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Hasher, hasher_free)

void hash_data (const void *data, gsize len, TreeChecksum *out);
