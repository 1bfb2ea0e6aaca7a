/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists are written as words: "a0 b1*" is commit a serial 0 of stateroot os, and commit b serial 1,
 * pinned. Stateroot "other" is written in capitals. */
#include "config.h"

#include <string.h>

#include "deploy/origin.h"
#include "deploy/plan.h"

static Deployment *
make (const char *word)
{
  TreeChecksum checksum = {.bytes = {(guint8)g_ascii_tolower (word[0])}};
  g_autofree char *bootcsum = g_strdup_printf ("kernel-%c", g_ascii_tolower (word[0]));
  Deployment *made = deployment_new (g_ascii_isupper (word[0]) ? "other" : "os", &checksum,
                                     word[1] - '0', bootcsum, origin_new ("r:ref"),
                                     bootentry_new ());
  made->info.is_pinned = word[2] == '*';
  return made;
}

static GPtrArray *
make_list (const char *text)
{
  GPtrArray *list = deployment_list_new ();
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++)
    g_ptr_array_add (list, make (words[i]));
  return list;
}

static char *
to_text (const GPtrArray *list)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < list->len; i++) {
    const Deployment *have = list->pdata[i];
    char letter = (char)have->info.checksum.bytes[0];
    if (strcmp (have->stateroot, "other") == 0)
      letter = g_ascii_toupper (letter);
    g_string_append_printf (text, "%s%c%d%s", i > 0 ? " " : "", letter, have->info.serial,
                            have->info.is_pinned ? "*" : "");
  }
  return g_string_free (text, FALSE);
}

typedef struct {
  const char *old, *fresh, *booted, *merge, *expected;
  gboolean retain, pending, rollback, not_default;
} Case;

/* The cases without a booted deployment are what OSTree 2022.7 does. */
static const Case cases[] = {
    {"", "n0", NULL, NULL, "n0"},
    {"a0", "n0", NULL, "a0", "n0 a0"},
    {"b0 a0", "n0", NULL, "b0", "n0 b0"},
    {"b0 a0", "n0", NULL, NULL, "n0"}, /* --no-merge */
    {"b0 a0", "n0", NULL, "b0", "n0 b0 a0", .retain = TRUE},
    {"b0 a0", "n0", NULL, "b0", "n0 b0 a0", .rollback = TRUE},
    {"b0 a0", "n0", NULL, "b0", "n0 b0", .pending = TRUE},
    {"b0 a0", "n0", NULL, "b0", "b0 n0 a0", .retain = TRUE, .not_default = TRUE},
    {"b0 a0", "n0", NULL, "b0", "b0 n0", .not_default = TRUE},
    {"b0 a0", "N0", NULL, NULL, "b0 a0 N0", .not_default = TRUE},
    {"b0 a0*", "n0", NULL, "b0", "n0 b0 a0*"},
    {"A0 b0", "n0", NULL, "b0", "n0 A0 b0"},
    {"b0 a0", "n0", NULL, NULL, "n0 b0 a0", .pending = TRUE},
    {"b0 a0", "n0", NULL, NULL, "n0 b0 a0", .rollback = TRUE},
    /* Running from a deployment. */
    {"c0 b0 a0", "n0", "b0", "b0", "n0 b0"},
    {"c0 b0 a0", "n0", "b0", "b0", "n0 c0 b0", .pending = TRUE},
    {"c0 b0 a0", "n0", "b0", "b0", "n0 b0 a0", .rollback = TRUE},
    {"c0 b0 a0", "n0", "b0", "b0", "b0 n0", .not_default = TRUE},
    {"c0 b0 a0", "n0", "b0", NULL, "n0 b0"},
    {"B0 a0", "n0", "B0", "a0", "n0 B0 a0"},
};

static const Deployment *
pick (const GPtrArray *list, const char *word)
{
  if (word == NULL)
    return NULL;
  g_autoptr (Deployment) wanted = make (word);
  for (guint i = 0; i < list->len; i++)
    if (deployment_equal (list->pdata[i], wanted))
      return list->pdata[i];
  g_assert_not_reached ();
}

