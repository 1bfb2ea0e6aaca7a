/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the configuration says about a remote, checked. */
#pragma once

#include "net/fetcher.h"
#include "net/metalink.h"
#include "pull/demands.h"
#include "tree-pull.h"

typedef struct PullRevoked PullRevoked;

typedef struct {
  char *name;
  char *url; /* as configured or overridden: http(s), file, "mirrorlist=…", "metalink=…" */
  char *content_url; /* the same; NULL: like url */
  char *file_path;   /* of a file:// url: the repository's path; else NULL */
  /* Of http, in order of trial; of lists, known when the mirrors are (pull/mirrors.h). */
  char **bases;         /* where summary, refs and detached metadata are */
  char **content_bases; /* where objects are */
  Metalink metalink;    /* of the summary, if its hash is set */
  char *collection_id;  /* or NULL */
  char **branches;      /* never NULL */
  FetchConfig fetch;    /* its strings are owned */
  PullDemands *demands; /* what must be signed; NULL: nothing is verified */
  PullRevoked *revoked; /* whose keys count no more; NULL: nobody may say so */
} PullRemote;

void pull_remote_free (PullRemote *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PullRemote, pull_remote_free)

/* @verify: also what it demands to be signed, and the keys. Errors: TREE_ERROR_NOT_FOUND;
 * TREE_ERROR_SIGNATURE */
PullRemote *pull_remote_load (TreeRepo *repo, const char *name, const TreePullOptions *options,
                              gboolean verify, GError **error);
