/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "net/poller.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/error.h"
#include "base/fd.h"

#define MAX_EVENTS 32

struct Poller {
  const CurlApi *curl;
  CURLM *multi;
  int epoll_fd;
  int wake_fd;
  gint64 due_us;      /* when libcurl wants to be called; -1: not by time */
  GByteArray *wanted; /* by descriptor: libcurl waits for it */
};

static void
set_wanted (Poller *self, int fd, gboolean wanted)
{
  if ((guint)fd >= self->wanted->len) {
    guint before = self->wanted->len;
    g_byte_array_set_size (self->wanted, (guint)fd + 1);
    for (guint i = before; i < self->wanted->len; i++)
      self->wanted->data[i] = FALSE;
  }
  self->wanted->data[fd] = (guint8)wanted;
}

/* libcurl lets go of a connection after each answer and takes it again for the next request. It
 * stays with epoll in between: one call a request instead of two. */
static int
on_socket (CURL *easy, curl_socket_t fd, int what, void *user_data, void *socket_data)
{
  Poller *self = user_data;
  set_wanted (self, fd, what != CURL_POLL_REMOVE);
  if (what == CURL_POLL_REMOVE)
    return 0;
  struct epoll_event event = {.data.fd = fd};
  if (what & CURL_POLL_IN)
    event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT)
    event.events |= EPOLLOUT;
  /* It may have been closed since and be another one: only the kernel knows. */
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
    return 0;
  return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -1;
}

static int
on_timer (CURLM *multi, long timeout_ms, void *user_data)
{
  Poller *self = user_data;
  self->due_us = timeout_ms < 0 ? -1 : g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  return 0;
}

Poller *
poller_new (const CurlApi *curl, CURLM *multi, GError **error)
{
  Poller *self = g_new0 (Poller, 1);
  self->curl = curl;
  self->multi = multi;
  self->due_us = -1;
  self->wanted = g_byte_array_new ();
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = self->wake_fd};
  if (self->wake_fd < 0 || self->epoll_fd < 0 ||
      epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &event) < 0) {
    (void)throw_errno (error, "set up epoll");
    poller_free (self);
    return NULL;
  }
  (void)curl->multi_setopt (multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  (void)curl->multi_setopt (multi, CURLMOPT_SOCKETDATA, (void *)self);
  (void)curl->multi_setopt (multi, CURLMOPT_TIMERFUNCTION, on_timer);
  (void)curl->multi_setopt (multi, CURLMOPT_TIMERDATA, (void *)self);
  return self;
}

void
poller_free (Poller *self)
{
  if (self == NULL)
    return;
  fd_cleanup (&self->wake_fd);
  fd_cleanup (&self->epoll_fd);
  g_byte_array_unref (self->wanted);
  g_free (self);
}

void
poller_wake (Poller *self)
{
  guint64 one = 1;
  (void)!write (self->wake_fd, &one, sizeof one); /* full: it wakes up anyway */
}

static void
take_wake (Poller *self)
{
  guint64 count;
  (void)!read (self->wake_fd, &count, sizeof count); /* only to empty it */
}

gboolean
poller_rest (Poller *self, int timeout_ms, GError **error)
{
  struct pollfd wake = {.fd = self->wake_fd, .events = POLLIN};
  int n = poll (&wake, 1, timeout_ms);
  if (n < 0 && errno != EINTR)
    return throw_errno (error, "wait");
  if (n > 0)
    take_wake (self);
  return TRUE;
}

static gboolean
act (Poller *self, curl_socket_t fd, int mask, GError **error)
{
  int running = 0;
  CURLMcode code = self->curl->multi_socket_action (self->multi, fd, mask, &running);
  return code == CURLM_OK ||
         throw_error (error, TREE_ERROR_NETWORK, "libcurl: %s", self->curl->multi_strerror (code));
}

static gboolean
handle (Poller *self, const struct epoll_event *event, GError **error)
{
  int fd = event->data.fd;
  if (fd == self->wake_fd) {
    guint64 count;
    (void)!read (fd, &count, sizeof count); /* only to empty it */
    return TRUE;
  }
  if ((guint)fd >= self->wanted->len || !self->wanted->data[fd]) {
    /* An idle connection says something, such as goodbye. libcurl looks before it uses it again. */
    (void)epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    return TRUE;
  }
  int mask = 0;
  if (event->events & EPOLLIN)
    mask |= CURL_CSELECT_IN;
  if (event->events & EPOLLOUT)
    mask |= CURL_CSELECT_OUT;
  if (event->events & (EPOLLERR | EPOLLHUP))
    mask |= CURL_CSELECT_ERR;
  return act (self, fd, mask, error);
}

gboolean
poller_step (Poller *self, int timeout_ms, GError **error)
{
  if (self->due_us >= 0) {
    gint64 left_us = self->due_us - g_get_monotonic_time ();
    if (left_us <= 0) {
      self->due_us = -1;
      return act (self, CURL_SOCKET_TIMEOUT, 0, error);
    }
    timeout_ms = (int)MIN ((gint64)timeout_ms, left_us / 1000 + 1);
  }
  struct epoll_event events[MAX_EVENTS];
  int n = epoll_wait (self->epoll_fd, events, MAX_EVENTS, timeout_ms);
  if (n < 0 && errno != EINTR)
    return throw_errno (error, "wait for the network");
  for (int i = 0; i < n; i++) {
    if (!handle (self, &events[i], error))
      return FALSE;
  }
  return TRUE;
}
