/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "serve/http.h"

static void
test_date (void)
{
  char text[HTTP_DATE_LEN + 1];
  http_date_format (784111777, text);
  g_assert_cmpstr (text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
  gint64 time_s = -1;
  g_assert_true (http_date_parse (text, &time_s));
  g_assert_cmpint (time_s, ==, 784111777);
  http_date_format (-5, text);
  g_assert_cmpstr (text, ==, "Thu, 01 Jan 1970 00:00:00 GMT");
  http_date_format (G_MAXINT64, text);
  g_assert_cmpstr (text, ==, "Fri, 31 Dec 9999 23:59:59 GMT");

  static const char *const bad[] = {
      "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, x6 Nov 1994 08:49:37 GMT"};
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (http_date_parse (bad[i], &time_s));
}

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
  g_test_add_func ("/serve/http/date", test_date);
  g_test_add_func ("/serve/http/range", test_range);
  g_test_add_func ("/serve/http/etag", test_etag);
  return g_test_run ();
}
