/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Engines, keys and verdicts. Fixed vectors: RFC 8032, and what `openssl pkeyutl -rawin` signed. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/remove.h"
#include "sign/judge.h"
#include "sign/signer.h"

/* RFC 8032, 7.1, test 2. */
static const char ed_message[] = "\x72";
static const char ed_seed[] = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
static const char ed_public[] = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
static const char ed_signature[] =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

static const char message[] = "signed bytes";
static const struct {
  const char *public_key;
  const char *signature;
} spki_vectors[] = {
    /* P-256 */
    {"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE24Jh4iSOAlXV2BMAyrqU9wUcA1UERMudG2KbXdr/vQ5TuiNzm8dIIOwM"
     "V3J10q1GRb82XOi/jSPW+ScTNQGH1A==",
     "MEUCIA9bIwBTTl1eebzrP8nKwkteckKO2f5gOUyQxImz0AqoAiEA2MDkAMja6BG+IXQeNW1XPU6Fxd2dasBMMG9QNC61"
     "rGI="},
    /* RSA of 2048 bits, PKCS #1 */
    {"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqigUK+pzzxFyGKDHaSwbs0vPJ4xwk7Ux/y71/XlamLvL+aOz"
     "8+H7f0eC2RKeCcsUvX6JcxUWv7jmAhpj4r1c/1tQizkbraigTJLrtli+ghrsW3eoUcFuPEY4MHUyTIoDzl2GmPOSMsw1"
     "dCcL4mVuLoFTKwElyT2hQWoRE61rw4QqIWa44Aj2+p0FGL7yvUcP9xVq9m1mdpOvO8fHrB0DO0OUOuwwvAOPhhhlG4kp"
     "QswHc1Kt6B/PZuxZrWD82/2Y40nUvShNeAE5KITEq5A/zhKY0qajLfUByX8lQIhawBD/8zQuJzm4wh8TY9A5eSlKAXWf"
     "nSLWDCzTRafHmhvfLQIDAQAB",
     "ljA45YmxdUD5VGNNw5ObJlKfQqLIKFDBntgGxaQKVnhj1InRpnzSenYZt3jTFtmo4o7is8fb3XEnwOs0/1MMgIpJpI6d"
     "j1FB9qOfe8AjGRpdFwiN/XY/ltbik/KHoNqJp/f898kTsNmICeP8pk/0SvBye7Dql9bHGcqBJqeP6irr7ZwscE+MWm7u"
     "EKoTVrfm5M3MYdxkW4PyKEociL7D+ih8h7jr91Aa41tE0bRBMzpQqKQDt5G90ilKPCNA1MDrK3g8QZH5JhS4vSIhOCAX"
     "vtcQ2NifGfOLXWueUFs/AGp4u7b0CZR4RGwqXgOMmBFcIkrH9YaSiMWkTVZzM22/Jg=="},
    /* Ed25519 */
    {"MCowBQYDK2VwAyEAuLPO78ufwr1VhdFAnendM2K1DIc+FLYldGygOo1WDBo=",
     "9B3w5IGpOOvzxnyrsOUMSQacRQMqfLUvq2xtJU+MNHg8ikNysZI+bfrDKB87HmVrjz2kl7bpQvjRNU727BSVBQ=="},
};
static const char spki_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VwBCIEIO2PyLSiuGsZf7a5z2dM3631Maf/yrWgws/+G179lLNb\n"
                               "-----END PRIVATE KEY-----\n";

static GBytes *
from_hex (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();
  for (; *hex != '\0'; hex += 2) {
    guint8 byte = (guint8)(g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
    g_byte_array_append (bytes, &byte, 1);
  }
  return g_byte_array_free_to_bytes (bytes);
}

static GBytes *
from_text (const char *text)
{
  return g_bytes_new (text, strlen (text));
}

static GBytes *
from_base64 (const char *text)
{
  gsize len;
  guint8 *data = g_base64_decode (text, &len);
  return g_bytes_new_take (data, len);
}

/* base64 of two halves in hexadecimal */
static char *
key_text (const char *a, const char *b)
{
  g_autofree char *hex = g_strconcat (a, b, NULL);
  g_autoptr (GBytes) bytes = from_hex (hex);
  return g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static GBytes *
flip (GBytes *bytes, gsize at)
{
  gsize len;
  guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, &len), g_bytes_get_size (bytes));
  copy[at % len] ^= 1;
  return g_bytes_new_take (copy, len);
}

