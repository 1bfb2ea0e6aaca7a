/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes and checksums that OSTree writes, for one small tree: whoever changes a serialiser so that
 * one of these differs has changed the format. */
#include "config.h"

#include <string.h>
#include <sys/stat.h>

#include "base/codec.h"
#include "base/hash.h"
#include "core/checksum.h"
#include "core/commit.h"
#include "core/dirtree.h"
#include "core/filemeta.h"
#include "core/object.h"
#include "core/sizes.h"
#include "core/summary.h"
#include "tree-error.h"

/* ---- Helpers ---- */

static GBytes *
unhex (const char *hex)
{
  gsize len = strlen (hex) / 2;
  guint8 *bytes = g_malloc (len + 1);
  for (gsize i = 0; i < len; i++)
    bytes[i] = (guint8)(g_ascii_xdigit_value (hex[2 * i]) << 4 |
                        g_ascii_xdigit_value (hex[2 * i + 1]));
  return g_bytes_new_take (bytes, len);
}

static TreeChecksum
csum (const char *hex)
{
  TreeChecksum checksum;
  g_autoptr (GError) error = NULL;
  (void)tree_checksum_from_hex (hex, &checksum, &error);
  g_assert_no_error (error);
  return checksum;
}

static void
assert_bytes (const void *data, gsize len, const char *hex)
{
  g_autoptr (GString) found = g_string_new (NULL);
  for (gsize i = 0; i < len; i++)
    g_string_append_printf (found, "%02x", ((const guint8 *)data)[i]);
  g_assert_cmpstr (found->str, ==, hex);
}

static void
assert_gbytes (GBytes *bytes, const char *hex)
{
  assert_bytes (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), hex);
}

static void
assert_sum (const void *data, gsize len, const char *hex)
{
  TreeChecksum sum;
  char found[TREE_CHECKSUM_HEX_LEN + 1];
  hash_data (data, len, &sum);
  tree_checksum_to_hex (&sum, found);
  g_assert_cmpstr (found, ==, hex);
}

static void
assert_gbytes_sum (GBytes *bytes, const char *hex)
{
  assert_sum (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), hex);
}

/* ---- The files of the tree ---- */

typedef struct {
  const char *name;
  guint32 uid;
  guint32 gid;
  guint32 mode;
  const char *target;
  const char *xattrs; /* text of an `a(ayay)` */
  const char *content;
  const char *checksum;
  const char *header; /* of the content stream; NULL: not given */
  const char *filez;
} FileVector;

#define CONF_XATTRS                                                                                \
  "[([byte 117, 115, 101, 114, 46, 97, 98, 99, 0], [byte 0, 1]), "                                 \
  "([byte 117, 115, 101, 114, 46, 102, 111, 111, 0], [byte 98, 97, 114])]"

static const FileVector files[] = {
    {"hello", 0, 0, S_IFREG | 0644, NULL, NULL, "hello world\n",
     "81381808c56d4f3d643ec12f6a18fcf2993af8daba7c2a1b2cbfc315b39424c6",
     "00000012000000000000000000000000000081a4000000000011",
     "0000001a00000000000000000000000c0000000000000000000081a40000000000"
     "19cb48cdc9c95728cf2fca49e10200"},
    {"zero", 0, 0, S_IFREG | 0644, NULL, NULL, "",
     "cc700d46f407c6c5ab2d5dde474366a928b7398277e61162e7f8ec06f469f07e", NULL,
     "0000001a0000000000000000000000000000000000000000000081a40000000000190300"},
    {"bin/prog", 0, 0, S_IFREG | 04755, NULL, NULL, "#!/bin/sh\necho hi\n",
     "0ddec1153059d00da8f4d22e1d274460fedad62359dd0bb1443ac2befbac649b",
     "00000012000000000000000000000000000089ed000000000011",
     "0000001a0000000000000000000000120000000000000000000089ed0000000000"
     "195356d44fcaccd32fcee04a4dcec857c8c8e40200"},
    {"bin/link", 0, 0, S_IFLNK | 0777, "../hello", NULL, NULL,
     "f0bf30ff6a5bacb31427c63b607523f44d6253e282f72b1fe11d93f71d7d09fa",
     "0000001a0000000000000000000000000000a1ff000000002e2e2f68656c6c6f0019",
     "0000002200000000000000000000000000000000000000000000a1ff00000000"
     "2e2e2f68656c6c6f0021"},
    {"etc/conf", 1000, 1001, S_IFREG | 0640, NULL, CONF_XATTRS, "a=1\n",
     "810bfb1979067604ad663524f940d8dee5232e303e3437ac6a6f2a2639caab14",
     "0000002d00000000000003e8000003e9000081a00000000000757365722e616263"
     "00000109757365722e666f6f00626172090c1911",
     "00000035000000000000000000000004000003e8000003e9000081a00000000000757365722e616263"
     "00000109757365722e666f6f00626172090c19194bb435e40200"},
    /* What a bare-user-only repository makes of two of them. */
    {"etc/conf canonical", 0, 0, S_IFREG | 0640, NULL, NULL, "a=1\n",
     "74954157463bf720903b2ddb2344b8d48136c87f8d18e4140e94298e2e4b7386", NULL, NULL},
    {"bin/prog canonical", 0, 0, S_IFREG | 0755, NULL, NULL, "#!/bin/sh\necho hi\n",
     "89b350d278ff59ba4780bc377b8ebfee8ade6b55c99fab1ec84e133bc6ea52c5", NULL, NULL},
};

