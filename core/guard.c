#include "guard.h"

#include "misuse.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"
#include "pagemap.h"
#include "unwind.h"

#include <string.h>

#define FILLING 0xbc

/* ---- an object and its surroundings ---- */

/* The pages of an object. */
static char *pages_start(const struct extent *extent)
{
	return (char *)((uintptr_t)extent->address & ~(uintptr_t)(os_page - 1));
}

static size_t pages_size(const struct guard_slot *slot)
{
	const struct extent *extent = &slot->extent;
	char *end = (char *)extent->address + extent->size;
	return (size_t)((char *)align_up((uintptr_t)end, os_page) - pages_start(extent));
}

static void trace(struct guard_trace *trace)
{
	trace->thread = os_thread_id();
	trace->nframes = unwind_here(trace->frames, GUARD_FRAMES);
}

static void fill_round(struct guard_slot *slot)
{
	char *start = pages_start(&slot->extent);
	char *object = slot->extent.address;
	char *end = object + slot->extent.size;
	memset(start, FILLING, (size_t)(object - start));
	memset(end, FILLING, (size_t)(start + pages_size(slot) - end));
}

/* The first byte of a range that is not the filling any more, NULL when all are. */
static const char *find_written(const char *from, const char *to)
{
	for (; from < to; from++) {
		if ((unsigned char)*from != FILLING)
			return from;
	}
	return NULL;
}

/* From where: of the slot, the end that the object lies at, and how far the alignment lets it. */
static char *place(const struct guard_slot *slot, const struct guard_request *request)
{
	char *start = guard_pool_start(slot);
	size_t alignment = request->alignment > QUANTUM ? request->alignment : QUANTUM;
	if (request->usable < QUANTUM && request->alignment <= request->usable)
		alignment = 8;
	if (request->random & 1)
		return start;
	uintptr_t latest = (uintptr_t)start + guard_pool_slot_bytes() - request->usable;
	return (char *)(latest & ~(uintptr_t)(alignment - 1));
}

static void count(struct bin *bin, struct pages *pages, const struct guard_slot *slot, bool is_free)
{
	bin_count_apart(bin, is_free);
	pages_count_apart(pages, pages_in(pages_size(slot)), is_free);
}

void *guard_alloc(const struct guard_request *request, struct bin *bin, struct pages *pages)
{
	struct guard_slot *slot = guard_pool_take();
	if (slot == NULL)
		return NULL;
	char *start = guard_pool_start(slot);
	struct extent *extent = &slot->extent;
	guard_pool_close(slot);
	if (slot->allocated.thread == 0) { /* its first object */
		extent->is_guarded = true;
		extent->address = start;
		extent->size = guard_pool_slot_bytes();
		pagemap_set_all(extent, CACHE_BIN_NONE);
	}
	extent->address = place(slot, request);
	extent->size = request->usable;
	extent->class = (uint8_t)request->class;
	slot->requested = request->requested;
	slot->least_claim = request->requested;
	if (!os_protect(pages_start(extent), pages_size(slot), true)) {
		guard_pool_put(slot);
		return NULL;
	}
	fill_round(slot);
	trace(&slot->allocated);
	slot->freed.thread = 0;
	count(bin, pages, slot, false);
	extent_publish(extent, pages->arena, PAGES_ACTIVE);
	__atomic_store_n(&slot->state, GUARD_LIVE, __ATOMIC_RELEASE);
	return extent->address;
}

/* ---- the end of an object ---- */

void guard_tell_trace(struct fmt *text, const char *what, const struct guard_trace *trace)
{
	char title[64];
	struct fmt f;
	fmt_begin(&f, title, sizeof(title));
	fmt_text(&f, what);
	fmt_text(&f, " by thread ");
	fmt_unsigned(&f, trace->thread);
	misuse_tell_stack(text, title, trace->frames, trace->nframes);
}

static void tell_traces(struct fmt *text, const struct guard_slot *slot)
{
	guard_tell_trace(text, "allocated", &slot->allocated);
	if (slot->freed.thread != 0)
		guard_tell_trace(text, "freed", &slot->freed);
}