static void
test_ed25519 (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *secret_text = key_text (ed_seed, ed_public);
  g_autofree char *public_text = key_text (ed_public, "");
  g_autoptr (GBytes) secret = sign_ed25519.parse_secret (secret_text, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) public_key = sign_ed25519.parse_public (public_text, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) data = from_text (ed_message);
  g_autoptr (GBytes) signature = sign_ed25519.sign (secret, data, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) expected = from_hex (ed_signature);
  g_assert_true (g_bytes_equal (signature, expected));
  g_assert_true (sign_ed25519.verify (public_key, data, signature));

  for (gsize i = 0; i < 64; i++) {
    g_autoptr (GBytes) bad = flip (signature, i);
    g_assert_false (sign_ed25519.verify (public_key, data, bad));
  }
  g_autoptr (GBytes) other = from_text ("s");
  g_assert_false (sign_ed25519.verify (public_key, other, signature));
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (signature, 0, 63);
  g_assert_false (sign_ed25519.verify (public_key, data, part));
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
  g_assert_false (sign_ed25519.verify (public_key, data, none));
  g_autoptr (GBytes) wrong = flip (public_key, 3);
  g_assert_false (sign_ed25519.verify (wrong, data, signature));
}

static void
refuse (GBytes *(*parse) (const char *, GError **), const char *text)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (parse (text, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_INVALID);
}

static void
test_bad_keys (void)
{
  g_autofree char *secret = key_text (ed_seed, ed_public);
  g_autofree char *swapped = key_text (ed_public, ed_seed);
  g_autofree char *seed = key_text (ed_seed, "");
  refuse (sign_ed25519.parse_public, "");
  refuse (sign_ed25519.parse_public, "AAAA");
  refuse (sign_ed25519.parse_public, secret);
  refuse (sign_ed25519.parse_public, "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw");  /* unpadded */
  refuse (sign_ed25519.parse_public, "PUAXw-hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="); /* URLs' */
  refuse (sign_ed25519.parse_public, "PUAXw+hDiVqStwqn\nTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="); /* lines */
  refuse (sign_ed25519.parse_secret, swapped);
  refuse (sign_ed25519.parse_secret, seed);
  refuse (sign_spki.parse_public, seed);
  refuse (sign_spki.parse_public, "AAAA");
  refuse (sign_spki.parse_secret, spki_vectors[0].public_key);
  g_autoptr (GBytes) der = from_base64 (spki_vectors[2].public_key);
  g_autoptr (GByteArray) more = g_byte_array_new ();
  g_byte_array_append (more, g_bytes_get_data (der, NULL), (guint)g_bytes_get_size (der));
  g_byte_array_append (more, (const guint8 *)"x", 1);
  g_autofree char *tail = g_base64_encode (more->data, more->len);
  refuse (sign_spki.parse_public, tail);
}

static void
test_spki (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data = from_text (message);
  for (gsize i = 0; i < G_N_ELEMENTS (spki_vectors); i++) {
    g_autoptr (GBytes) key = sign_spki.parse_public (spki_vectors[i].public_key, &error);
    g_assert_no_error (error);
    g_autoptr (GBytes) signature = from_base64 (spki_vectors[i].signature);
    g_assert_true (sign_spki.verify (key, data, signature));
    g_autoptr (GBytes) bad = flip (signature, 40);
    g_assert_false (sign_spki.verify (key, data, bad));
    g_autoptr (GBytes) other = from_text ("other bytes");
    g_assert_false (sign_spki.verify (key, other, signature));
  }
  /* Ed25519 signs the same bytes the same way. */
  g_autoptr (GBytes) pem = from_text (spki_pem);
  g_autoptr (GPtrArray) texts = sign_keys_split (pem, "PRIVATE KEY", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (texts->len, ==, 1);
  g_autoptr (GBytes) secret = sign_spki.parse_secret (texts->pdata[0], &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) signature = sign_spki.sign (secret, data, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) expected = from_base64 (spki_vectors[2].signature);
  g_assert_true (g_bytes_equal (signature, expected));
}

static void
test_split (void)
{
  static const struct {
    const char *text;
    gsize len; /* 0: of the text */
    int n;     /* -1: refused */
  } cases[] = {
      {"", 0, 0},
      {"\n\n# of whom\n a \r\nb", 0, 2},
      {"a\0b", 3, -1},
      {"-----BEGIN PUBLIC KEY-----\nAA\nBB\n-----END PUBLIC KEY-----\n", 0, 1},
      {"of whom\n-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n"
       "-----BEGIN PUBLIC KEY-----\nBB\n-----END PUBLIC KEY-----\n",
       0, 2},
      {"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n", 0, -1},
      {"-----BEGIN PUBLIC KEY-----\nAA\n", 0, -1},
      {"-----BEGIN PUBLIC KEY", 0, -1},
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gsize len = cases[i].len != 0 ? cases[i].len : strlen (cases[i].text);
    g_autoptr (GBytes) file = g_bytes_new (cases[i].text, len);
    g_autoptr (GPtrArray) keys = sign_keys_split (file, "PUBLIC KEY", &error);
    g_assert_cmpint (keys != NULL ? (int)keys->len : -1, ==, cases[i].n);
    g_assert_true ((keys == NULL) == (error != NULL));
  }
}

/* ---- Verdicts ---- */

static void
expect (const SignKeys *keys, GBytes *data, GVariant *dict, SignVerdict verdict, const char *words)
{
  g_autofree char *text = NULL;
  g_assert_cmpint (sign_judge (keys, data, dict, &text), ==, verdict);
  if (strstr (text, words) == NULL)
    g_error ("'%s' does not say '%s'", text, words);
}

static GVariant *
sign_with (const char *type, const char *secret, GBytes *data, GVariant *dict)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TreeSigner) signer = tree_signer_new (type, secret, &error);
  g_assert_no_error (error);
  g_autoptr (GPtrArray) signers = g_ptr_array_new ();
  g_ptr_array_add (signers, signer);
  GVariant *result = dict != NULL ? g_variant_ref (dict) : NULL;
  g_assert_true (signers_sign (signers, data, &result, &error));
  return result;
}

