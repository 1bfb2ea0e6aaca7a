/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server sent: in memory while it is small and memory is not short, else in a file: one that
 * has no name, or one that outlives it (net/partial.h). Either way it is read as one block of
 * memory.
 *
 * The buffers of all bodies of a pool together stay below a limit, so that a fast server and slow
 * workers do not fill the memory. Bodies are filled by the thread that owns the fetcher and read
 * and freed by any. */
#pragma once

#include "net/partial.h"

typedef struct BodyPool BodyPool;
typedef struct FetchBody FetchBody;

/* @tmp_dfd: borrowed; where large bodies go. @memory_bytes: what all bodies in memory may take.
 * @each_bytes: what one may take. */
BodyPool *body_pool_new (int tmp_dfd, gsize memory_bytes, gsize each_bytes);
/* All bodies must have been freed. */
void body_pool_free (BodyPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BodyPool, body_pool_free)
/* Bytes of memory that bodies hold now. */
gsize body_pool_used (BodyPool *self);

FetchBody *body_new (BodyPool *pool);
/* Says how much will come, if that is known, so that the buffer need not grow. Only a hint. */
void body_expect (FetchBody *self, guint64 size_bytes);
/* Takes @partial: the content goes to this file, behind what is in it. The body is still empty. */
void body_keep (FetchBody *self, Partial *partial);
/* Bytes of the content that another try can build on. */
guint64 body_kept_bytes (const FetchBody *self);
gboolean body_append (FetchBody *self, const void *data, gsize len, GError **error);
guint64 body_size (const FetchBody *self);
/* The content; *@out_data is valid until fetch_body_free(). Any thread, one at a time. */
gboolean fetch_body_data (FetchBody *self, const guint8 **out_data, gsize *out_len, GError **error);
/* The file that a large body is in, or -1; borrowed. Reading from it keeps its pages out of the
 * process. */
int fetch_body_fd (const FetchBody *self);
/* Some of the content came with an earlier transfer: if the whole is bad, it may be worth fetching
 * anew. */
gboolean fetch_body_is_resumed (const FetchBody *self);
/* The content was used, or is bad: no other try should build on it. Any thread. */
void fetch_body_forget (FetchBody *self);
/* Any thread. NULL is fine. */
void fetch_body_free (FetchBody *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchBody, fetch_body_free)