static COLD void tell_written(const struct guard_slot *slot, const char *at)
{
	const char *object = slot->extent.address;
	bool is_before = at < object;
	struct fmt *text = misuse_begin(MISUSE_OVERFLOW);
	if (text == NULL)
		return;
	fmt_text(text, is_before ? "underflow: " : "overflow: ");
	fmt_unsigned(text, (uint64_t)(is_before ? object - at
						: at - object + 1 - (ptrdiff_t)slot->extent.size));
	fmt_text(text, is_before ? " bytes before the start of " : " bytes beyond the end of ");
	fmt_pointer(text, object);
	misuse_tell_object(text, slot->requested, size_class_sizes[slot->extent.class],
			   slot->extent.arena);
	fmt_text(text, " were written to; noticed when it was freed");
	tell_traces(text, slot);
	misuse_end(text);
}

/* The furthest byte before the object that was written, or behind it; NULL: none. */
static const char *find_written_round(const struct guard_slot *slot)
{
	const char *start = pages_start(&slot->extent);
	const char *object = slot->extent.address;
	const char *end = object + slot->extent.size;
	const char *at = find_written(start, object);
	if (at != NULL)
		return at;
	const char *written = NULL;
	while ((at = find_written(end, start + pages_size(slot))) != NULL) {
		written = at;
		end = at + 1;
	}
	return written;
}

/* No memory, no access, last in the queue. Where the kernel refuses (too many mappings), the
 * contents go all the same. */
static void retire(struct guard_slot *slot, struct bin *bin, struct pages *pages)
{
	char *start = pages_start(&slot->extent);
	size_t size = pages_size(slot);
	if (!os_forbid(start, size))
		os_purge_forced(start, size);
	count(bin, pages, slot, true);
	guard_pool_put(slot);
}

/* Whoever takes an object out of life is alone with it from then on. */
static bool end_life(struct guard_slot *slot)
{
	uint32_t live = GUARD_LIVE;
	if (!__atomic_compare_exchange_n(&slot->state, &live, GUARD_FREED, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	extent_publish(&slot->extent, slot->extent.arena, PAGES_IN_TRANSIT);
	return true;
}

void guard_free(struct extent *extent, struct bin *bin, struct pages *pages)
{
	struct guard_slot *slot = guard_slot_of(extent);
	if (!end_life(slot)) {
		guard_tell_foreign("free", extent, extent->address);
		return;
	}
	trace(&slot->freed);
	const char *written = shared_load(slot->is_spoiled) ? NULL : find_written_round(slot);
	if (unlikely(written != NULL))
		tell_written(slot, written);
	retire(slot, bin, pages);
}

void guard_reset(struct bin *bins, struct pages *pages)
{
	struct guard_slot *slot = NULL;
	while ((slot = guard_pool_next(slot)) != NULL) {
		/* Those of other arenas may go and come meanwhile, those of this one do not. */
		if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != GUARD_LIVE ||
		    shared_load(slot->extent.arena) != pages->arena || !end_life(slot))
			continue;
		trace(&slot->freed);
		retire(slot, &bins[slot->extent.class], pages);
	}
}

void guard_tell_foreign(const char *what, const struct extent *extent, const void *p)
{
	const struct guard_slot *slot = container_of(extent, struct guard_slot, extent);
	bool is_live = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == GUARD_LIVE;
	bool is_twice = !is_live && p == extent->address;
	struct fmt *text = misuse_begin(is_twice ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
	if (text == NULL)
		return;
	if (is_twice && strcmp(what, "free") == 0)
		fmt_text(text, "double free");
	else
		fmt_text(text, what);
	fmt_text(text, " of ");
	fmt_pointer(text, p);
	misuse_tell_object(text, slot->requested, size_class_sizes[extent->class], extent->arena);
	if (is_twice)
		fmt_text(text, ", which was freed");
	else
		fmt_text(text, is_live ? ", which is not the start of the object here"
				       : ", which is not the start of the object that was here");
	tell_traces(text, slot);
	misuse_end(text);
}
