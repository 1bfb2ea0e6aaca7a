/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plain/bootpath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plain/layout.h"

int
pathname_is_component (const char *name)
{
  return name[0] != '\0' && strcmp (name, ".") != 0 && strcmp (name, "..") != 0 &&
         strchr (name, '/') == NULL && strlen (name) <= BOOTPATH_NAME_MAX;
}

/* Takes "PREFIX" off the front of *at. */
static int
take_text (const char **at, const char *prefix)
{
  size_t len = strlen (prefix);
  if (strncmp (*at, prefix, len) != 0)
    return -EINVAL;
  *at += len;
  return 0;
}

/* Takes a component and the '/' after it. */
static int
take_component (const char **at, char *out, size_t out_size)
{
  size_t len = strcspn (*at, "/");
  if ((*at)[len] != '/' || len >= out_size)
    return -EINVAL;
  memcpy (out, *at, len);
  out[len] = '\0';
  *at += len + 1;
  return pathname_is_component (out) ? 0 : -EINVAL;
}

static int
is_checksum (const char *text, size_t len)
{
  return len == BOOTPATH_CSUM_LEN && strspn (text, "0123456789abcdef") >= len;
}

/* A decimal number without sign or leading zeros that is the rest of the text. */
static int
parse_serial (const char *text, int *out)
{
  size_t len = strlen (text);
  if (len == 0 || strspn (text, "0123456789") != len || (len > 1 && text[0] == '0'))
    return -EINVAL;
  int serial = 0;
  for (; *text != '\0'; text++) {
    serial = serial * 10 + (*text - '0');
    if (serial > BOOTPATH_SERIAL_MAX)
      return -EINVAL;
  }
  *out = serial;
  return 0;
}

int
bootpath_parse (const char *text, BootPath *out)
{
  BootPath self = {0};
  if (take_text (&text, "/ostree/boot.") < 0 || (text[0] != '0' && text[0] != '1') ||
      text[1] != '/')
    return -EINVAL;
  self.bootversion = text[0] - '0';
  text += 2;
  if (take_component (&text, self.stateroot, sizeof self.stateroot) < 0 ||
      take_component (&text, self.bootcsum, sizeof self.bootcsum) < 0 ||
      !is_checksum (self.bootcsum, strlen (self.bootcsum)))
    return -EINVAL;
  /* A slash at the end is what tab completion leaves in hand-written entries. */
  char serial[16];
  size_t len = strcspn (text, "/");
  if (len >= sizeof serial || text[len + strspn (text + len, "/")] != '\0')
    return -EINVAL;
  memcpy (serial, text, len);
  serial[len] = '\0';
  if (parse_serial (serial, &self.serial) < 0)
    return -EINVAL;
  *out = self;
  return 0;
}

static int
check_length (int len, size_t out_size)
{
  return len < 0 || (size_t)len >= out_size ? -ENAMETOOLONG : 0;
}

int
bootpath_format (const BootPath *self, char *out, size_t out_size)
{
  return check_length (snprintf (out, out_size, "/" SYSROOT_BOOTLINK_FORMAT "/%s/%s/%d",
                                 self->bootversion, self->stateroot, self->bootcsum, self->serial),
                       out_size);
}

int
deploypath_parse_name (const char *name, DeployPath *out)
{
  size_t len = strcspn (name, ".");
  int serial;
  if (!is_checksum (name, len) || name[len] != '.' || parse_serial (name + len + 1, &serial) < 0)
    return -EINVAL;
  memcpy (out->csum, name, len);
  out->csum[len] = '\0';
  out->serial = serial;
  return 0;
}

int
deploypath_format (const DeployPath *self, char *out, size_t out_size)
{
  return check_length (snprintf (out, out_size, SYSROOT_DEPLOY "/%s/" STATEROOT_DEPLOY "/%s.%d",
                                 self->stateroot, self->csum, self->serial),
                       out_size);
}

static int
read_link (int dfd, const char *path, char *out, size_t out_size)
{
  ssize_t len = readlinkat (dfd, path, out, out_size);
  if (len < 0)
    return -errno;
  if ((size_t)len >= out_size)
    return -ENAMETOOLONG;
  out[len] = '\0';
  return 0;
}

int
bootpath_read_subversion (int sysroot_fd, int bootversion, int *out_subversion)
{
  char path[32], target[32], expected[32];
  (void)snprintf (path, sizeof path, SYSROOT_BOOTLINK_FORMAT, bootversion);
  int r = read_link (sysroot_fd, path, target, sizeof target);
  if (r < 0)
    return r;
  for (int sub = 0; sub <= 1; sub++) {
    (void)snprintf (expected, sizeof expected, "boot.%d.%d", bootversion, sub);
    if (strcmp (target, expected) == 0) {
      *out_subversion = sub;
      return 0;
    }
  }
  return -EINVAL;
}

int
bootpath_resolve (int sysroot_fd, const BootPath *self, DeployPath *out)
{
  int sub = 0;
  int r = bootpath_read_subversion (sysroot_fd, self->bootversion, &sub);
  if (r < 0)
    return r;
  char path[BOOTPATH_TEXT_MAX], target[BOOTPATH_TEXT_MAX];
  r = check_length (snprintf (path, sizeof path, SYSROOT_BOOTDIR_FORMAT "/%s/%s/%d",
                              self->bootversion, sub, self->stateroot, self->bootcsum,
                              self->serial),
                    sizeof path);
  if (r < 0)
    return r;
  r = read_link (sysroot_fd, path, target, sizeof target);
  if (r < 0)
    return r;

  DeployPath found = {0};
  char middle[BOOTPATH_NAME_MAX + 1];
  const char *at = target;
  if (take_text (&at, "../../../deploy/") < 0 ||
      take_component (&at, found.stateroot, sizeof found.stateroot) < 0 ||
      take_component (&at, middle, sizeof middle) < 0 || strcmp (middle, STATEROOT_DEPLOY) != 0 ||
      deploypath_parse_name (at, &found) < 0)
    return -EINVAL;
  *out = found;
  return 0;
}
