/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libcurl, loaded when the first URL is fetched: it brings some thirty shared libraries with it,
 * and most commands never need one of them. Its headers are used at build time only. */
#pragma once

#include <curl/curl.h>
#include <glib.h>

/* Each member has the type and meaning of the function curl_MEMBER. */
typedef struct {
  __typeof__ (curl_global_init) *global_init;
  __typeof__ (curl_easy_init) *easy_init;
  __typeof__ (curl_easy_cleanup) *easy_cleanup;
  __typeof__ (curl_easy_setopt) *easy_setopt;
  __typeof__ (curl_easy_pause) *easy_pause;
  __typeof__ (curl_easy_getinfo) *easy_getinfo;
  __typeof__ (curl_easy_strerror) *easy_strerror;
  __typeof__ (curl_multi_init) *multi_init;
  __typeof__ (curl_multi_cleanup) *multi_cleanup;
  __typeof__ (curl_multi_setopt) *multi_setopt;
  __typeof__ (curl_multi_add_handle) *multi_add_handle;
  __typeof__ (curl_multi_remove_handle) *multi_remove_handle;
  __typeof__ (curl_multi_socket_action) *multi_socket_action;
  __typeof__ (curl_multi_info_read) *multi_info_read;
  __typeof__ (curl_multi_strerror) *multi_strerror;
  __typeof__ (curl_version_info) *version_info;
  __typeof__ (curl_slist_append) *slist_append;
  __typeof__ (curl_slist_free_all) *slist_free_all;
} CurlApi;

/* The functions, loaded and initialised once; NULL with an error that names the library when it is
 * not installed. Any thread. */
const CurlApi *curl_load (GError **error);
