#include "dss.h"

#include "bits.h"
#include "lock.h"
#include "options.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"

#include <string.h>

static struct lock dss_lock = {.rank = RANK_LEAF};

/* What is ours lies between these; in between may be memory of the program's own. Written
 * under the lock. */
static uintptr_t lowest, highest;

/* Ranges that came back, or lay before an aligned one: a list through their first bytes; nothing
 * else of them is in memory. Whole extents come and go, so there are few. Under the lock. */
struct range {
	struct range *next;
	size_t size;
};
static struct range *unused;

static uint8_t set_default; /* the precedence plus 1; 0: nobody has set one */

/* As one with its neighbours. */
static struct range *put_range(void *address, size_t size)
{
	struct range **link = &unused;
	while (*link != NULL) {
		struct range *range = *link;
		bool is_below = ptr_add(range, range->size) == address;
		if (!is_below && ptr_add(address, size) != range) {
			link = &range->next;
			continue;
		}
		size += range->size;
		*link = range->next;
		*range = (struct range){.next = NULL, .size = 0}; /* all zero again */
		if (is_below)
			address = range;
	}
	struct range *range = address;
	*range = (struct range){.next = unused, .size = size};
	unused = range;
	return range;
}

/* The first range with room; what is left of it on either side stays. */
static void *take_unused(size_t size, size_t alignment)
{
	for (struct range **link = &unused; *link != NULL; link = &(*link)->next) {
		struct range *range = *link;
		uintptr_t p = align_up((uintptr_t)range, alignment);
		uintptr_t end = (uintptr_t)range + range->size;
		if (p < (uintptr_t)range || p > end || end - p < size)
			continue;
		*link = range->next;
		*range = (struct range){.next = NULL, .size = 0};
		if (p != (uintptr_t)range)
			put_range(range, p - (uintptr_t)range);
		if (p + size != end)
			put_range((void *)(p + size), end - p - size);
		return (void *)p;
	}
	return NULL;
}

/* What lies before an aligned range, in whole pages, is there for others. */
static void put_pages(uintptr_t from, uintptr_t to)
{
	from = align_up(from, os_page);
	to = align_down(to, os_page);
	if (from < to)
		put_range((void *)from, to - from);
}

static void note_owned(uintptr_t from, uintptr_t to)
{
	if (lowest == 0)
		__atomic_store_n(&lowest, align_up(from, os_page), __ATOMIC_RELAXED);
	__atomic_store_n(&highest, to, __ATOMIC_RELAXED);
}

static void *extend(size_t size, size_t alignment)
{
	/* Again only when the program has called sbrk() at the same time. */
	for (;;) {
		uintptr_t end = (uintptr_t)os_sbrk(0);
		uintptr_t p = align_up(end, alignment);
		if (end == 0 || p < end || size > (size_t)PTRDIFF_MAX - (p - end))
			return NULL;
		size_t more = p - end + size;
		uintptr_t got = (uintptr_t)os_sbrk((ptrdiff_t)more);
		if (got == 0)
			return NULL;
		note_owned(got, got + more);
		p = align_up(got, alignment);
		bool has_room = p + size <= got + more;
		put_pages(got, has_room ? p : got + more);
		if (has_room)
			return (void *)p;
	}
}

void *dss_alloc(size_t size, size_t alignment)
{
	lock_take(&dss_lock);
	void *p = take_unused(size, alignment);
	if (p == NULL)
		p = extend(size, alignment);
	lock_drop(&dss_lock);
	return p;
}

void dss_dalloc(void *address, size_t size)
{
	if (!os_purge_forced(address, size))
		memset(address, 0, size);
	lock_take(&dss_lock);
	struct range *range = put_range(address, size);
	size = range->size;
	if (os_sbrk(0) == ptr_add(range, size)) {
		/* The end of the segment is ours: back with it. */
		unused = range->next;
		if (os_sbrk(-(ptrdiff_t)size) == NULL) {
			range->next = unused;
			unused = range;
		}
	}
	lock_drop(&dss_lock);
}

size_t dss_retained(void)
{
	size_t bytes = 0;
	lock_take(&dss_lock);
	for (const struct range *range = unused; range != NULL; range = range->next)
		bytes += range->size;
	lock_drop(&dss_lock);
	return bytes;
}

bool dss_owns(const void *address)
{
	/* Who holds an extent of the segment has synchronised with whoever took it. */
	return (uintptr_t)address >= __atomic_load_n(&lowest, __ATOMIC_RELAXED) &&
	       (uintptr_t)address < __atomic_load_n(&highest, __ATOMIC_RELAXED);
}

ALWAYS_RUN uint8_t dss_default(void)
{
	uint8_t set = __atomic_load_n(&set_default, __ATOMIC_RELAXED);
	return set != 0 ? set - 1 : options.dss;
}

void dss_set_default(uint8_t precedence)
{
	__atomic_store_n(&set_default, (uint8_t)(precedence + 1), __ATOMIC_RELAXED);
}

void dss_prefork(void)
{
	lock_take_for_fork(&dss_lock);
}

void dss_postfork_parent(void)
{
	lock_drop_after_fork(&dss_lock);
}

void dss_postfork_child(void)
{
	lock_reset_in_child(&dss_lock);
}
