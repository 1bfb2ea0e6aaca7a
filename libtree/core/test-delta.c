/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static deltas: names, superblocks, payloads, operations and patches, from friends and foes. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "core/bspatch.h"
#include "core/checksum.h"
#include "core/commit.h"
#include "core/delta-exec.h"
#include "core/delta-ops.h"
#include "core/delta-sizes.h"
#include "core/varint.h"
#include "tree-error.h"

/* ---- Names ---- */

static void
test_names (void)
{
  const char *from = "105952cdf0ef4c1f0a9166c854864e64c786c0030f7443a8b0ac64e726a39e0e";
  const char *to = "11f43feeb6257e1f7ed63d08167258f1fc21d2ccc2d65cf97cbb2e2229ec0035";
  g_autofree char *text = g_strconcat (from, "-", to, NULL);
  DeltaName name, again;
  char shown[DELTA_NAME_MAX];
  g_assert_true (delta_name_from_text (text, &name));
  delta_name_to_text (&name, shown);
  g_assert_cmpstr (shown, ==, text);
  g_autofree char *path = delta_name_to_path (&name);
  g_assert_cmpstr (path, ==,
                   "deltas/EF/lSzfDvTB8KkWbIVIZOZMeGwAMPdEOosKxk5yajng4-"
                   "EfQ_7rYlfh9+1j0IFnJY8fwh0szC1lz5fLsuIinsADU");
  g_assert_true (delta_name_from_dirs ("EF", path + strlen ("deltas/EF/"), &again));
  g_assert_cmpint (delta_name_compare (&name, &again), ==, 0);
  g_assert_true (delta_name_from_text (to, &name));
  g_assert_false (name.has_from);
  g_autofree char *empty = delta_name_to_path (&name);
  g_assert_cmpstr (empty, ==, "deltas/Ef/Q_7rYlfh9+1j0IFnJY8fwh0szC1lz5fLsuIinsADU");
  g_autofree char *index = delta_index_path (&name.to);
  g_assert_cmpstr (index, ==, "delta-indexes/Ef/Q_7rYlfh9+1j0IFnJY8fwh0szC1lz5fLsuIinsADU.index");
  TreeChecksum found;
  g_assert_true (delta_index_from_path ("Ef", index + strlen ("delta-indexes/Ef/"), &found));
  g_assert_true (tree_checksum_equal (&found, &name.to));
  for (gsize len = 0; len < strlen (text); len++) {
    g_autofree char *cut = g_strndup (text, len);
    g_assert_cmpint (delta_name_from_text (cut, &name), ==, len == TREE_CHECKSUM_HEX_LEN);
  }
  g_assert_false (delta_name_from_text ("GARBAGE", &name));
  g_assert_false (delta_name_from_dirs ("..", "/etc", &name));
}

/* ---- Superblocks ---- */

static GBytes *
make_commit (DeltaName *name)
{
  TreeChecksum root = {{1}};
  GBytes *commit = commit_build (NULL, NULL, "s", "", 1700000000, &root, &root);
  hash_data (g_bytes_get_data (commit, NULL), g_bytes_get_size (commit), &name->to);
  memset (name->from.bytes, 7, sizeof name->from.bytes);
  name->has_from = TRUE;
  return commit;
}

static GBytes *
make_superblock (gboolean big_endian, gboolean inline_parts)
{
  static const guint8 objects[2 * 33] = {TREE_OBJECT_DIR_TREE, [33] = TREE_OBJECT_FILE};
  DeltaDraft draft = {.timestamp = 1700000001, .n_parts = 1, .n_fallbacks = 1};
  g_autoptr (GBytes) commit = make_commit (&draft.name);
  g_autoptr (GBytes) part = g_bytes_new_static ("\0payload", 8);
  GBytes *const parts[] = {part};
  const DeltaPartInfo info = {{{3}}, 8, 1000, objects, 2};
  const DeltaFallback fallback = {{{{4}}, TREE_OBJECT_FILE}, 50, 60};
  draft.commit = commit;
  draft.parts = &info;
  draft.inline_parts = inline_parts ? parts : NULL;
  draft.fallbacks = &fallback;
  draft.big_endian = big_endian;
  return delta_superblock_build (&draft);
}

