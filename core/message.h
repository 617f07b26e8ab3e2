/* message.h - the one way in which the allocator speaks to people on its own account: through the
 * program's malloc_message when it set one, else to standard error with write(2).
 *
 * Never allocates, takes no lock, keeps errno. A message is one line with the prefix that tools
 * which watch for jemalloc's messages look for. fault.h does not come this way: it trusts nothing.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "build.h"

#define MESSAGE_PREFIX "<jemalloc>: "
/* Of messages that jemalloc does not have. */
#define MESSAGE_PREFIX_OURS "<moonheap>: "

/* Writes text as it is. */
INTERNAL void message_write(const char *text);

/* The same in the shape of a write callback; opaque reaches malloc_message. */
INTERNAL void message_write_cb(void *opaque, const char *text);

#endif
