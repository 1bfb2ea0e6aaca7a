/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of one pull share: where from, where to, and how. Set up once, in pull.c. */
#pragma once

#include "pull/arrive.h"
#include "pull/queue.h"
#include "pull/remote.h"
#include "store/txn.h"
#include "tree-pull.h"

typedef struct PullDeltas PullDeltas;
typedef struct PullSpace PullSpace;

typedef struct {
  TreeRepo *repo;
  const TreePullOptions *options;
  PullRemote *remote;   /* owned; NULL: pull-local */
  char *ref_remote;     /* owned; refs are written below this remote; NULL: as local refs */
  char *ref_collection; /* owned; … as those of this collection; NULL: of none */
  char *collection_id;  /* owned; commits must be bound to it; or NULL */
  char **subpaths;      /* owned; NULL: everything */
  GPtrArray *sources;   /* owned TreeRepo: local repositories to import from */
  gboolean is_local;    /* the first source is what is pulled from */
  gboolean trusted;     /* and what it has is believed; FALSE where signatures are demanded */
  Txn *txn;             /* owned */
  int tmp_dfd;          /* owned; where large downloads go; -1 if is_local */
  int partial_dfd;      /* owned; where they are kept when they are cut; the same */
  Fetcher *fetcher;     /* owned; NULL if is_local */
  PullQueue *queue;     /* owned */
  Arrival *arrival;     /* owned; NULL once its workers are gone */
  /* Borrowed, what must be signed; NULL: nothing. */
  PullDemands *demands;
  PullDeltas *deltas; /* owned */
  PullSpace *space;   /* owned */
} PullContext;

#define PULL_CONTEXT_INIT                                                                          \
  {                                                                                                \
    .tmp_dfd = -1, .partial_dfd = -1                                                               \
  }