static void
test_judge (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data = from_text (message);
  g_autofree char *secret = key_text (ed_seed, ed_public);
  g_autofree char *public_text = key_text (ed_public, "");
  g_autofree char *other_text = key_text (ed_seed, ""); /* some bytes */
  g_autoptr (GVariant) dict = sign_with ("ed25519", secret, data, NULL);
  g_autoptr (SignKeys) keys = sign_keys_new (&sign_ed25519);

  expect (keys, data, NULL, SIGN_NONE, "No signatures found");
  expect (keys, data, dict, SIGN_NO_KEY, "no key that is trusted");
  g_assert_true (sign_keys_add_text (keys, other_text, &error));
  expect (keys, data, dict, SIGN_BAD, "couldn't be verified with: key '4ccd089b28ff96da");
  g_assert_true (sign_keys_add_text (keys, public_text, &error));
  g_assert_true (sign_keys_add_text (keys, public_text, &error));
  g_assert_cmpuint (keys->trusted->len, ==, 2);
  expect (keys, data, dict, SIGN_GOOD, ed_public);
  g_autoptr (GBytes) changed = flip (data, 0);
  expect (keys, changed, dict, SIGN_BAD, "couldn't be verified");

  /* What others put beside it changes nothing, and signing twice neither. */
  g_setenv ("OSTREE_DUMMY_SIGN_ENABLED", "1", TRUE);
  g_autoptr (GVariant) both = sign_with ("dummy", "any", data, dict);
  expect (keys, data, both, SIGN_GOOD, ed_public);
  g_autoptr (GVariant) twice = sign_with ("ed25519", secret, data, both);
  g_autoptr (GPtrArray) signatures = sign_dict_get (twice, "ostree.sign.ed25519");
  g_assert_cmpuint (signatures->len, ==, 1);
  g_ptr_array_set_size (signatures, 0);
  g_autoptr (GVariant) without = sign_dict_set (twice, "ostree.sign.ed25519", signatures);
  g_assert_cmpuint (g_variant_n_children (without), ==, 1);
  expect (keys, data, without, SIGN_NONE, "No signatures found");

  g_autoptr (GBytes) revoked = from_hex (ed_public);
  g_ptr_array_add (keys->revoked, g_steal_pointer (&revoked));
  expect (keys, data, dict, SIGN_BAD, "which is revoked");
  g_ptr_array_remove_index (keys->trusted, 0);
  expect (keys, data, dict, SIGN_NO_KEY, "trusted and not revoked");
}

