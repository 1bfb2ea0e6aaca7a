/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/body.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"

static int
open_tmp (void)
{
  int fd = open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

/* Appends @n bytes in uneven pieces and checks what comes out. */
static void
fill_and_check (FetchBody *body, gsize n)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *bytes = g_malloc (n + 1);
  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8)(i * 7 + i / 251);
  for (gsize at = 0, step = 1; at < n; at += step, step = MIN (step * 3, n - at)) {
    step = MIN (step, n - at);
    g_assert_true (body_append (body, bytes + at, step, &error));
  }
  g_assert_cmpuint (body_size (body), ==, n);
  const guint8 *data;
  gsize len;
  g_assert_true (fetch_body_data (body, &data, &len, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (data, len, bytes, n);
}

static void
test_memory (void)
{
  autofd int tmp = open_tmp ();
  g_autoptr (BodyPool) pool = body_pool_new (tmp, 100 * 1024, 50 * 1024);
  g_autoptr (FetchBody) body = body_new (pool);
  body_expect (body, 10);
  fill_and_check (body, 20 * 1024);
  gsize used = body_pool_used (pool);
  g_assert_cmpuint (used, >=, 20 * 1024);
  g_assert_cmpuint (used, <=, 50 * 1024);
  g_clear_pointer (&body, fetch_body_free);
  g_assert_cmpuint (body_pool_used (pool), ==, 0);
}

static void
test_spill (void)
{
  autofd int tmp = open_tmp ();
  g_autoptr (BodyPool) pool = body_pool_new (tmp, 100 * 1024, 50 * 1024);
  g_autoptr (FetchBody) large = body_new (pool);
  fill_and_check (large, 300 * 1024);
  g_assert_cmpuint (body_pool_used (pool), ==, 0);
  g_assert_false (fetch_body_is_resumed (large));
}

static void
test_crowd (void)
{
  autofd int tmp = open_tmp ();
  g_autoptr (BodyPool) pool = body_pool_new (tmp, 100 * 1024, 50 * 1024);
  FetchBody *crowd[20];
  for (gsize i = 0; i < G_N_ELEMENTS (crowd); i++) {
    crowd[i] = body_new (pool);
    body_expect (crowd[i], 30 * 1024);
    fill_and_check (crowd[i], 30 * 1024);
    g_assert_cmpuint (body_pool_used (pool), <=, 100 * 1024);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (crowd); i++)
    fetch_body_free (crowd[i]);
  g_assert_cmpuint (body_pool_used (pool), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/body/memory", test_memory);
  g_test_add_func ("/net/body/spill", test_spill);
  g_test_add_func ("/net/body/crowd", test_crowd);
  return g_test_run ();
}
