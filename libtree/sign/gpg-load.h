/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gpgme, loaded when the first OpenPGP signature is made or checked. Its headers are used at build
 * time only. */
#pragma once

#include <glib.h>
#include <gpgme.h>

/* Each member has the type and meaning of the function gpgme_MEMBER. */
typedef struct {
  __typeof__ (gpgme_check_version) *check_version;
  __typeof__ (gpgme_strerror_r) *strerror_r;
  __typeof__ (gpgme_new) *new;
  __typeof__ (gpgme_release) *release;
  __typeof__ (gpgme_ctx_set_engine_info) *ctx_set_engine_info;
  __typeof__ (gpgme_data_new) *data_new;
  __typeof__ (gpgme_data_new_from_mem) *data_new_from_mem;
  __typeof__ (gpgme_data_release) *data_release;
  __typeof__ (gpgme_data_release_and_get_mem) *data_release_and_get_mem;
  __typeof__ (gpgme_free) *free;
  __typeof__ (gpgme_get_key) *get_key;
  __typeof__ (gpgme_key_unref) *key_unref;
  __typeof__ (gpgme_signers_add) *signers_add;
  __typeof__ (gpgme_op_sign) *op_sign;
  __typeof__ (gpgme_op_verify) *op_verify;
  __typeof__ (gpgme_op_verify_result) *op_verify_result;
  __typeof__ (gpgme_op_import) *op_import;
  __typeof__ (gpgme_op_import_result) *op_import_result;
  __typeof__ (gpgme_op_export) *op_export;
  __typeof__ (gpgme_op_keylist_start) *op_keylist_start;
  __typeof__ (gpgme_op_keylist_next) *op_keylist_next;
  __typeof__ (gpgme_pubkey_algo_name) *pubkey_algo_name;
} GpgmeApi;

/* NULL with an error that names the library when it is not installed. Any thread. */
const GpgmeApi *gpgme_load (GError **error);
