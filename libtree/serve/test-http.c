/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/http.h"

static void
test_range (void)
{
  static const struct {
    const char *text;
    HttpRange result;
    guint64 start, len;
  } cases[] = {
      {NULL, HTTP_RANGE_NONE, 0, 0},
      {"bytes=0-", HTTP_RANGE_PART, 0, 100},
      {"bytes=0-0", HTTP_RANGE_PART, 0, 1},
      {"bytes=10-19", HTTP_RANGE_PART, 10, 10},
      {"bytes=90-1000", HTTP_RANGE_PART, 90, 10},
      {"bytes=99-99", HTTP_RANGE_PART, 99, 1},
      {"bytes=-10", HTTP_RANGE_PART, 90, 10},
      {"bytes=-1000", HTTP_RANGE_PART, 0, 100},
      {"bytes=100-", HTTP_RANGE_BAD, 0, 0},
      {"bytes=-0", HTTP_RANGE_BAD, 0, 0},
      {"bytes=5-4", HTTP_RANGE_NONE, 0, 0},
      {"bytes=0-1,5-6", HTTP_RANGE_NONE, 0, 0},
      {"bytes=-", HTTP_RANGE_NONE, 0, 0},
      {"bytes=", HTTP_RANGE_NONE, 0, 0},
      {"bytes=99999999999999999999999-", HTTP_RANGE_NONE, 0, 0},
      {"lines=1-2", HTTP_RANGE_NONE, 0, 0},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 start = 0, len = 0;
    g_assert_cmpint (http_range_parse (cases[i].text, 100, &start, &len), ==, cases[i].result);
    g_assert_cmpuint (start, ==, cases[i].start);
    g_assert_cmpuint (len, ==, cases[i].len);
  }
  guint64 start, len;
  g_assert_cmpint (http_range_parse ("bytes=0-", 0, &start, &len), ==, HTTP_RANGE_BAD);
}

static void
test_etag (void)
{
  g_assert_true (http_etag_in_list ("\"a\"", "\"a\""));
  g_assert_true (http_etag_in_list ("\"b\", W/\"a\"", "\"a\""));
  g_assert_true (http_etag_in_list ("*", "\"a\""));
  g_assert_false (http_etag_in_list ("\"ab\", a", "\"a\""));
  g_assert_false (http_etag_in_list ("", "\"a\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/http/range", test_range);
  g_test_add_func ("/serve/http/etag", test_etag);
  return g_test_run ();
}
