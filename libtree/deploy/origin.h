/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Origin files, CSUM.SERIAL.origin beside a deployment: where it came from and how to go on.
 *
 *   [origin]
 *   refspec=REMOTE:REF
 *   override-commit=CSUM        deployed on demand; a plain upgrade drops it
 *   unlocked=hotfix
 *   unconfigured-state=TEXT     upgrades are refused with this text
 *   [libostree-transient]       concerns this deployment only and is not handed on
 *   pinned=true
 *
 * Everything else belongs to other programs and is kept. */
#pragma once

#include "tree-error.h"

GKeyFile *origin_new (const char *refspec);
gboolean origin_parse (const char *text, gsize len, GKeyFile **out, GError **error);
/* The file beside the deployment at @deployment_path; *@out_found is FALSE and *@out empty without
 * one. */
gboolean origin_load (int sysroot_fd, const char *deployment_path, GKeyFile **out,
                      gboolean *out_found, GError **error);
/* @durable: synced; else a barrier has to follow. */
gboolean origin_save (int sysroot_fd, const char *deployment_path, GKeyFile *origin,
                      gboolean durable, GError **error);
/* What a deployment that follows this one begins with. */
GKeyFile *origin_copy_for_successor (GKeyFile *origin);

/* NULL without one; owned by the caller. */
char *origin_get_refspec (GKeyFile *origin);
void origin_set_refspec (GKeyFile *origin, const char *refspec);
/* NULL deletes it. */
void origin_set_override_commit (GKeyFile *origin, const char *checksum);
/* NULL unless upgrades are refused; owned by the caller. */
char *origin_get_unconfigured_state (GKeyFile *origin);
gboolean origin_is_hotfix (GKeyFile *origin);
gboolean origin_is_pinned (GKeyFile *origin);
void origin_set_pinned (GKeyFile *origin, gboolean pinned);