static void
to_meta (const FileVector *vector, FileMeta *out)
{
  *out = (FileMeta){vector->uid, vector->gid, vector->mode, g_strdup (vector->target), NULL};
  if (vector->xattrs != NULL) {
    g_autoptr (GError) error = NULL;
    out->xattrs = g_variant_parse (G_VARIANT_TYPE ("a(ayay)"), vector->xattrs, NULL, NULL, &error);
    g_assert_no_error (error);
  }
}

static void
test_content (gconstpointer data)
{
  const FileVector *vector = data;
  g_auto (FileMeta) meta = {0};
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  to_meta (vector, &meta);
  filemeta_content_header (&meta, stream);
  if (vector->header != NULL)
    assert_bytes (stream->data, stream->len, vector->header);
  if (vector->content != NULL)
    g_byte_array_append (stream, (const guint8 *)vector->content, (guint)strlen (vector->content));
  assert_sum (stream->data, stream->len, vector->checksum);
}

static void
test_archive (gconstpointer data)
{
  const FileVector *vector = data;
  g_autoptr (GError) error = NULL;
  g_auto (FileMeta) meta = {0};
  g_autoptr (GByteArray) header = g_byte_array_new ();
  g_autoptr (GBytes) filez = unhex (vector->filez);
  gsize len = 0;
  const guint8 *bytes = g_bytes_get_data (filez, &len);
  guint64 size = vector->content != NULL ? strlen (vector->content) : 0;
  to_meta (vector, &meta);
  filemeta_archive_header (&meta, size, header);
  g_assert_cmpmem (header->data, header->len, bytes, MIN (len, header->len));
  /* And back. */
  g_auto (FileMeta) parsed = {0};
  guint64 parsed_size = 0;
  (void)filemeta_parse_archive_header (bytes + 8, header->len - 8, &parsed, &parsed_size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (parsed_size, ==, size);
  g_assert_cmpuint (parsed.uid, ==, vector->uid);
  g_assert_cmpuint (parsed.gid, ==, vector->gid);
  g_assert_cmpuint (parsed.mode, ==, vector->mode);
  g_assert_cmpstr (parsed.target, ==, vector->target);
  g_assert_true (parsed.xattrs == meta.xattrs || g_variant_equal (parsed.xattrs, meta.xattrs));
  if (vector->content == NULL) {
    g_assert_cmpuint (len, ==, header->len);
    return;
  }
  char content[64];
  g_autoptr (Codec) codec = codec_new ();
  (void)codec_inflate (codec, bytes + header->len, len - header->len, content, size, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (content, size, vector->content, size);
}

static void
test_bare_user (void)
{
  g_auto (FileMeta) conf = {0};
  g_auto (FileMeta) hello = {0};
  to_meta (&files[4], &conf);
  to_meta (&files[0], &hello);
  g_autoptr (GBytes) conf_bytes = filemeta_to_dirmeta (&conf);
  g_autoptr (GBytes) hello_bytes = filemeta_to_dirmeta (&hello);
  assert_gbytes (conf_bytes, "000003e8000003e9000081a0757365722e61626300000109757365722e666f6f00"
                             "626172090c19");
  assert_gbytes (hello_bytes, "0000000000000000000081a4");
  g_auto (FileMeta) parsed = {0};
  g_assert_true (filemeta_parse_dirmeta (conf_bytes, 0, &parsed, NULL));
  g_assert_cmpuint (parsed.gid, ==, 1001);
  g_assert_false (filemeta_parse_dirmeta (conf_bytes, S_IFDIR, &parsed, NULL));
}

#define META_755 "446a0ef11b7cc167f3b603e585c7eeeeb675faa412d5ec73f62988eb0b6c5488"
#define META_700 "84641b0a39d8c873690da8f32aea21cf5d6fff354f85e045f6f5ecdc8e7758d0"

static void
test_dirmeta (void)
{
  FileMeta meta = {.mode = S_IFDIR | 0755};
  g_autoptr (GBytes) open = filemeta_to_dirmeta (&meta);
  assert_gbytes (open, "0000000000000000000041ed");
  assert_gbytes_sum (open, META_755);
  meta.mode = S_IFDIR | 0700;
  g_autoptr (GBytes) closed = filemeta_to_dirmeta (&meta);
  assert_gbytes (closed, "0000000000000000000041c0");
  assert_gbytes_sum (closed, META_700);
}

/* ---- Directories ---- */

#define TREE_EMPTY "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define TREE_BIN "0c71503f8167f05fd07e389e02fa2f47f556924ce2184564f1d28bec5ff6aacd"
#define TREE_ETC "f7d19635ab697caf5831e7b5fc95bfbe1d6cb8f5e53de650bc7027034d166bd5"
#define TREE_ROOT "b29b504b1255d440b438a9127c58f64100740941a68ebb7741d0f6c3c79b52c2"
#define TREE_ROOT_CANONICAL "e3f8fece555aaa596b04701b6236e5009d57cc36c8575dd6ba1551356fbc1985"

static GBytes *
root_tree (const char *bin, const char *etc)
{
  DirTreeEntry root_files[] = {{"hello", csum (files[0].checksum), {{0}}},
                               {"zero", csum (files[1].checksum), {{0}}}};
  DirTreeEntry root_dirs[] = {{"bin", csum (bin), csum (META_755)},
                              {"empty", csum (TREE_EMPTY), csum (META_700)},
                              {"etc", csum (etc), csum (META_755)}};
  return dirtree_build (root_files, 2, root_dirs, 3);
}

static void
test_dirtree (void)
{
  g_autoptr (GBytes) empty = dirtree_build (NULL, 0, NULL, 0);
  assert_gbytes (empty, "00");
  assert_gbytes_sum (empty, TREE_EMPTY);
  DirTreeEntry bin[] = {{"link", csum (files[3].checksum), {{0}}},
                        {"prog", csum (files[2].checksum), {{0}}}};
  g_autoptr (GBytes) bin_bytes = dirtree_build (bin, 2, NULL, 0);
  assert_gbytes (bin_bytes,
                 "6c696e6b00f0bf30ff6a5bacb31427c63b607523f44d6253e282f72b1fe11d93f71d7d09fa05"
                 "70726f67000ddec1153059d00da8f4d22e1d274460fedad62359dd0bb1443ac2befbac649b05"
                 "264c4e");
  assert_gbytes_sum (bin_bytes, TREE_BIN);
  DirTreeEntry etc[] = {{"conf", csum (files[4].checksum), {{0}}}};
  g_autoptr (GBytes) etc_bytes = dirtree_build (etc, 1, NULL, 0);
  assert_gbytes (etc_bytes, "636f6e6600810bfb1979067604ad663524f940d8dee5232e303e3437ac6a6f2a2639"
                            "caab14052627");
  assert_gbytes_sum (etc_bytes, TREE_ETC);
  g_autoptr (GBytes) root = root_tree (TREE_BIN, TREE_ETC);
  g_assert_cmpuint (g_bytes_get_size (root), ==, 296);
  assert_gbytes_sum (root, TREE_ROOT);
}

static void
test_dirtree_canonical (void)
{
  DirTreeEntry bin[] = {{"link", csum (files[3].checksum), {{0}}},
                        {"prog", csum (files[6].checksum), {{0}}}};
  DirTreeEntry etc[] = {{"conf", csum (files[5].checksum), {{0}}}};
  g_autoptr (GBytes) bin_bytes = dirtree_build (bin, 2, NULL, 0);
  g_autoptr (GBytes) etc_bytes = dirtree_build (etc, 1, NULL, 0);
  assert_gbytes_sum (bin_bytes, "ffa69afe37e0d2f04b5a6e346a6cf93ef2a0b523a31495728ed815d7bfb12b69");
  assert_gbytes_sum (etc_bytes, "fd7fa535e6b02ed8530f0f40741b6ef21afe4f1e30904b09eb194671371f4788");
  g_autoptr (GBytes)
      root = root_tree ("ffa69afe37e0d2f04b5a6e346a6cf93ef2a0b523a31495728ed815d7bfb12b69",
                        "fd7fa535e6b02ed8530f0f40741b6ef21afe4f1e30904b09eb194671371f4788");
  assert_gbytes_sum (root, TREE_ROOT_CANONICAL);
}

/* ---- Commits ---- */

static GVariant *
metadata (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *parsed = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  g_assert_no_error (error);
  return parsed;
}

static GBytes *
build_commit (GVariant *meta, const char *parent, const char *subject, const char *body,
              guint64 timestamp, const char *root)
{
  TreeChecksum tree = csum (root);
  TreeChecksum dirmeta = csum (META_755);
  TreeChecksum parent_sum = csum (parent != NULL ? parent : META_755);
  return commit_build (meta, parent != NULL ? &parent_sum : NULL, subject, body, timestamp, &tree,
                       &dirmeta);
}

#define BODY "The body\nline two"
#define COMMIT_PLAIN "ba739ab5439a2277bc542480b2a15ed7cb9b7ab23f735a06eb0fe8dca28b61ee"
#define COMMIT_VERSION "b52340ef0b1222d495fcc6a7cbeaaa082ea939715e4f321c2e73d3afc16111d1"

static void
test_commit_bytes (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = build_commit (NULL, NULL, "A subject", BODY, 1700000000, TREE_ROOT);
  assert_gbytes (bytes, "41207375626a6563740054686520626f64790a6c696e652074776f000000000000000000"
                        "6553f100" TREE_ROOT META_755 "481c0a000000");
  assert_gbytes_sum (bytes, COMMIT_PLAIN);
  g_auto (Commit) commit = {0};
  (void)commit_parse (bytes, &commit, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (commit.subject, ==, "A subject");
  g_assert_cmpstr (commit.body, ==, BODY);
  g_assert_cmpuint (commit.timestamp, ==, 1700000000);
  g_assert_false (commit.has_parent);
  TreeChecksum content;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  commit_content_checksum (&commit, &content);
  tree_checksum_to_hex (&content, hex);
  g_assert_cmpstr (hex, ==, "cf9fe3ba22d5a8af40809af973f4d7afb061d8dd3934e186e8333fdb572d3dd7");
}

static void
assert_commit (GBytes *bytes, gsize size, const char *checksum)
{
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, size);
  assert_gbytes_sum (bytes, checksum);
  g_bytes_unref (bytes);
}

/* Keys keep the order in which they are given: it is part of the checksum. */
static void
test_commit_metadata (void)
{
  assert_commit (build_commit (NULL, NULL, "", "", 1700000000, TREE_ROOT), 86,
                 "458eddc5297ff96e62ca87c48a6f9a1215abf9e5449de199706b2f0419537603");
  assert_commit (build_commit (metadata ("{'version': <'1.0'>, 'foo': <'bar'>}"), NULL, "S", "",
                               1700000000, TREE_ROOT),
                 118, COMMIT_VERSION);
  assert_commit (build_commit (metadata ("{'ostree.ref-binding': <['v/b']>}"), NULL, "S", "",
                               1700000000, TREE_ROOT),
                 118, "740d5ebad7230e0e42019df5b688df9ac6e0181614897cdc4ea7649d6d1a525b");
  assert_commit (build_commit (NULL, NULL, "A subject", BODY, 1700000000, TREE_ROOT_CANONICAL), 110,
                 "cad1fc538f56ec5334f904b06ae994a6f2228b89b59fc636eeecad5c3ff48e76");
}

/* Numbers that a user adds are stored as the writing machine has them: these bytes are a little
 * endian's. */
static void
test_commit_number (void)
{
  GVariantBuilder builder;
  const guint8 five[] = {5, 0, 0, 0};
  g_autoptr (GBytes) five_bytes = g_bytes_new_static (five, sizeof five);
  static const char *const list[] = {"x", "y", NULL};
  static const char *const refs[] = {"aa/bb", "v/c", "zz", NULL};
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "n",
                         g_variant_new_from_bytes (G_VARIANT_TYPE_UINT32, five_bytes, TRUE));
  g_variant_builder_add (&builder, "{sv}", "list", g_variant_new_strv (list, -1));
  g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_REF_BINDING, g_variant_new_strv (refs, -1));
  assert_commit (
      build_commit (g_variant_builder_end (&builder), NULL, "S", "", 1700000000, TREE_ROOT), 174,
      "dc0574bab63b78922771c3e202db745ec5869f77a15e314ef5753ad02bcb1462");
}

