/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of keys, and the dictionary of signatures that a server sends: the first byte says which.
 */
#include <string.h>

#include "fuzz.h"
#include "sign/judge.h"

static void
judge (GBytes *bytes)
{
  static const SignEngine *const engines[] = {&sign_ed25519, &sign_spki};
  static const char *const texts[] = {
      "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
      "MCowBQYDK2VwAyEAuLPO78ufwr1VhdFAnendM2K1DIc+FLYldGygOo1WDBo="};
  g_autoptr (GBytes) data = g_bytes_new_static ("signed bytes", 12);
  g_autoptr (GVariant) dict = sign_dict_parse (bytes);
  for (gsize i = 0; i < G_N_ELEMENTS (engines); i++) {
    g_autoptr (SignKeys) keys = sign_keys_new (engines[i]);
    g_autofree char *text = NULL;
    g_assert_true (sign_keys_add_text (keys, texts[i], NULL));
    (void)sign_judge (keys, data, dict, &text);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    /* What is taken apart and put together again is the same. */
    g_autoptr (GPtrArray) signatures = sign_dict_get (dict, engines[i]->metadata_key);
    g_autoptr (GVariant) again = sign_dict_set (dict, engines[i]->metadata_key, signatures);
    g_autoptr (GPtrArray) same = sign_dict_get (again, engines[i]->metadata_key);
    g_assert_cmpuint (same->len, ==, signatures->len);
  }
}

static void
read_keys (GBytes *bytes)
{
  static const SignEngine *const engines[] = {&sign_ed25519, &sign_spki};
  for (gsize i = 0; i < G_N_ELEMENTS (engines); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) keys = sign_keys_split (bytes, engines[i]->pem_public, &error);
    g_assert_true ((keys == NULL) == (error != NULL));
    for (guint j = 0; keys != NULL && j < keys->len; j++) {
      GBytes *key = engines[i]->parse_public (keys->pdata[j], NULL);
      g_clear_pointer (&key, g_bytes_unref);
      key = engines[i]->parse_secret (keys->pdata[j], NULL);
      g_clear_pointer (&key, g_bytes_unref);
    }
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t len)
{
  if (len == 0)
    return 0;
  g_autoptr (GBytes) bytes = g_bytes_new (data + 1, len - 1);
  if (data[0] == 'k')
    read_keys (bytes);
  else
    judge (bytes);
  return 0;
}