static void
test_deploy (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const Case *c = &cases[i];
    g_autoptr (GPtrArray) old = make_list (c->old);
    g_autoptr (Deployment) fresh = make (c->fresh);
    PlanPolicy policy = {pick (old, c->booted), pick (old, c->merge), c->retain, c->pending,
                         c->rollback,           c->not_default};
    g_autoptr (GPtrArray) list = plan_deploy (old, fresh, &policy);
    g_autofree char *text = to_text (list);
    g_assert_cmpstr (text, ==, c->expected);
  }
}

static void
test_reorder (void)
{
  g_autoptr (GPtrArray) old = make_list ("c0 b0 a0");
  g_autoptr (GPtrArray) without = plan_undeploy (old, 1);
  g_autofree char *without_text = to_text (without);
  g_assert_cmpstr (without_text, ==, "c0 a0");
  g_autoptr (GPtrArray) last_first = plan_set_default (old, 2);
  g_autofree char *last_first_text = to_text (last_first);
  g_assert_cmpstr (last_first_text, ==, "a0 c0 b0");
  g_autoptr (GPtrArray) same = plan_set_default (old, 0);
  g_autofree char *same_text = to_text (same);
  g_assert_cmpstr (same_text, ==, "c0 b0 a0");
}

static void
test_rollback (void)
{
  g_autoptr (GPtrArray) old = make_list ("c0 b0 a0");
  g_autoptr (GPtrArray) one = make_list ("c0");
  guint index = 9;
  g_assert_true (plan_rollback (old, NULL, &index));
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (plan_rollback (old, old->pdata[0], &index));
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (plan_rollback (old, old->pdata[1], &index)); /* c0 is pending */
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (plan_rollback (old, old->pdata[2], &index));
  g_assert_cmpuint (index, ==, 2);
  g_assert_false (plan_rollback (one, NULL, &index));
  g_assert_false (plan_rollback (one, one->pdata[0], &index));
}

static void
test_merge_and_marks (void)
{
  g_autoptr (GPtrArray) list = make_list ("d0 C0 c1 b0 A0 a0");
  const Deployment *booted = list->pdata[3];
  g_assert_true (plan_find_merge (list, NULL, "os") == list->pdata[0]);
  g_assert_true (plan_find_merge (list, booted, "os") == booted);
  g_assert_true (plan_find_merge (list, booted, "other") == list->pdata[1]);
  g_assert_null (plan_find_merge (list, booted, "none"));

  plan_number (list, booted);
  GString *marks = g_string_new (NULL);
  for (guint i = 0; i < list->len; i++) {
    const TreeDeployment *info = &((Deployment *)list->pdata[i])->info;
    g_assert_cmpint (info->index, ==, (int)i);
    g_string_append_c (marks, info->is_booted     ? '*'
                              : info->is_pending  ? 'p'
                              : info->is_rollback ? 'r'
                                                  : '-');
  }
  g_assert_cmpstr (marks->str, ==, "p--*-r");
  g_string_free (marks, TRUE);

  g_autoptr (GPtrArray) kernels = make_list ("a0 b0 a1 A2");
  g_assert_cmpint (plan_bootserial (kernels, 0), ==, 0);
  g_assert_cmpint (plan_bootserial (kernels, 1), ==, 0);
  g_assert_cmpint (plan_bootserial (kernels, 2), ==, 1);
  g_assert_cmpint (plan_bootserial (kernels, 3), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deploy/plan/deploy", test_deploy);
  g_test_add_func ("/deploy/plan/reorder", test_reorder);
  g_test_add_func ("/deploy/plan/rollback", test_rollback);
  g_test_add_func ("/deploy/plan/merge-and-marks", test_merge_and_marks);
  return g_test_run ();
}
