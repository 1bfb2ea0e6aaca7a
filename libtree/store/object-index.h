/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which objects are there, from listing a directory once instead of asking for each object in it.
 * It is right only as long as nobody deletes objects: it lives in a transaction, whose shared lock
 * keeps prune away. */
#pragma once

#include "core/object.h"
#include "store/repo.h"

typedef struct ObjectIndex ObjectIndex;

ObjectIndex *object_index_new (const TreeRepo *repo);
void object_index_free (ObjectIndex *self);

/* TRUE: the object is there. FALSE: nobody knows, ask the disk. A directory is listed once it was
 * asked about often enough that listing it costs no more than what was spent on asking, so that a
 * small commit to a large repository lists nothing. From any thread. */
gboolean object_index_has (ObjectIndex *self, TreeObjectType type, const TreeChecksum *checksum);