typedef struct {
  const char *checksum;
  const char *tail; /* varints of the archived and the unpacked size, and the type */
} SizeEntry;

/* The sizes of every object but the commit, sorted by checksum. */
static void
test_commit_sizes (void)
{
  static const SizeEntry entries[] = {
      {TREE_BIN, "4f4f02"},
      {"0ddec1153059d00da8f4d22e1d274460fedad62359dd0bb1443ac2befbac649b", "361201"},
      {META_755, "0c0c03"},
      {TREE_EMPTY, "010102"},
      {"810bfb1979067604ad663524f940d8dee5232e303e3437ac6a6f2a2639caab14", "430401"},
      {"81381808c56d4f3d643ec12f6a18fcf2993af8daba7c2a1b2cbfc315b39424c6", "300c01"},
      {META_700, "0c0c03"},
      {TREE_ROOT, "a802a80202"},
      {"cc700d46f407c6c5ab2d5dde474366a928b7398277e61162e7f8ec06f469f07e", "240001"},
      {"f0bf30ff6a5bacb31427c63b607523f44d6253e282f72b1fe11d93f71d7d09fa", "2a0801"},
      {TREE_ETC, "282802"},
  };
  g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (ObjectSizes));
  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++) {
    g_autofree char *hex = g_strconcat (entries[i].checksum, entries[i].tail, NULL);
    g_autoptr (GBytes) bytes = unhex (hex);
    g_autoptr (GVariant) element = g_variant_ref_sink (
        g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, FALSE));
    g_autoptr (GError) error = NULL;
    ObjectSizes entry;
    (void)sizes_parse (element, &entry, &error);
    g_assert_no_error (error);
    g_array_prepend_val (sizes, entry);
  }
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", COMMIT_KEY_SIZES, sizes_build (sizes));
  assert_commit (
      build_commit (g_variant_builder_end (&builder), NULL, "S", "", 1700000000, TREE_ROOT), 524,
      "f524b27f01b6772995c3f9638618849b9878f43452aab9f091bb072a970ad863");
}