static void
test_superblock (void)
{
  for (int i = 0; i < 4; i++) {
    gboolean big_endian = (i & 1) != 0;
    gboolean inline_parts = (i & 2) != 0;
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) bytes = make_superblock (big_endian, inline_parts);
    g_auto (DeltaSuperblock) self = {0};
    (void)delta_superblock_parse (bytes, &self, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (self.timestamp, ==, 1700000001);
    g_assert_cmpint (self.big_endian, ==, big_endian);
    g_assert_false (self.guessed);
    g_assert_true (self.name.has_from);
    g_assert_cmpuint (self.name.from.bytes[31], ==, 7);
    g_assert_cmpuint (self.n_parts, ==, 1);
    g_assert_cmpuint (self.part_bytes, ==, 8);
    g_assert_cmpuint (self.unpacked_bytes, ==, 1000);
    g_assert_cmpuint (self.fallback_bytes, ==, 50);
    DeltaPartInfo part;
    ObjectName name;
    delta_superblock_part (&self, 0, &part);
    g_assert_cmpuint (part.size, ==, 8);
    g_assert_cmpuint (part.n_objects, ==, 2);
    delta_part_object (&part, 1, &name);
    g_assert_cmpint (name.type, ==, TREE_OBJECT_FILE);
    DeltaFallback fallback;
    delta_superblock_fallback (&self, 0, &fallback);
    g_assert_cmpuint (fallback.unpacked, ==, 60);
    g_autoptr (GBytes) carried = delta_superblock_inline_part (&self, 0);
    g_assert_cmpint (carried != NULL, ==, inline_parts);
    if (carried != NULL)
      g_assert_cmpmem (g_bytes_get_data (carried, NULL), g_bytes_get_size (carried), "\0payload",
                       8);
    g_assert_null (delta_superblock_inline_part (&self, 1));
    g_assert_null (delta_superblock_commitmeta (&self));
  }
}

/* Every byte changed in turn: an error, or something whole. */
static void
test_superblock_damaged (void)
{
  g_autoptr (GBytes) good = make_superblock (FALSE, TRUE);
  gsize len = 0;
  const guint8 *data = g_bytes_get_data (good, &len);
  for (gsize i = 0; i < len; i++) {
    g_autofree guint8 *bad = g_memdup2 (data, len);
    bad[i] ^= 0x81;
    g_autoptr (GBytes) bytes = g_bytes_new (bad, len);
    g_autoptr (GBytes) cut = g_bytes_new (data, i);
    g_auto (DeltaSuperblock) one = {0};
    g_auto (DeltaSuperblock) two = {0};
    g_autoptr (GError) error = NULL;
    if (delta_superblock_parse (bytes, &one, NULL) && one.n_parts > 0) {
      DeltaPartInfo part;
      delta_superblock_part (&one, 0, &part);
      g_autoptr (GBytes) G_GNUC_UNUSED carried = delta_superblock_inline_part (&one, 0);
    }
    g_assert_false (delta_superblock_parse (cut, &two, &error));
    g_assert_nonnull (error);
  }
}

static void
test_sizes_of (void)
{
  for (int i = 0; i < 2; i++) {
    gboolean inline_parts = i == 1;
    g_autoptr (GBytes) bytes = make_superblock (FALSE, inline_parts);
    g_auto (DeltaSuperblock) self = {0};
    DeltaSizes sizes;
    g_assert_true (delta_superblock_parse (bytes, &self, NULL));
    g_assert_true (delta_sizes_of (&self, 500, &sizes));
    g_assert_cmpuint (sizes.download, ==, 500 + 50 + (inline_parts ? 0 : 8));
    g_assert_cmpuint (sizes.unpacked, ==, 1000 + 60);
    g_assert_false (delta_sizes_of (&self, G_MAXUINT64 - 10, &sizes));
  }
}

