/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of object names, 33 bytes each and nothing more: open addressing, mostly 2/3 to 7/8 full,
 * so that a million take some 45 MB. */
#pragma once

#include "core/object.h"

typedef struct ObjectSet ObjectSet;

ObjectSet *object_set_new (void);
void object_set_free (ObjectSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObjectSet, object_set_free)

/* TRUE when it was not there before. */
gboolean object_set_add (ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum);
gboolean object_set_contains (const ObjectSet *self, TreeObjectType type,
                              const TreeChecksum *checksum);
/* TRUE the first time for an object of the set; FALSE for others. */
gboolean object_set_mark (ObjectSet *self, TreeObjectType type, const TreeChecksum *checksum);
gsize object_set_size (const ObjectSet *self);

/* For walking over it: slots 0 to n-1, FALSE for an empty one. Reading is thread-safe while nobody
 * adds. */
gsize object_set_n_slots (const ObjectSet *self);
gboolean object_set_slot (const ObjectSet *self, gsize slot, ObjectName *out);
