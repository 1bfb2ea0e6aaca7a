/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libmicrohttpd, loaded when a server starts. Its headers are used at build time only. */
#pragma once

#include <glib.h>
#include <microhttpd.h>

/* Each member has the type and meaning of the function MHD_MEMBER. */
typedef struct {
  __typeof__ (MHD_start_daemon) *start_daemon;
  __typeof__ (MHD_stop_daemon) *stop_daemon;
  __typeof__ (MHD_get_daemon_info) *get_daemon_info;
  __typeof__ (MHD_lookup_connection_value) *lookup_connection_value;
  __typeof__ (MHD_create_response_from_fd_at_offset64) *create_response_from_fd_at_offset64;
  __typeof__ (MHD_create_response_from_buffer) *create_response_from_buffer;
  __typeof__ (MHD_add_response_header) *add_response_header;
  __typeof__ (MHD_queue_response) *queue_response;
  __typeof__ (MHD_destroy_response) *destroy_response;
} MhdApi;

/* NULL with an error that names the library when it is not installed. Any thread. */
const MhdApi *mhd_load (GError **error);