static void
test_damaged_sizes (void)
{
  static const char *const tails[] = {"",       "80",     "01",         "0180",
                                      "01017f", "010100", "0101010100", "ffffffffffffffffff0201"};
  for (gsize i = 0; i < G_N_ELEMENTS (tails); i++) {
    g_autofree char *hex = g_strconcat (META_755, tails[i], NULL);
    g_autoptr (GBytes) bytes = unhex (hex);
    g_autoptr (GVariant) element = g_variant_ref_sink (
        g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, FALSE));
    g_autoptr (GError) error = NULL;
    ObjectSizes entry;
    g_assert_false (sizes_parse (element, &entry, &error));
    g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  }
}

static void
test_commit_parent (void)
{
  /* The same tree with canonical permissions and no attributes. */
  DirTreeEntry bin[] = {{"link", csum (files[3].checksum), {{0}}},
                        {"prog", csum (files[6].checksum), {{0}}}};
  DirTreeEntry etc[] = {{"conf", csum (files[5].checksum), {{0}}}};
  g_autoptr (GBytes) bin_bytes = dirtree_build (bin, 2, NULL, 0);
  g_autoptr (GBytes) etc_bytes = dirtree_build (etc, 1, NULL, 0);
  assert_gbytes_sum (bin_bytes, "ffa69afe37e0d2f04b5a6e346a6cf93ef2a0b523a31495728ed815d7bfb12b69");
  assert_gbytes_sum (etc_bytes, "fd7fa535e6b02ed8530f0f40741b6ef21afe4f1e30904b09eb194671371f4788");
  g_autoptr (GBytes)
      root = root_tree ("ffa69afe37e0d2f04b5a6e346a6cf93ef2a0b523a31495728ed815d7bfb12b69",
                        "fd7fa535e6b02ed8530f0f40741b6ef21afe4f1e30904b09eb194671371f4788");
  TreeChecksum root_sum;
  char root_hex[TREE_CHECKSUM_HEX_LEN + 1];
  hash_data (g_bytes_get_data (root, NULL), g_bytes_get_size (root), &root_sum);
  tree_checksum_to_hex (&root_sum, root_hex);
  g_autoptr (GBytes) bytes = build_commit (NULL, COMMIT_VERSION, "S2", "", 1700000100, root_hex);
  g_autoptr (GError) error = NULL;
  g_auto (Commit) commit = {0};
  (void)commit_parse (bytes, &commit, &error);
  g_assert_no_error (error);
  g_assert_true (commit.has_parent);
  TreeChecksum parent = csum (COMMIT_VERSION);
  g_assert_true (tree_checksum_equal (&commit.parent, &parent));
  TreeChecksum content;
  char hex[TREE_CHECKSUM_HEX_LEN + 1];
  commit_content_checksum (&commit, &content);
  tree_checksum_to_hex (&content, hex);
  g_assert_cmpstr (hex, ==, "474745794b5a8c6faa1bb23667e83e0917505a206933d3d67139e53c2a490bf4");
  assert_commit (g_steal_pointer (&bytes), 118,
                 "25193b72fe152a2aa203197f6d4f60cf161d4fc1a9553f00d91f1a38dbe58dd8");
}

