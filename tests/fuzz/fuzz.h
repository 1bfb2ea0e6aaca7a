/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fuzz target is one function that takes bytes as they might come from disk or network, and must
 * not crash, whatever they are. libFuzzer calls it; without libFuzzer, replay.c does, with files.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t len);
