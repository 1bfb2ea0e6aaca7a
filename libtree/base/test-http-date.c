/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/http-date.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/http-date", test_date);
  return g_test_run ();
}
