/* object.h - an object that the program has: found by its address, filled as options want, and
 * counted for the thread that took or gave it.
 *
 * Nothing here changes an object's state; whoever frees or moves one is its owner then, as the
 * program said by its call.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include "pagemap.h"
#include "purger.h"
#include "thread.h"

/* Says what is wrong with a pointer that is no object; what: the function that it was passed to. */
INTERNAL COLD void object_tell_foreign(const char *what, const void *p);

/* The extent of an allocated object; NULL when it is none, which has been told then. */
ALWAYS_INLINE struct extent *object_extent(const void *p, const char *what)
{
	struct extent *extent = pagemap_lookup(p);
	if (likely(extent != NULL && extent->state == PAGES_ACTIVE &&
		   (extent->is_slab || extent_object(extent) == p)))
		return extent;
	object_tell_foreign(what, p);
	return NULL;
}

ALWAYS_INLINE bool object_is_large(const struct extent *extent)
{
	return !extent->is_slab && !extent->is_guarded;
}

/* Usable bytes of an object; 0 for what is not one. */
INTERNAL size_t object_usable(const void *p);

/* As the options zero and junk want new memory, unless it was zeroed already. */
INTERNAL void object_fill_new(void *p, size_t usable, bool zeroed);

/* Of a thread that is attached, as the next. */
ALWAYS_INLINE void object_count_allocated(struct thread *self, size_t usable)
{
	self->allocated += usable;
	thread_note_peak(self);
	if (self->allocated >= shared_read(self->event_at))
		thread_event(self);
	if (!self->has_ticked)
		purger_tick();
	self->has_ticked = false;
}

ALWAYS_INLINE void object_count_freed(struct thread *self, size_t usable)
{
	self->deallocated += usable;
	thread_note_freed(self);
	/* Of two that follow each other one looks at the clock. */
	uint64_t now_ns = purger_tick();
	if (now_ns != 0)
		thread_note_unused(self, now_ns);
	self->has_ticked = true;
}

#endif
