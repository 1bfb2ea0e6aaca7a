/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The method is Percival's ("Naive differences of executable code"): a suffix array finds for each
 * place of the new file the longest string of the old one that begins like it. Where such a match
 * fits clearly better than going on in step with the last one, a new step begins; and both of them
 * are then grown towards each other as long as half of the bytes agree, since code that was moved
 * agrees but for its addresses. */
#include "config.h"

#include "delta/bsdiff.h"

#include <string.h>

#include "base/error.h"
#include "base/lazylib.h"
#include "core/bspatch.h"

#ifdef HAVE_DIVSUFSORT
#include <divsufsort.h>

static __typeof__ (divsufsort) *sort_suffixes;

static gboolean
load (GError **error)
{
  static GMutex lock;
  static gboolean loaded;
  static const LazySymbol symbols[] = {{"divsufsort", &sort_suffixes}, {NULL, NULL}};
  g_mutex_lock (&lock);
  if (!loaded)
    loaded = lazylib_load ("libdivsufsort.so.3", symbols, error);
  gboolean ok = loaded;
  g_mutex_unlock (&lock);
  return ok;
}

enum {
  CLEARLY = 8, /* bytes that a match must gain to be worth a step */
  BUFFER = 64 * 1024,
};

typedef struct {
  const guint8 *old;
  gsize old_len;
  const guint8 *new;
  gsize new_len;
  saidx_t *suffixes; /* sorted */
  CodecSink sink;
  gpointer user_data;
  guint64 n_same;
} Diff;

/* The end of the last step, and where it was in the old file. */
typedef struct {
  gsize scan;
  gsize pos;
} Anchor;

static gsize
common_prefix (const guint8 *a, gsize a_len, const guint8 *b, gsize b_len)
{
  gsize max = MIN (a_len, b_len);
  gsize n = 0;
  while (n + 8 <= max && memcmp (a + n, b + n, 8) == 0)
    n += 8;
  while (n < max && a[n] == b[n])
    n++;
  return n;
}

/* The longest string of the old file that begins like the new one at @scan. */
static gsize
longest_match (const Diff *self, gsize scan, gsize *out_pos)
{
  const guint8 *want = self->new + scan;
  gsize want_len = self->new_len - scan;
  gsize low = 0;
  gsize high = self->old_len; /* the suffix that is wanted would stand in [low, high] */
  gsize best = 0;
  *out_pos = 0;
  while (low < high) {
    gsize middle = low + (high - low) / 2;
    gsize at = (gsize)self->suffixes[middle];
    gsize n = common_prefix (self->old + at, self->old_len - at, want, want_len);
    if (n > best) {
      best = n;
      *out_pos = at;
    }
    if (n == want_len)
      return best;
    gboolean is_less = at + n == self->old_len || self->old[at + n] < want[n];
    if (is_less)
      low = middle + 1;
    else
      high = middle;
  }
  return best;
}

/* Does the new file agree at @at with the old one, in step with the anchor? */
static gboolean
agrees (const Diff *self, const Anchor *anchor, gsize at)
{
  gsize old_at = anchor->pos + (at - anchor->scan);
  return old_at < self->old_len && self->old[old_at] == self->new[at];
}

/* Moves @scan on to the next place where a match is clearly better than going on. FALSE: there is
 * none up to the end. */
static gboolean
find_step (const Diff *self, const Anchor *anchor, gsize *scan, gsize *out_pos, gsize *out_len)
{
  gsize in_step = 0; /* bytes of [scan, counted) that agree in step */
  gsize counted = *scan;
  while (*scan < self->new_len) {
    *out_len = longest_match (self, *scan, out_pos);
    for (; counted < *scan + *out_len; counted++)
      in_step += agrees (self, anchor, counted);
    if (*out_len > 0 && *out_len == in_step) {
      /* That is what going on gives: nothing to look for inside of it. */
      *scan += *out_len;
      counted = *scan;
      in_step = 0;
      continue;
    }
    if (*out_len > in_step + CLEARLY)
      return TRUE;
    if (counted > *scan && agrees (self, anchor, *scan))
      in_step--;
    (*scan)++;
    counted = MAX (counted, *scan);
  }
  return FALSE;
}

/* How far to go on from the anchor while at least half of the bytes agree. */
static gsize
grow_forward (const Diff *self, const Anchor *anchor, gsize end)
{
  gint64 score = 0;
  gint64 best_score = 0;
  gsize best = 0;
  for (gsize n = 0; anchor->scan + n < end && anchor->pos + n < self->old_len; n++) {
    score += self->old[anchor->pos + n] == self->new[anchor->scan + n] ? 1 : -1;
    if (score > best_score) {
      best_score = score;
      best = n + 1;
    }
  }
  return best;
}