/* A dictionary of metadata that has this value for the sizes. */
static GVariant *
sizes_metadata (GVariant *value)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_variant_dict_insert_value (&dict, DELTA_SIZES_KEY, value);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static GVariant *
sizes_of_one (const DeltaName *name, guint64 download)
{
  GVariantBuilder map;
  const DeltaSizes sizes = {download, 0x0102};
  g_variant_builder_init (&map, G_VARIANT_TYPE (DELTA_SIZES_TYPE));
  g_variant_builder_add_value (&map, delta_sizes_entry (name, &sizes));
  return g_variant_builder_end (&map);
}

static void
test_sizes (void)
{
  static const guint8 tail[] = {0, 0, 0, 0, 0, 0, 0x30, 0x39, 0, 0, 0, 0, 0, 0, 1, 2, 65, 89};
  const DeltaName name = {.to = {{0x11}}};
  const DeltaName other = {.to = {{0x12}}};
  DeltaSizes found;
  g_autoptr (GVariant) one = g_variant_ref_sink (sizes_of_one (&name, 12345));
  g_assert_cmpuint (g_variant_get_size (one), ==, 90);
  g_assert_cmpmem ((const guint8 *)g_variant_get_data (one) + 90 - sizeof tail, sizeof tail, tail,
                   sizeof tail);
  g_autoptr (GVariant) good = sizes_metadata (one);
  g_assert_true (delta_sizes_find (good, &name, &found));
  g_assert_cmpuint (found.download, ==, 12345);
  g_assert_cmpuint (found.unpacked, ==, 0x0102);
  g_assert_false (delta_sizes_find (good, &other, &found));
  g_autoptr (GVariant) large = sizes_metadata (sizes_of_one (&name, G_MAXUINT64));
  g_assert_false (delta_sizes_find (large, &name, &found));
  g_autoptr (GVariant) wrong = sizes_metadata (g_variant_new_uint64 (1));
  g_assert_false (delta_sizes_find (wrong, &name, &found));
}

/* Old superblocks do not say which byte order they have. */
static void
test_guess (void)
{
  for (int swap = 0; swap < 2; swap++) {
    DeltaName name;
    g_autoptr (GBytes) commit = make_commit (&name);
    guint64 size = swap ? GUINT64_SWAP_LE_BE (2000) : 2000;
    guint64 unpacked = swap ? GUINT64_SWAP_LE_BE (5000) : 5000;
    g_autofree guint8 *objects = g_malloc0 (33);
    objects[0] = TREE_OBJECT_FILE;
    GVariantBuilder parts;
    g_variant_builder_init (&parts, G_VARIANT_TYPE ("a(uayttay)"));
    g_variant_builder_add (&parts, "(u@aytt@ay)", 0, checksum_to_variant (&name.to), size, unpacked,
                           g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, objects, 33, 1));
    g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new (
        "(@a{sv}t@ay@ay@" COMMIT_TYPE "@ay@a(uayttay)@a(yaytt))",
        g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0), (guint64)0,
        checksum_to_variant (&name.from), checksum_to_variant (&name.to),
        g_variant_new_from_bytes (G_VARIANT_TYPE (COMMIT_TYPE), commit, TRUE),
        g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0), g_variant_builder_end (&parts),
        g_variant_new_array (G_VARIANT_TYPE ("(yaytt)"), NULL, 0)));
    g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (variant);
    g_auto (DeltaSuperblock) self = {0};
    g_autoptr (GError) error = NULL;
    (void)delta_superblock_parse (bytes, &self, &error);
    g_assert_no_error (error);
    g_assert_true (self.guessed);
    g_assert_cmpint (self.big_endian, ==, (G_BYTE_ORDER == G_BIG_ENDIAN) != swap);
    g_assert_cmpuint (self.part_bytes, ==, 2000);
  }
}

/* ---- Patches ---- */

static gboolean
read_old (guint64 offset, void *buffer, gsize len, gpointer user_data, GError **error)
{
  memcpy (buffer, (const guint8 *)user_data + offset, len);
  return TRUE;
}

