#include "quarantine.h"

#include "base.h"
#include "canary.h"
#include "misuse.h"
#include "os_map.h"
#include "pagemap.h"

#include <string.h>

#define FILLING 0x5b

#define RING_SLOTS 4096u

/* A small object that would push out more than so many others is not held. */
#define SHARE_MAX 8

/* Large ones, by address space and, over all threads, by what they cost the kernel. */
#define LARGE_BYTES_MAX ((size_t)64 << 20)
#define LARGE_HELD_MAX  2048u

static uint32_t large_held; /* relaxed */

/* ---- which ---- */

static bool is_full(void)
{
	return options.safety == SAFETY_FULL;
}

static bool is_aligned_enough(const void *p)
{
	ssize_t lg = options.lg_san_uaf_align;
	return lg >= 0 && ((uintptr_t)p & (((uintptr_t)1 << lg) - 1)) == 0;
}

bool quarantine_wants(const struct extent *extent, const void *p)
{
	if (extent->is_guarded || (!is_full() && !(extent->is_slab && is_aligned_enough(p))))
		return false;
	/* A manual arena may be reset at any time, and takes nothing back before that. */
	const struct arena *arena = arenas_get(extent->arena);
	return arena != NULL && !arena->is_manual;
}

/* ---- small objects ---- */

/* Of a region, what is filled: all but the canary behind it; or three words. */
static void fill(char *p, size_t bytes)
{
	if (is_full()) {
		memset(p, FILLING, bytes - CANARY_BYTES);
		canary_end(p, bytes);
		return;
	}
	size_t word = sizeof(uint64_t);
	memset(p, FILLING, word);
	memset(p + (bytes / 2 & ~(word - 1)), FILLING, word);
	memset(p + bytes - word, FILLING, word);
}

static bool is_filled(const char *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if ((unsigned char)p[i] != FILLING)
			return false;
	}
	return true;
}

static bool is_untouched(const char *p, size_t bytes)
{
	size_t size;
	size_t word = sizeof(uint64_t);
	if (is_full())
		return is_filled(p, bytes - CANARY_BYTES) &&
		       canary_look(p, bytes, &size) == CANARY_FREED;
	return is_filled(p, word) && is_filled(p + (bytes / 2 & ~(word - 1)), word) &&
	       is_filled(p + bytes - word, word);
}

static COLD void tell_written(const void *p, size_t bytes, unsigned arena)
{
	struct fmt *text = misuse_begin(MISUSE_USE_AFTER_FREE);
	if (text == NULL)
		return;
	fmt_text(text, "Write-after-free detected on deallocated pointer ");
	fmt_pointer(text, p);
	fmt_text(text, " (size ");
	fmt_unsigned(text, bytes);
	fmt_text(text, "). It is an object");
	misuse_tell_object(text, 0, bytes, arena);
	fmt_text(text, " that was written to after it was freed; noticed when it was to be used "
		       "again");
	misuse_end(text);
}

/* ---- large objects ---- */

static bool hold_large(struct extent *extent)
{
	struct pages *pages = &arenas_get(extent->arena)->pages;
	if (extent->size > LARGE_BYTES_MAX || shared_load(large_held) >= LARGE_HELD_MAX ||
	    !hooks_are_default(__atomic_load_n(&pages->hooks, __ATOMIC_ACQUIRE)))
		return false;
	/* So that the fault on any of its pages leads to it. */
	extent_publish(extent, extent->arena, PAGES_IN_TRANSIT);
	extent->is_held = true;
	pagemap_set_all(extent, CACHE_BIN_NONE);
	if (!os_forbid(extent->address, extent->size)) {
		pagemap_clear_inside(extent);
		extent->is_held = false;
		extent_publish(extent, extent->arena, PAGES_ACTIVE);
		return false;
	}
	__atomic_add_fetch(&large_held, 1, __ATOMIC_RELAXED);
	return true;
}

