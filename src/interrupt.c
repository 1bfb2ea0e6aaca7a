/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "src/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile int interrupted;

static void
on_signal (int number)
{
  interrupted = 1;
}

const volatile int *
interrupt_catch (void)
{
  /* No SA_RESTART: who waits for the network wakes up. */
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  (void)sigaction (SIGINT, &action, NULL); /* cannot fail for valid arguments */
  (void)sigaction (SIGTERM, &action, NULL);
  return &interrupted;
}
