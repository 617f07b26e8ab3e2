/* unused_pages.h - arenas with something to purge, for the tests of those who purge it. */
#ifndef TESTS_SUPPORT_UNUSED_PAGES_H
#define TESTS_SUPPORT_UNUSED_PAGES_H

#include "arenas.h"

/* A manual arena with this decay time. */
struct arena *unused_pages_arena(ssize_t dirty_ms);

/* Makes so many pages of it dirty, as one extent. */
void unused_pages_make(struct arena *arena, size_t npages);

/* Dirty pages, those that are just being purged included. */
size_t unused_pages_dirty(struct arena *arena);

/* Whether there comes a time without any, while the caller only sleeps. */
bool unused_pages_go_within(struct arena *arena, unsigned ms);

#endif