/* The same back from a match, not beyond the anchor. */
static gsize
grow_backward (const Diff *self, const Anchor *anchor, gsize scan, gsize pos)
{
  gint64 score = 0;
  gint64 best_score = 0;
  gsize best = 0;
  for (gsize n = 1; scan - n + 1 > anchor->scan && n <= pos; n++) {
    score += self->old[pos - n] == self->new[scan - n] ? 1 : -1;
    if (score > best_score) {
      best_score = score;
      best = n;
    }
  }
  return best;
}

/* Where both grew over the same bytes: the border that leaves most of them in agreement. */
static void
settle_overlap (const Diff *self, const Anchor *anchor, gsize scan, gsize pos, gsize *forward,
                gsize *backward)
{
  gsize begin = scan - *backward;
  gsize end = anchor->scan + *forward;
  if (end <= begin)
    return;
  gint64 score = 0;
  gint64 best_score = 0;
  gsize border = begin;
  for (gsize at = begin; at < end; at++) {
    score += agrees (self, anchor, at);
    score -= self->old[pos - (scan - at)] == self->new[at];
    if (score > best_score) {
      best_score = score;
      border = at + 1;
    }
  }
  *forward = border - anchor->scan;
  *backward = scan - border;
}

static gboolean
emit_diff (Diff *self, const Anchor *anchor, gsize len, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (MIN (len, BUFFER));
  for (gsize done = 0; done < len;) {
    gsize n = MIN (len - done, BUFFER);
    const guint8 *old = self->old + anchor->pos + done;
    const guint8 *new = self->new + anchor->scan + done;
    for (gsize i = 0; i < n; i++) {
      buffer[i] = (guint8)(new[i] - old[i]);
      self->n_same += buffer[i] == 0;
    }
    if (!self->sink (buffer, n, self->user_data, error))
      return FALSE;
    done += n;
  }
  return TRUE;
}

/* From the anchor to where the next step begins: @scan, which lies at @pos of the old file. */
static gboolean
emit_step (Diff *self, const Anchor *anchor, gsize diff, const Anchor *next, GError **error)
{
  gsize extra = next->scan - anchor->scan - diff;
  g_autoptr (GByteArray) numbers = g_byte_array_new ();
  bspatch_append_step (numbers, diff, extra, (gint64)next->pos - (gint64)(anchor->pos + diff));
  return self->sink (numbers->data, numbers->len, self->user_data, error) &&
         emit_diff (self, anchor, diff, error) &&
         (extra == 0 ||
          self->sink (self->new + anchor->scan + diff, extra, self->user_data, error));
}

static gboolean
make (Diff *self, GError **error)
{
  Anchor anchor = {0, 0};
  gsize scan = 0;
  while (anchor.scan < self->new_len) {
    gsize pos = 0;
    gsize len = 0;
    gboolean found = find_step (self, &anchor, &scan, &pos, &len);
    gsize forward = grow_forward (self, &anchor, scan);
    gsize backward = found ? grow_backward (self, &anchor, scan, pos) : 0;
    settle_overlap (self, &anchor, scan, pos, &forward, &backward);
    Anchor next = {scan - backward, found ? pos - backward : anchor.pos + forward};
    gboolean moves = next.scan != anchor.scan || next.pos != anchor.pos;
    if (moves && !emit_step (self, &anchor, forward, &next, error))
      return FALSE;
    anchor = next;
    scan += len;
    if (!found)
      return TRUE;
  }
  return TRUE;
}

gboolean
bsdiff_is_available (void)
{
  return load (NULL);
}

gboolean
bsdiff_make (const guint8 *old, gsize old_len, const guint8 *new, gsize new_len, CodecSink sink,
             gpointer user_data, guint64 *out_same, GError **error)
{
  if (!load (error))
    return FALSE;
  if (old_len > G_MAXINT32 - 1)
    return throw_error (error, TREE_ERROR_INVALID, "too large for bsdiff");
  g_autofree saidx_t *suffixes = g_new (saidx_t, old_len + 1);
  Diff self = {old, old_len, new, new_len, suffixes, sink, user_data, 0};
  if (old_len > 0 && sort_suffixes (old, suffixes, (saidx_t)old_len) != 0)
    return throw_error (error, TREE_ERROR_FAILED, "cannot sort the suffixes of a file");
  if (!make (&self, error))
    return FALSE;
  *out_same = self.n_same;
  return TRUE;
}
#else
gboolean
bsdiff_is_available (void)
{
  return FALSE;
}

gboolean
bsdiff_make (const guint8 *old, gsize old_len, const guint8 *new, gsize new_len, CodecSink sink,
             gpointer user_data, guint64 *out_same, GError **error)
{
  return throw_error (error, TREE_ERROR_UNSUPPORTED, "bsdiff is not built in (libdivsufsort)");
}
#endif

guint64
bsdiff_memory (guint64 old_len)
{
  return (old_len + 1) * 4 + 1024 * 1024; /* the suffixes, and what sorting takes */
}
