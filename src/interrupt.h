/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SIGINT and SIGTERM as a flag, for commands that have something to say when they are stopped. */
#pragma once

/* From now on the first of these signals only sets the flag that is returned; the second ends the
 * program as usual. */
const volatile int *interrupt_catch (void);