static void release_large(struct extent *extent)
{
	struct arena *arena = arenas_get(extent->arena);
	__atomic_sub_fetch(&large_held, 1, __ATOMIC_RELAXED);
	if (!os_protect(extent->address, extent->size, true) &&
	    !os_replace(extent->address, extent->size))
		return; /* nobody can use this address space any more; it holds no memory */
	pagemap_clear_inside(extent);
	extent->is_held = false;
	extent_publish(extent, extent->arena, PAGES_ACTIVE);
	large_dalloc(&arena->large, extent);
}

/* ---- memory of rings, recycled through the first slot ---- */

static struct lock rings_lock = {.rank = RANK_LEAF};
static void **unused_rings; /* under the lock */

static void **take_ring(void)
{
	lock_take(&rings_lock);
	void **ring = unused_rings;
	if (ring != NULL)
		unused_rings = ring[0];
	lock_drop(&rings_lock);
	return ring != NULL ? ring : base_alloc(&base_first, RING_SLOTS * sizeof(void *), 0);
}

static void put_ring(void **ring)
{
	lock_take(&rings_lock);
	ring[0] = unused_rings;
	unused_rings = ring;
	lock_drop(&rings_lock);
}

void quarantine_prefork(void)
{
	lock_take_for_fork(&rings_lock);
}

void quarantine_postfork_parent(void)
{
	lock_drop_after_fork(&rings_lock);
}

void quarantine_postfork_child(void)
{
	lock_reset_in_child(&rings_lock);
}

/* ---- in and out ---- */

static size_t held_bytes(const struct extent *extent)
{
	return extent->is_slab ? size_class_sizes[extent->class] : 0;
}

static void release_oldest(struct quarantine *quarantine)
{
	void *p = quarantine->ring[quarantine->first];
	struct extent *extent = pagemap_lookup(p);
	size_t bytes = held_bytes(extent);
	quarantine->first = (quarantine->first + 1) % RING_SLOTS;
	quarantine->length--;
	shared_store(quarantine->bytes, quarantine->bytes - bytes);
	if (!extent->is_slab) {
		release_large(extent);
		return;
	}
	struct arena *arena = arenas_get(extent->arena);
	bool is_sound = is_untouched(p, bytes);
	bin_put(bin_of_slab(&arena->bins[extent->class], extent), &arena->pages, p);
	if (unlikely(!is_sound))
		tell_written(p, bytes, arena->index);
}

bool quarantine_put(struct quarantine *quarantine, struct extent *extent, void *p)
{
	size_t bytes = held_bytes(extent);
	size_t most = options.safety_quarantine_bytes;
	if (bytes > most / SHARE_MAX || most == 0)
		return false;
	if (quarantine->ring == NULL)
		quarantine->ring = take_ring();
	if (quarantine->ring == NULL)
		return false;
	while (quarantine->length == RING_SLOTS ||
	       (quarantine->length > 0 && quarantine->bytes + bytes > most))
		release_oldest(quarantine);
	if (extent->is_slab)
		fill(p, bytes);
	else if (!hold_large(extent))
		return false;
	quarantine->ring[(quarantine->first + quarantine->length) % RING_SLOTS] = p;
	quarantine->length++;
	shared_store(quarantine->bytes, quarantine->bytes + bytes);
	return true;
}

void quarantine_flush(struct quarantine *quarantine)
{
	while (quarantine->length > 0)
		release_oldest(quarantine);
}

ALWAYS_RUN void quarantine_init(struct quarantine *quarantine)
{
	quarantine->ring = NULL;
	quarantine->first = 0;
	quarantine->length = 0;
	shared_store(quarantine->bytes, 0);
}

void quarantine_fini(struct quarantine *quarantine)
{
	quarantine_flush(quarantine);
	if (quarantine->ring != NULL)
		put_ring(quarantine->ring);
	quarantine_init(quarantine);
}