/* A server may send anything. */
static void
test_hostile_dict (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data = from_text (message);
  g_autofree char *public_text = key_text (ed_public, "");
  g_autoptr (SignKeys) keys = sign_keys_new (&sign_ed25519);
  g_assert_true (sign_keys_add_text (keys, public_text, &error));
  static const char *const texts[] = {"{'ostree.sign.ed25519': <'text'>}",
                                      "{'ostree.sign.ed25519': <@aay []>}",
                                      "{'ostree.sign.ed25519': <@ay []>}", "@a{sv} {}"};
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GVariant) dict = g_variant_parse (NULL, texts[i], NULL, NULL, &error);
    g_assert_no_error (error);
    expect (keys, data, dict, SIGN_NONE, "No signatures found");
  }
  g_autoptr (GVariant)
      dict = g_variant_parse (NULL, "{'ostree.sign.ed25519': <[b'', b'x']>}", NULL, NULL, &error);
  expect (keys, data, dict, SIGN_BAD, "couldn't be verified");
  g_autoptr (GString) many = g_string_new ("{'ostree.sign.ed25519': <[b'x'");
  for (int i = 0; i < 100; i++)
    g_string_append (many, ", b'x'");
  g_string_append (many, "]>}");
  g_autoptr (GVariant) crowd = g_variant_parse (NULL, many->str, NULL, NULL, &error);
  expect (keys, data, crowd, SIGN_BAD, "more than anybody needs");

  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) garbage = from_text ("borkborkbork\n");
  g_assert_null (sign_dict_parse (NULL));
  g_assert_null (sign_dict_parse (empty));
  g_assert_null (sign_dict_parse (garbage));
}

/* ---- Folders ---- */

static void
put (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_folders (void)
{
  g_autoptr (GError) error = NULL;
  const SignKeysKind all = SIGN_KEYS_TRUSTED | SIGN_KEYS_REVOKED;
  g_autofree char *folder = g_dir_make_tmp ("pando-keys.XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *one = key_text (ed_public, "");
  g_autofree char *two = key_text (ed_seed, "");
  g_autoptr (SignKeys) keys = sign_keys_new (&sign_ed25519);
  g_autofree char *absent = g_build_filename (folder, "absent", NULL);
  g_assert_true (sign_keys_add_folder (keys, AT_FDCWD, absent, all, &error));
  g_assert_true (sign_keys_add_folder (keys, AT_FDCWD, folder, all, &error));
  g_assert_false (sign_keys_any (keys));

  put (folder, "trusted.ed25519", one);
  put (folder, "trusted.ed25519.d/two", two);
  put (folder, "trusted.spki", "of another engine");
  put (folder, "revoked.ed25519.d/one", one);
  g_assert_true (sign_keys_add_folder (keys, AT_FDCWD, folder, SIGN_KEYS_REVOKED, &error));
  g_assert_false (sign_keys_any (keys));
  g_assert_true (sign_keys_add_folder (keys, AT_FDCWD, folder, all, &error));
  g_assert_cmpuint (keys->trusted->len, ==, 2);
  g_assert_cmpuint (keys->revoked->len, ==, 1);
  g_assert_true (sign_keys_any (keys));

  /* What cannot be read must not be passed over. */
  put (folder, "revoked.ed25519", "no key");
  g_assert_false (sign_keys_add_folder (keys, AT_FDCWD, folder, all, &error));
  g_assert_nonnull (strstr (error->message, "revoked.ed25519"));
  g_clear_error (&error);
  g_autofree char *bad = g_build_filename (folder, "revoked.ed25519", NULL);
  g_assert_cmpint (g_unlink (bad), ==, 0);
  g_autofree char *subfolder = g_build_filename (folder, "revoked.ed25519.d", "folder", NULL);
  g_assert_cmpint (g_mkdir (subfolder, 0755), ==, 0);
  g_assert_false (sign_keys_add_folder (keys, AT_FDCWD, folder, all, &error));
  g_clear_error (&error);
  g_assert_false (sign_keys_add_file (keys, AT_FDCWD, absent, &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_NOT_FOUND);
  g_assert_true (dir_remove_all_at (AT_FDCWD, folder, NULL));
}

static void
test_engines (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (sign_engine_find ("spki", &error) == &sign_spki);
  g_assert_null (sign_engine_find ("nosuch", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "ed25519, spki, dummy"));
  g_clear_error (&error);
  g_unsetenv ("OSTREE_DUMMY_SIGN_ENABLED");
  g_assert_null (tree_signer_new ("dummy", "key", &error));
  g_assert_error (error, TREE_ERROR, TREE_ERROR_UNSUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sign/ed25519", test_ed25519);
  g_test_add_func ("/sign/bad-keys", test_bad_keys);
  g_test_add_func ("/sign/spki", test_spki);
  g_test_add_func ("/sign/split", test_split);
  g_test_add_func ("/sign/judge", test_judge);
  g_test_add_func ("/sign/hostile-dict", test_hostile_dict);
  g_test_add_func ("/sign/folders", test_folders);
  g_test_add_func ("/sign/engines", test_engines);
  return g_test_run ();
}