static char *
run_patch (const GByteArray *patch, const char *old, gsize new_size, GError **error)
{
  Bspatch self;
  GString *made = g_string_new (NULL);
  gsize n = 0;
  gboolean ok;
  bspatch_init (&self, patch->data, patch->len, strlen (old), new_size, read_old, (gpointer)old);
  do {
    guint8 buffer[3];
    ok = bspatch_read (&self, buffer, sizeof buffer, &n, error);
    if (ok)
      g_string_append_len (made, (const char *)buffer, (gssize)n);
  } while (ok && n > 0);
  return g_string_free (made, !ok);
}

static void
append (GByteArray *out, const char *bytes, gsize len)
{
  g_byte_array_append (out, (const guint8 *)bytes, (guint)len);
}

static void
test_patch (void)
{
  g_autoptr (GByteArray) patch = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  bspatch_append_step (patch, 5, 2, -5);
  append (patch, "\0\0\1\0\0XY", 7);
  bspatch_append_step (patch, 0, 0, -2);
  bspatch_append_step (patch, 4, 0, 0); /* two bytes before the file, which count as 0 */
  append (patch, "ab\0\0", 4);
  g_autofree char *made = run_patch (patch, "hello", 11, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (made, ==, "hemloXYabhe");
  /* Behind the end of the old file there are zeros, too. */
  g_byte_array_set_size (patch, 0);
  bspatch_append_step (patch, 3, 0, 0);
  append (patch, "\0yz", 3);
  g_autofree char *longer = run_patch (patch, "x", 3, &error);
  g_assert_cmpstr (longer, ==, "xyz");
}

static void
test_patch_hostile (void)
{
  static const gint64 steps[][3] = {
      {-1, 0, 0},         {0, -1, 0},         {12, 0, 0}, {0, 12, 0}, {6, 6, 0},
      {G_MAXINT64, 1, 0}, {1, G_MAXINT64, 0}, {11, 0, 0} /* no such bytes in the patch */};
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autoptr (GByteArray) patch = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    bspatch_append_step (patch, (guint64)steps[i][0], (guint64)steps[i][1], steps[i][2]);
    append (patch, "0123456789", 10);
    g_assert_null (run_patch (patch, "hello", 11, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  }
  g_autoptr (GByteArray) patch = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  bspatch_append_step (patch, 0, 1, G_MAXINT64);
  append (patch, "x", 1);
  bspatch_append_step (patch, 1, 0, G_MAXINT64);
  append (patch, "x", 1);
  bspatch_append_step (patch, 1, 0, 0);
  append (patch, "x", 1);
  g_assert_null (run_patch (patch, "hello", 3, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

/* ---- Payloads and operations ---- */

typedef struct {
  GByteArray *data;
  GByteArray *ops;
  GByteArray *objects;
} Maker;

static Maker
maker_new (void)
{
  return (Maker){g_byte_array_new (), g_byte_array_new (), g_byte_array_new ()};
}

static void
maker_clear (Maker *self)
{
  g_byte_array_unref (self->data);
  g_byte_array_unref (self->ops);
  g_byte_array_unref (self->objects);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Maker, maker_clear)

static void
add_object (Maker *self, TreeObjectType type)
{
  guint8 name[33] = {type};
  g_byte_array_append (self->objects, name, sizeof name);
}

static void
add_op (Maker *self, DeltaOpCode code, guint64 size, guint64 offset)
{
  const DeltaOp op = {.code = code, .size = size, .offset = offset};
  delta_op_append (self->ops, &op, FALSE);
}

static GByteArray *
make_payload (const Maker *self)
{
  const FileMeta meta = {1, 2, S_IFREG | 0644, NULL, NULL};
  const FileMeta link = {0, 0, S_IFLNK | 0777, NULL, NULL};
  GByteArray *out = g_byte_array_new ();
  guint mode, xattrs;
  g_autoptr (DeltaTables) tables = delta_tables_new ();
  delta_tables_add (tables, &meta, &mode, &xattrs);
  g_assert_cmpuint (mode, ==, 0);
  delta_tables_add (tables, &link, &mode, &xattrs);
  g_assert_cmpuint (mode, ==, 1);
  g_assert_cmpuint (xattrs, ==, 0);
  delta_tables_add (tables, &meta, &mode, &xattrs);
  g_assert_cmpuint (mode, ==, 0);
  delta_tables_head (tables, out);
  g_byte_array_append (out, self->data->data, self->data->len);
  g_byte_array_append (out, self->ops->data, self->ops->len);
  delta_tables_tail (tables, self->data->len, self->ops->len, out);
  return out;
}

/* What we write is what GVariant reads. */
static void
test_payload (void)
{
  static const guint sizes[] = {0, 1, 180, 200, 230, 60000, 65480, 65536, 70000};
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_auto (Maker) maker = maker_new ();
    g_byte_array_set_size (maker.data, sizes[i]);
    if (sizes[i] > 0)
      memset (maker.data->data, 'd', sizes[i]);
    append (maker.ops, "ops", 3);
    g_autoptr (GByteArray) bytes = make_payload (&maker);
    g_autoptr (GBytes) copy = g_bytes_new (bytes->data, bytes->len);
    g_autoptr (GVariant) variant = g_variant_ref_sink (
        g_variant_new_from_bytes (G_VARIANT_TYPE ("(a(uuu)aa(ayay)ayay)"), copy, FALSE));
    g_assert_true (g_variant_is_normal_form (variant));
    g_autoptr (GVariant) data = g_variant_get_child_value (variant, 2);
    g_assert_cmpuint (g_variant_get_size (data), ==, sizes[i]);
    g_auto (DeltaPayload) payload = {0};
    g_autoptr (GError) error = NULL;
    (void)delta_payload_parse (bytes->data, bytes->len, &payload, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (payload.n_modes, ==, 2);
    g_assert_cmpuint (payload.data_len, ==, sizes[i]);
    g_assert_cmpmem (payload.ops, payload.ops_len, "ops", 3);
    g_auto (FileMeta) meta = {0};
    g_assert_true (delta_payload_meta (&payload, 0, 0, &meta, NULL));
    g_assert_cmpuint (meta.gid, ==, 2);
    g_assert_false (delta_payload_meta (&payload, 2, 0, &meta, NULL));
    g_assert_false (delta_payload_meta (&payload, 0, 1, &meta, NULL));
  }
}

static gboolean
open_old (const TreeChecksum *file, guint64 *out_size, gpointer user_data, GError **error)
{
  *out_size = strlen (user_data);
  return TRUE;
}

/* Runs all of it and gives the contents of the files, each with a '.' behind it. */
static char *
run (const Maker *maker, gboolean read, GError **error)
{
  g_autoptr (GByteArray) bytes = make_payload (maker);
  g_auto (DeltaPayload) payload = {0};
  const DeltaPartInfo part = {.objects = maker->objects->data,
                              .n_objects = maker->objects->len / 33};
  const DeltaReader reader = {open_old, read_old, (gpointer) "hello world"};
  g_autoptr (GString) made = g_string_new (NULL);
  if (!delta_payload_parse (bytes->data, bytes->len, &payload, error))
    return NULL;
  g_autoptr (DeltaExec) exec = delta_exec_new (&payload, &part, &reader);
  for (;;) {
    g_auto (DeltaObject) object = {0};
    gboolean found = FALSE;
    char buffer[4];
    gssize n = 0;
    if (!delta_exec_next (exec, &found, &object, error))
      return NULL;
    if (!found)
      return g_strdup (made->str);
    if (object.data != NULL)
      g_string_append_len (made, (const char *)object.data, (gssize)object.len);
    while (read && object.content != NULL &&
           (n = object.content->read (object.content, buffer, sizeof buffer, error)) > 0)
      g_string_append_len (made, buffer, n);
    if (n < 0)
      return NULL;
    g_string_append_c (made, '.');
  }
}

/* A file of pieces, one of a patch, and one that is spliced. */
static void
fill (Maker *maker)
{
  append (maker->data, "0123456789abcdef0123456789abcdef", 32); /* a checksum */
  append (maker->data, "NEW", 3);
  add_object (maker, TREE_OBJECT_FILE);
  add_op (maker, DELTA_OP_OPEN, 10, 0);
  add_op (maker, DELTA_OP_WRITE, 3, 32);
  add_op (maker, DELTA_OP_SOURCE, 0, 0);
  add_op (maker, DELTA_OP_WRITE, 5, 6);
  add_op (maker, DELTA_OP_NO_SOURCE, 0, 0);
  add_op (maker, DELTA_OP_WRITE, 2, 33);
  add_op (maker, DELTA_OP_CLOSE, 0, 0);
  guint at = maker->data->len;
  bspatch_append_step (maker->data, 5, 1, 0);
  append (maker->data, "\0\0\0\0\0!", 6);
  add_object (maker, TREE_OBJECT_FILE);
  add_op (maker, DELTA_OP_SOURCE, 0, 0);
  add_op (maker, DELTA_OP_OPEN, 6, 0);
  add_op (maker, DELTA_OP_PATCH, maker->data->len - at, at);
  add_op (maker, DELTA_OP_CLOSE, 0, 0);
  add_op (maker, DELTA_OP_NO_SOURCE, 0, 0);
  add_object (maker, TREE_OBJECT_FILE);
  add_op (maker, DELTA_OP_SPLICE, 2, 33);
}

static void
test_exec (void)
{
  g_auto (Maker) maker = maker_new ();
  g_autoptr (GError) error = NULL;
  fill (&maker);
  g_autofree char *made = run (&maker, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (made, ==, "NEWworldEW.hello!.EW.");
  g_autofree char *skipped = run (&maker, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (skipped, ==, "...");
}

/* Cut anywhere between or inside of operations: an error, never a file that is not whole. */
static void
test_exec_cut (void)
{
  g_auto (Maker) maker = maker_new ();
  fill (&maker);
  for (guint len = maker.ops->len; len-- > 0;) {
    g_autoptr (GError) error = NULL;
    g_byte_array_set_size (maker.ops, len);
    g_assert_null (run (&maker, TRUE, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
    g_clear_error (&error);
    g_assert_null (run (&maker, FALSE, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  }
}

typedef struct {
  const char *what;
  DeltaOp ops[4]; /* inside of a file of 10 bytes */
} Hostile;

static const Hostile hostile[] = {
    {"a copy behind the end of the data", {{DELTA_OP_WRITE, .size = 10, .offset = 23}}},
    {"a copy whose end wraps around", {{DELTA_OP_WRITE, .size = 10, .offset = G_MAXUINT64 - 5}}},
    {"a file larger than it said", {{DELTA_OP_WRITE, .size = 11}}},
    {"a file smaller than it said", {{DELTA_OP_WRITE, .size = 9}}},
    {"a huge write", {{DELTA_OP_WRITE, .size = G_MAXUINT64}}},
    {"a patch without a source", {{DELTA_OP_PATCH, .size = 5}}},
    {"a patch behind the end of the data",
     {{DELTA_OP_SOURCE}, {DELTA_OP_PATCH, .size = 5, .offset = 30}}},
    {"a patch that is none", {{DELTA_OP_SOURCE}, {DELTA_OP_PATCH, .size = 32}}},
    {"a source behind the end", {{DELTA_OP_SOURCE, .offset = 1}}},
    {"a copy behind the end of the source",
     {{DELTA_OP_SOURCE}, {DELTA_OP_WRITE, .size = 10, .offset = 2}}},
    {"a file in a file", {{DELTA_OP_OPEN, .size = 10}}},
    {"a splice in a file", {{DELTA_OP_SPLICE, .size = 10}}},
    {"no such operation", {{'x'}}},
};

static void
test_exec_hostile (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (hostile); i++) {
    g_auto (Maker) maker = maker_new ();
    g_autoptr (GError) error = NULL;
    append (maker.data, "0123456789abcdef0123456789abcdef", 32);
    add_object (&maker, TREE_OBJECT_FILE);
    add_op (&maker, DELTA_OP_OPEN, 10, 0);
    for (gsize k = 0; hostile[i].ops[k].code != 0; k++) {
      if (hostile[i].ops[k].code == 'x')
        append (maker.ops, "x", 1);
      else
        add_op (&maker, hostile[i].ops[k].code, hostile[i].ops[k].size, hostile[i].ops[k].offset);
    }
    add_op (&maker, DELTA_OP_CLOSE, 0, 0);
    g_test_message ("%s", hostile[i].what);
    g_assert_null (run (&maker, TRUE, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  }
}

static void
test_exec_metadata (void)
{
  g_auto (Maker) maker = maker_new ();
  g_autoptr (GError) error = NULL;
  const DeltaOp op = {.code = DELTA_OP_SPLICE, .size = 4};
  append (maker.data, "tree", 4);
  add_object (&maker, TREE_OBJECT_DIR_TREE);
  delta_op_append (maker.ops, &op, TRUE);
  g_autofree char *made = run (&maker, TRUE, &error);
  g_assert_cmpstr (made, ==, "tree.");
  /* One object too many, and one that is opened like a file. */
  delta_op_append (maker.ops, &op, TRUE);
  g_assert_null (run (&maker, TRUE, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  g_clear_error (&error);
  add_object (&maker, TREE_OBJECT_DIR_META);
  g_byte_array_set_size (maker.ops, 0);
  delta_op_append (maker.ops, &op, TRUE);
  add_op (&maker, DELTA_OP_OPEN, 4, 0);
  g_assert_null (run (&maker, TRUE, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
}

/* The operations that ostree writes for a changed byte and a new link. */
static void
test_ops_vector (void)
{
  static const guint8 bytes[] = {0x53, 0x71, 0x00, 0x72, 0x71, 0x6f, 0x00, 0x00,
                                 0xdc, 0x04, 0x42, 0x91, 0x01, 0xf4, 0x04, 0x63,
                                 0x52, 0x53, 0x01, 0x00, 0x01, 0x85, 0x06};
  static const DeltaOp expected[] = {
      {DELTA_OP_SPLICE, .size = 113},
      {DELTA_OP_SOURCE, .offset = 113},
      {DELTA_OP_OPEN, .size = 604},
      {DELTA_OP_PATCH, .offset = 145, .size = 628},
      {DELTA_OP_CLOSE},
      {DELTA_OP_NO_SOURCE},
      {DELTA_OP_SPLICE, .mode = 1, .size = 1, .offset = 773},
  };
  g_autoptr (GByteArray) written = g_byte_array_new ();
  const guint8 *at = bytes;
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++) {
    DeltaOp op;
    g_assert_true (delta_op_read (&at, bytes + sizeof bytes, i == 0, &op, NULL));
    g_assert_cmpmem (&op, sizeof op, &expected[i], sizeof op);
    delta_op_append (written, &op, i == 0);
  }
  g_assert_true (at == bytes + sizeof bytes);
  g_assert_cmpmem (written->data, written->len, bytes, sizeof bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/delta/names", test_names);
  g_test_add_func ("/delta/superblock", test_superblock);
  g_test_add_func ("/delta/superblock/damaged", test_superblock_damaged);
  g_test_add_func ("/delta/superblock/guess", test_guess);
  g_test_add_func ("/delta/superblock/sizes-of", test_sizes_of);
  g_test_add_func ("/delta/superblock/sizes", test_sizes);
  g_test_add_func ("/delta/patch", test_patch);
  g_test_add_func ("/delta/patch/hostile", test_patch_hostile);
  g_test_add_func ("/delta/payload", test_payload);
  g_test_add_func ("/delta/ops/vector", test_ops_vector);
  g_test_add_func ("/delta/exec", test_exec);
  g_test_add_func ("/delta/exec/cut", test_exec_cut);
  g_test_add_func ("/delta/exec/hostile", test_exec_hostile);
  g_test_add_func ("/delta/exec/metadata", test_exec_metadata);
  return g_test_run ();
}
