/* page_due.h - when unused pages are due for purging, in each arena and over all of them; and the
 * alarm for whoever sleeps until then.
 *
 * The time of an arena is written under its page lock by those who make pages unused or purge them.
 * The time over all arenas is one relaxed word, so that asking costs a load: pages that become
 * unused bring it forward, and only who has looked at all arenas since sets it later (purger.c).
 */
#ifndef PAGE_DUE_H
#define PAGE_DUE_H

#include "pages.h"

/* When pages_decay() has something to do next; UINT64_MAX: nothing is unused, or for ever. */
ALWAYS_INLINE uint64_t pages_deadline(const struct pages *pages)
{
	return __atomic_load_n(&pages->due_ns, __ATOMIC_SEQ_CST);
}

/* Is anything unused that will have to go some time? */
ALWAYS_INLINE bool pages_has_due(const struct pages *pages)
{
	return pages_deadline(pages) != UINT64_MAX ||
	       (pages->hpa != NULL && hpa_due_ns(pages->hpa) != UINT64_MAX);
}

/* No arena is due before this time. */
INTERNAL extern uint64_t pages_due_ns;
INTERNAL void pages_bring_due_forward(uint64_t time_ns);

/* Called, without locks, where so many more pages are unused in an arena than were expected, and
 * where its decay times change. NULL: nobody wants to know. */
#define PAGES_ALARM_NEVER ((size_t)1 << 62)
INTERNAL extern void (*pages_alarm)(const struct pages *pages);
INTERNAL extern size_t pages_alarm_above; /* relaxed */

/* When at least must_go pages of the arena, or the last of them, will be due. The alarm is not
 * raised before so many more have become unused, or, where there are none, the first. */
INTERNAL uint64_t pages_expect(struct pages *pages, size_t must_go);
/* Something was done to the packed huge pages of an arena that has some: whoever purges is told
 * when there will be something to do. Locks may be held. */
INTERNAL void pages_heed_hpa(struct pages *pages);

/* From now on, pages_alarm_above alone decides about the alarm. */
INTERNAL void pages_expect_nothing(struct pages *pages);

/* Unused pages became fewer, or decay was set. Holds the page lock. */
INTERNAL void pages_note_deadline(struct pages *pages);
/* Pages became dirty. Holds the page lock; true: the alarm is to be raised without it. */
INTERNAL bool pages_note_dirty(struct pages *pages);
INTERNAL void pages_raise_alarm(const struct pages *pages);

#endif
