/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generations of a signed summary. The summary and summary.sig are replaced one after the other, so
 * that for a moment, and behind a cache for longer, they are of two generations. Beside them there
 * is an immutable copy of each signed summary, summaries/DIGEST, and summary.sig has a key that
 * names it: who reads the signature first and then the summary that it names always has two that
 * belong together, and who has that summary already need not ask for it.
 *
 * Ours, not of the formats: other programs write a summary.sig without the key, and pass over it in
 * one that has it. The key is not signed; the summary that it leads to is. */
#pragma once

#include "core/checksum.h"
#include "plain/layout.h"
#include "store/repo.h"

/* In the dictionary that summary.sig is: `ay`, the SHA-256 of the summary. */
#define GENERATION_KEY "pando.summary-digest"

#define GENERATION_PATH_MAX (sizeof REPO_SUMMARIES + 1 + TREE_CHECKSUM_HEX_LEN)
/* Where the copy is, relative to a repository or a remote's URL. */
void generation_path (const TreeChecksum *digest, char out[GENERATION_PATH_MAX]);

/* Writes the copy, and adds the key to *@signatures, which is replaced. The oldest copies go. The
 * caller holds the lock of the summary and publishes both files then. */
gboolean generation_write (const TreeRepo *repo, GBytes *summary, GVariant **signatures,
                           GError **error);

/* The same in a repository that takes over both files from another one. */
gboolean generation_mirror (const TreeRepo *repo, GBytes *summary, GBytes *signature,
                            GError **error);

/* The digest in the bytes of a summary.sig (hostile; NULL: there is none); FALSE when it names
 * none. */
gboolean generation_of (GBytes *signature, TreeChecksum *out);
/* Is this the summary of that digest? @summary: (nullable) */
gboolean generation_is (GBytes *summary, const TreeChecksum *digest);
