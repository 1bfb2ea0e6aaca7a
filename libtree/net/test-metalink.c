/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "net/metalink.h"
#include "tree-error.h"

#define SHA256_FOO "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define SHA512_FOO                                                                                 \
  "f7fbba6e0636f890e56fbbf3283e524c6fa3204ae298382d624741d0dc6638326e282c41be5e4254d8820772c5518a" \
  "2c5a8c0c7f7eda19594a7eb539453e1ed7"
#define HASH(type, value) "<hash type=\"" type "\">" value "</hash>"
#define VERIFICATION(hashes) "<verification>" hashes "</verification>"
#define URL(attributes, url) "<url " attributes ">" url "</url>"
#define RESOURCES(urls) "<resources>" urls "</resources>"
#define FILE_ELEMENT(content) "<file name=\"summary\">" content "</file>"
#define METALINK(content) "<?xml version=\"1.0\"?><metalink><files>" content "</files></metalink>"
#define ONE_URL RESOURCES (URL ("", "http://a/summary"))

static gboolean
parse (const char *text, Metalink *out, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  return metalink_parse (bytes, "summary", out, error);
}

static void
assert_bad (const char *text, const char *pattern)
{
  g_auto (Metalink) link = {0};
  g_autoptr (GError) error = NULL;
  g_assert_false (parse (text, &link, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_CORRUPT);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("'%s' should match '%s'", error->message, pattern);
}

static void
assert_urls (const Metalink *link, const char *expected)
{
  g_autofree char *joined = g_strjoinv (" ", link->urls);
  g_assert_cmpstr (joined, ==, expected);
}

static void
test_version3 (void)
{
  g_auto (Metalink) link = {0};
  g_autoptr (GError) error = NULL;
  g_assert_true (
      parse (METALINK (FILE_ELEMENT (
                 "<size> 3 </size>" VERIFICATION (HASH ("md5", "x") HASH ("sha512", SHA512_FOO)
                                                      HASH ("sha256", SHA256_FOO))
                     RESOURCES (URL ("preference=\"90\"", "http://c/summary")
                                    URL ("preference=\"100\"", "http://a/summary")
                                        URL ("preference=\"90\"", "https://d/summary?x=1&amp;y=2")
                                            URL ("preference=\"100\"", "ftp://b/summary")
                                                URL ("", "http://e/sum mary")))),
             &link, &error));
  g_assert_no_error (error);
  g_assert_true (link.has_size);
  g_assert_cmpuint (link.size, ==, 3);
  g_assert_cmpint (link.hash_type, ==, G_CHECKSUM_SHA512);
  assert_urls (&link, "http://a/summary http://c/summary https://d/summary?x=1&y=2");
}

static void
test_rfc5854 (void)
{
  g_auto (Metalink) link = {0};
  g_autoptr (GError) error = NULL;
  g_assert_true (parse ("<metalink>" FILE_ELEMENT (
                            HASH ("sha-256", SHA256_FOO) URL ("priority=\"2\"", "https://b/summary")
                                URL ("priority=\"1\"", "https://a/s")) "</metalink>",
                        &link, &error));
  g_assert_no_error (error);
  g_assert_false (link.has_size);
  assert_urls (&link, "https://a/s https://b/summary");
}

/* What mirror managers put beside it about older versions, other files, and what nobody knows. */
static void
test_places (void)
{
  g_auto (Metalink) link = {0};
  g_autoptr (GError) error = NULL;
  g_assert_true (parse (
      METALINK (
          "<deeply><nested><unknown>text</unknown></nested></deeply>"
          "<file name=\"config\"><size>9</size>" VERIFICATION (HASH ("sha256", "nonsense")) ONE_URL
          "</file>" FILE_ELEMENT ("<alternates><alternate><size>4</size>" VERIFICATION (HASH (
              "sha256",
              "nonsense")) "</alternate></alternates>"
                           "<pieces type=\"sha256\"><hash piece=\"0\">nonsense</hash></pieces>"
                           "<size>3</size>" VERIFICATION (HASH ("sha256", SHA256_FOO)) ONE_URL)
              FILE_ELEMENT ("<size>5</size>" VERIFICATION (HASH ("sha256", "nonsense")))),
      &link, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (link.size, ==, 3);
  assert_urls (&link, "http://a/summary");
}

static void
test_bad (void)
{
  assert_bad ("bacon", "*Document must begin with an element*");
  assert_bad ("", "*");
  assert_bad ("<metalink><files>", "*");
  assert_bad (METALINK (""), "No <file name=\"summary\"> element found");
  assert_bad (METALINK (FILE_ELEMENT (VERIFICATION (HASH ("sha512", "bacon")) ONE_URL)),
              "Invalid hash digest for sha512");
  assert_bad (METALINK (FILE_ELEMENT (VERIFICATION (HASH ("sha512", SHA256_FOO)) ONE_URL)),
              "Invalid hash digest for sha512");
  assert_bad (METALINK (FILE_ELEMENT (VERIFICATION (HASH ("md5", "x")) ONE_URL)),
              "No <verification> element with known *");
  assert_bad (METALINK (FILE_ELEMENT (VERIFICATION (HASH ("sha256", SHA256_FOO)))),
              "No <url method='http'> elements found*");
  assert_bad (METALINK (FILE_ELEMENT ("<size>many</size>" ONE_URL)), "Invalid size 'many'");
  g_autofree char *long_text = g_strnfill (5000, 'x');
  g_autofree char *text = g_strdup_printf (
      METALINK (FILE_ELEMENT (RESOURCES ("<url>http://%s</url>"))), long_text);
  assert_bad (text, "an element with more than 4096 bytes of text");
}

static void
test_check (void)
{
  static const char *const hashes[] = {HASH ("sha256", SHA256_FOO), HASH ("sha512", SHA512_FOO)};
  g_autoptr (GBytes) foo = g_bytes_new_static ("foo", 3);
  g_autoptr (GBytes) bar = g_bytes_new_static ("bar", 3);
  g_autoptr (GBytes) longer = g_bytes_new_static ("foo.", 4);
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++) {
    g_auto (Metalink) link = {0};
    g_autoptr (GError) error = NULL;
    g_autofree char *text = g_strdup_printf (
        METALINK (FILE_ELEMENT ("<size>3</size>" VERIFICATION ("%s") ONE_URL)), hashes[i]);
    g_assert_true (parse (text, &link, &error));
    g_assert_true (metalink_check (&link, foo, &error));
    g_assert_no_error (error);
    g_assert_false (metalink_check (&link, bar, &error));
    g_assert_nonnull (strstr (error->message, "Expected checksum is"));
    g_clear_error (&error);
    g_assert_false (metalink_check (&link, longer, &error));
    g_assert_nonnull (strstr (error->message, "Expected size is 3 bytes but content is 4 bytes"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/metalink/version3", test_version3);
  g_test_add_func ("/net/metalink/rfc5854", test_rfc5854);
  g_test_add_func ("/net/metalink/places", test_places);
  g_test_add_func ("/net/metalink/bad", test_bad);
  g_test_add_func ("/net/metalink/check", test_check);
  return g_test_run ();
}