/* ---- Small objects and names ---- */

static void
test_tombstone (void)
{
  const char *hex = "e17164992fa568983992b44ac156066b260d8ea8c1420ab7fc16eca56504ca0f";
  TreeChecksum commit = csum (hex);
  g_autoptr (GString) expected = g_string_new ("636f6d6d69740000");
  for (const char *at = hex; *at != '\0'; at++)
    g_string_append_printf (expected, "%02x", *at);
  g_string_append (expected, "00006179074d");
  g_autoptr (GBytes) bytes = commit_build_tombstone (&commit);
  assert_gbytes (bytes, expected->str);
}

static void
test_commitmeta (void)
{
  g_autoptr (GVariant) plain = metadata ("{'k': <'v'>}");
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (plain);
  assert_gbytes (bytes, "6b0000000000000076000073020d");
  /* A signature by the engine for tests, whose key is "dummykey". */
  g_autoptr (GVariant)
      dummy = metadata ("{'ostree.sign.dummy': <[[byte 100, 117, 109, 109, 121, 107, 101, 121]]>}");
  g_autoptr (GBytes) signed_bytes = g_variant_get_data_as_bytes (dummy);
  assert_gbytes (signed_bytes, "6f73747265652e7369676e2e64756d6d790000000000000064756d6d796b6579"
                               "08006161791226");
}

