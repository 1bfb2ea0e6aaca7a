/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How late it is at least, whatever the clock says. A machine without a battery for its clock
 * starts in 1970, when no certificate is valid yet and no key exists. It is later than the day on
 * which this program was built, and than the day on which the system that runs was committed.
 *
 * So what is "not yet valid" is judged by the later of the clock and this. What has expired is
 * judged by the clock alone: a floor that is wrong, since the clock of a build host was, must not
 * stop a device for ever. Nobody sets the clock. */
#pragma once

#include <glib.h>

/* Seconds since 1970. */
gint64 time_floor_s (void);
