/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the configuration says about a remote, checked. */
#pragma once

#include "net/fetcher.h"
#include "pull/demands.h"
#include "tree-pull.h"

typedef struct {
  char *name;
  char *url;         /* as configured or overridden: http(s), file, or "mirrorlist=…" */
  char *content_url; /* the same; NULL: like url */
  char *file_path;   /* of a file:// url: the repository's path; else NULL */
  char **bases;      /* of http: where summary, refs and detached metadata are; in order of trial */
  char **content_bases; /* of http: where objects are */
  char *collection_id;  /* or NULL */
  char **branches;      /* never NULL */
  FetchConfig fetch;    /* its strings are owned */
  PullDemands *demands; /* what must be signed; NULL: nothing is verified */
} PullRemote;

void pull_remote_free (PullRemote *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullRemote, pull_remote_free)

/* @verify: also what it demands to be signed, and the keys. Errors: TREE_ERROR_NOT_FOUND;
 * TREE_ERROR_SIGNATURE */
PullRemote *pull_remote_load (TreeRepo *repo, const char *name, const TreePullOptions *options,
                              gboolean verify, GError **error);
/* Fetches the mirror lists, if that is what the urls name. To be called once, before bases are
 * used. */
gboolean pull_remote_find_mirrors (PullRemote *self, Fetcher *fetcher,
                                   const volatile int *interrupted, GError **error);