static void
test_names (void)
{
  TreeChecksum from = csum ("105952cdf0ef4c1f0a9166c854864e64c786c0030f7443a8b0ac64e726a39e0e");
  TreeChecksum to = csum ("11f43feeb6257e1f7ed63d08167258f1fc21d2ccc2d65cf97cbb2e2229ec0035");
  char b64[CHECKSUM_B64_LEN + 1];
  checksum_to_b64 (&from, b64);
  g_assert_cmpstr (b64, ==, "EFlSzfDvTB8KkWbIVIZOZMeGwAMPdEOosKxk5yajng4");
  checksum_to_b64 (&to, b64);
  g_assert_cmpstr (b64, ==, "EfQ_7rYlfh9+1j0IFnJY8fwh0szC1lz5fLsuIinsADU");
  TreeChecksum back;
  g_assert_true (checksum_from_b64 (b64, &back));
  g_assert_true (tree_checksum_equal (&to, &back));
  char path[OBJECT_PATH_MAX];
  object_path (&(ObjectName){from, TREE_OBJECT_FILE}, TRUE, path);
  g_assert_cmpstr (path, ==,
                   "10/5952cdf0ef4c1f0a9166c854864e64c786c0030f7443a8b0ac64e726a39e0e.filez");
  object_path (&(ObjectName){from, TREE_OBJECT_TOMBSTONE}, TRUE, path);
  g_assert_cmpstr (
      path, ==,
      "10/5952cdf0ef4c1f0a9166c854864e64c786c0030f7443a8b0ac64e726a39e0e.tombstone-commit");
}

#define SUMMARY_HEX                                                                                \
  "742f720000000000a600000000000000eb81c71f57c26f686273cb610e3b6aca06290577f0ba32fe2c5dd3064f5dd4" \
  "bd6f73747265652e636f6d6d69742e76657273696f6e00000037000073160000006f73747265652e636f6d6d69742e" \
  "74696d657374616d7000000000006553f1640074181d432804776f73747265652e73756d6d6172792e6d6f64650000" \
  "000000617263686976652d7a320000731400006f73747265652e73756d6d6172792e6c6173742d6d6f646966696564" \
  "00000000000000006b01886c00741d00000000006f73747265652e73756d6d6172792e746f6d6273746f6e652d636f" \
  "6d6d697473000000000000000000006221000000006f73747265652e73756d6d6172792e696e64657865642d64656c" \
  "7461730000000100621e265384ac7800"

static void
test_summary (void)
{
  SummaryRef ref = {
      .name = "t/r",
      .commit_size = 166,
      .timestamp = 1700000100,
      .version = "7",
      .checksum = csum ("eb81c71f57c26f686273cb610e3b6aca06290577f0ba32fe2c5dd3064f5dd4bd")};
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", SUMMARY_KEY_MODE, g_variant_new_string ("archive-z2"));
  g_variant_builder_add (&builder, "{sv}", SUMMARY_KEY_LAST_MODIFIED,
                         g_variant_new_uint64 (GUINT64_TO_BE (G_GUINT64_CONSTANT (0x6b01886c))));
  g_variant_builder_add (&builder, "{sv}", SUMMARY_KEY_TOMBSTONES, g_variant_new_boolean (FALSE));
  g_variant_builder_add (&builder, "{sv}", SUMMARY_KEY_INDEXED_DELTAS,
                         g_variant_new_boolean (TRUE));
  g_autoptr (GBytes)
      bytes = summary_build (summary_build_refs (&ref, 1), g_variant_builder_end (&builder));
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 298);
  assert_gbytes (bytes, SUMMARY_HEX);
  g_autoptr (GError) error = NULL;
  g_auto (Summary) summary = {0};
  (void)summary_parse (bytes, &summary, &error);
  g_assert_no_error (error);
  SummaryRef found;
  g_assert_true (summary_find (summary.refs, "t/r", &found));
  g_assert_cmpuint (found.commit_size, ==, 166);
  g_assert_cmpuint (found.timestamp, ==, 1700000100);
  g_assert_cmpstr (found.version, ==, "7");
  g_assert_true (tree_checksum_equal (&found.checksum, &ref.checksum));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *content = g_strconcat ("/core/vectors/content/", files[i].name, NULL);
    g_autofree char *archive = g_strconcat ("/core/vectors/archive/", files[i].name, NULL);
    g_test_add_data_func (content, &files[i], test_content);
    if (files[i].filez != NULL)
      g_test_add_data_func (archive, &files[i], test_archive);
  }
  g_test_add_func ("/core/vectors/bare-user", test_bare_user);
  g_test_add_func ("/core/vectors/dirmeta", test_dirmeta);
  g_test_add_func ("/core/vectors/dirtree", test_dirtree);
  g_test_add_func ("/core/vectors/dirtree-canonical", test_dirtree_canonical);
  g_test_add_func ("/core/vectors/commit-bytes", test_commit_bytes);
  g_test_add_func ("/core/vectors/commit-metadata", test_commit_metadata);
  g_test_add_func ("/core/vectors/commit-number", test_commit_number);
  g_test_add_func ("/core/vectors/commit-sizes", test_commit_sizes);
  g_test_add_func ("/core/vectors/commit-damaged-sizes", test_damaged_sizes);
  g_test_add_func ("/core/vectors/commit-parent", test_commit_parent);
  g_test_add_func ("/core/vectors/tombstone", test_tombstone);
  g_test_add_func ("/core/vectors/commitmeta", test_commitmeta);
  g_test_add_func ("/core/vectors/names", test_names);
  g_test_add_func ("/core/vectors/summary", test_summary);
  return g_test_run ();
}
