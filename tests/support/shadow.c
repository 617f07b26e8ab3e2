#include "shadow.h"
#include "expect.h"
#include "heap_under_test.h"
#include "pattern.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

/* Which functions exist in the library under test, found once. */
static bool has_extras(void)
{
	static int known; /* 0 not asked yet, 1 yes, 2 no; racing threads find the same */
	int value = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (value == 0) {
		value = heap_defines("free_sized") && heap_defines("pvalloc") &&
					heap_defines("reallocarray")
				? 1
				: 2;
		__atomic_store_n(&known, value, __ATOMIC_RELAXED);
	}
	return value == 1;
}

void shadow_init(struct shadow *shadow, const struct shadow_limits *limits, uint64_t seed)
{
	size_t bytes = limits->slots * sizeof *shadow->objects;

	memset(shadow, 0, sizeof *shadow);
	shadow->limits = *limits;
	random_init(&shadow->random, seed);
	shadow->next_tag = random_next(&shadow->random);
	shadow->objects =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(shadow->objects != MAP_FAILED, "no memory for %zu objects", limits->slots);
	if (limits->check_overlap)
		interval_set_init(&shadow->ranges, limits->slots + 1);
}

static size_t natural_alignment(size_t size)
{
	return size >= 16 ? 16 : 8;
}

/* -- the model of one object ------------------------------------------------------------------- */

static void check_contents(struct shadow *shadow, const struct shadow_object *object,
			   size_t surviving, const char *when)
{
	size_t wrong = pattern_check(object->ptr, object->usable, surviving, object->tag);

	expect(wrong == surviving, "step %" PRIu64 ", %s: byte %zu of %zu at %p is wrong",
	       shadow->steps, when, wrong, object->size, (void *)object->ptr);
}

/* Was memory refused, and may it be? */
static bool is_refused(struct shadow *shadow, const void *ptr)
{
	if (ptr != NULL || !shadow->limits.may_fail)
		return false;
	shadow->refused++;
	return true;
}

/* Notes a fresh or moved object: checks its shape and fills it. */
static void adopt(struct shadow *shadow, struct shadow_object *object, void *ptr, size_t size,
		  size_t alignment, const char *how)
{
	size_t usable;
	uintptr_t address = (uintptr_t)ptr;
	struct interval other;

	if (is_refused(shadow, ptr))
		return;
	expect(ptr != NULL, "step %" PRIu64 ": %s of %zu bytes, alignment %zu, failed",
	       shadow->steps, how, size, alignment);
	usable = H(malloc_usable_size)(ptr);
	expect(usable >= size, "step %" PRIu64 ": %s of %zu bytes: usable size %zu", shadow->steps,
	       how, size, usable);
	expect(usable == H(sallocx)(ptr, 0), "step %" PRIu64 ": %zu usable, but sallocx() says %zu",
	       shadow->steps, usable, H(sallocx)(ptr, 0));
	expect(address % alignment == 0 && address % natural_alignment(size) == 0,
	       "step %" PRIu64 ": %s(alignment %zu, size %zu) gave %p", shadow->steps, how,
	       alignment, size, ptr);
	if (shadow->limits.check_overlap)
		expect(interval_set_add(&shadow->ranges, ptr, usable, &other),
		       "step %" PRIu64 ": %s gave %p, %zu bytes: overlaps %p, %zu bytes",
		       shadow->steps, how, ptr, usable, (void *)other.start,
		       other.end - other.start);
	*object = (struct shadow_object){ptr, size, usable, alignment, shadow->next_tag++};
	shadow->live_bytes += usable;
	pattern_fill(ptr, usable, object->tag);
}

/* Takes an object out of the model, which is about to be freed or moved. */
static void drop(struct shadow *shadow, struct shadow_object *object)
{
	if (shadow->limits.check_overlap)
		expect(interval_set_remove(&shadow->ranges, object->ptr),
		       "the model lost the object at %p", (void *)object->ptr);
	shadow->live_bytes -= object->usable;
	object->ptr = NULL;
}

/* What adopt() began to follow is followed again, as it was. */
static void readopt(struct shadow *shadow, struct shadow_object *object,
		    const struct shadow_object *old)
{
	struct interval other;

	if (shadow->limits.check_overlap)
		expect(interval_set_add(&shadow->ranges, old->ptr, old->usable, &other),
		       "%p is in use by another object", (void *)old->ptr);
	*object = *old;
	shadow->live_bytes += old->usable;
}

static void expect_zero(struct shadow *shadow, const unsigned char *ptr, size_t from, size_t to,
			const char *how)
{
	size_t offset;

	if (ptr == NULL || from >= to)
		return;
	offset = from + pattern_zero(ptr + from, to - from);
	expect(offset == to, "step %" PRIu64 ": byte %zu of %zu from %s is not zero", shadow->steps,
	       offset, to, how);
}

/* -- one operation each ------------------------------------------------------------------------ */

static size_t pick_size(struct shadow *shadow)
{
	size_t max = shadow->limits.size_max;

	/* most objects of most programs are small */
	if (random_below(&shadow->random, 4) != 0 && max > 1024)
		max = 1024;
	return random_size(&shadow->random, max);
}

static size_t pick_alignment(struct shadow *shadow)
{
	size_t max = shadow->limits.alignment_max;
	unsigned lg_max = 63u - (unsigned)__builtin_clzll(max);

	if (random_below(&shadow->random, 8) != 0 && lg_max > 12)
		lg_max = 12; /* beyond a page it is rare, and costs address space */
	return (size_t)1 << random_below(&shadow->random, lg_max + 1);
}

static int pick_flags(struct shadow *shadow, size_t *alignment)
{
	int flags = shadow->limits.flags;

	*alignment = 1;
	if (random_below(&shadow->random, 3) == 0) {
		*alignment = pick_alignment(shadow);
		flags |= random_below(&shadow->random, 2) == 0
				 ? MALLOCX_ALIGN(*alignment)
				 : MALLOCX_LG_ALIGN(__builtin_ctzll(*alignment));
	}
	if (random_below(&shadow->random, 3) == 0)
		flags |= MALLOCX_ZERO;
	if ((flags & MALLOCX_TCACHE(0xff0)) == 0 && random_below(&shadow->random, 4) == 0)
		flags |= MALLOCX_TCACHE_NONE;
	return flags;
}

/* Where an object of explicit flags goes back to: the tcache of the flags, never an alignment. */
static int free_flags(struct shadow *shadow)
{
	return shadow->limits.flags;
}

static void do_mallocx(struct shadow *shadow, struct shadow_object *object, size_t size)
{
	size_t alignment, usable;
	int flags = pick_flags(shadow, &alignment);
	void *ptr;

	if (size == 0)
		size = 1;
	usable = H(nallocx)(size, flags);
	ptr = H(mallocx)(size, flags);
	if (flags & MALLOCX_ZERO)
		expect_zero(shadow, ptr, 0, size, "mallocx with MALLOCX_ZERO");
	adopt(shadow, object, ptr, size, alignment, "mallocx");
	expect(ptr == NULL || object->usable == usable,
	       "mallocx(%zu, %#x): usable size %zu, nallocx() said %zu", size, (unsigned)flags,
	       object->usable, usable);
}

static void do_standard_allocation(struct shadow *shadow, struct shadow_object *object, size_t size)
{
	size_t alignment = pick_alignment(shadow);
	size_t count;
	void *ptr = NULL;
	int error;

	switch (random_below(&shadow->random, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
	default:
		errno = 0;
		adopt(shadow, object, H(malloc)(size), size, 1, "malloc");
		if (object->ptr == NULL) {
			expect(errno == ENOMEM, "malloc() failed with errno %d", errno);
			return;
		}
		expect(object->usable == H(nallocx)(size ? size : 1, 0),
		       "malloc(%zu): usable size %zu, nallocx() says %zu", size, object->usable,
		       H(nallocx)(size ? size : 1, 0));
		return;
	case 4:
	case 5:
		count = 1 + random_below(&shadow->random, 9);
		ptr = H(calloc)(count, size / count);
		size = count * (size / count);
		expect_zero(shadow, ptr, 0, size, "calloc");
		adopt(shadow, object, ptr, size, 1, "calloc");
		return;
	case 6:
		adopt(shadow, object, H(realloc)(NULL, size), size, 1, "realloc(NULL)");
		return;
	case 7:
		alignment = alignment < sizeof(void *) ? sizeof(void *) : alignment;
		error = H(posix_memalign)(&ptr, alignment, size);
		expect(error == 0 || (error == ENOMEM && shadow->limits.may_fail),
		       "posix_memalign(%zu, %zu): error %d", alignment, size, error);
		adopt(shadow, object, ptr, size, alignment, "posix_memalign");
		return;
	case 8:
		adopt(shadow, object, H(aligned_alloc)(alignment, size), size, alignment,
		      "aligned_alloc");
		return;
	case 9:
		size = size ? size : 1; /* memalign promises no alignment for nothing */
		adopt(shadow, object, H(memalign)(alignment, size), size, alignment, "memalign");
		return;
	case 10:
		size = size ? size : 1;
		if (has_extras() && random_below(&shadow->random, 2) == 0)
			adopt(shadow, object, H(pvalloc)(size), size, 4096, "pvalloc");
		else
			adopt(shadow, object, H(valloc)(size), size, 4096, "valloc");
		return;
	case 11:
		do_mallocx(shadow, object, size);
		return;
	}
}

static void do_allocation(struct shadow *shadow, struct shadow_object *object)
{
	size_t size = pick_size(shadow);

	if (shadow->limits.only_extended)
		do_mallocx(shadow, object, size);
	else
		do_standard_allocation(shadow, object, size);
}

static void do_free(struct shadow *shadow, struct shadow_object *object)
{
	struct shadow_object old = *object;
	int flags = free_flags(shadow);
	int align_flag = MALLOCX_ALIGN(old.alignment);
	/* any size between the one asked for and the usable one is right */
	size_t size = old.size + random_below(&shadow->random, old.usable - old.size + 1);

	check_contents(shadow, object, old.usable, "before free");
	drop(shadow, object);
	if (size == 0)
		size = 1;
	switch (random_below(&shadow->random, shadow->limits.only_extended ? 2 : 5)) {
	case 0:
	default:
		H(dallocx)(old.ptr, flags);
		return;
	case 1:
		H(sdallocx)(old.ptr, size, flags | align_flag);
		return;
	case 2:
		if (has_extras() && old.size > 0) {
			if (old.alignment == 1)
				H(free_sized)(old.ptr, old.size);
			else
				H(free_aligned_sized)(old.ptr, old.alignment, old.size);
			return;
		}
		H(free)(old.ptr);
		return;
	case 3:
	case 4:
		errno = E2BIG;
		H(free)(old.ptr);
		if (has_extras())
			expect(errno == E2BIG, "free() set errno to %d", errno);
		return;
	}
}

static void do_resize(struct shadow *shadow, struct shadow_object *object)
{
	const struct shadow_object untouched = *object;
	struct shadow_object old = *object;
	size_t size = pick_size(shadow);
	size_t alignment = 1, surviving;
	int flags = 0;
	bool extended = shadow->limits.only_extended || random_below(&shadow->random, 2) == 0;
	void *ptr;

	/* often a step up or down from where it is, as a growing buffer makes it */
	if (random_below(&shadow->random, 2) == 0)
		size = old.size / 2 + random_below(&shadow->random, old.size + 2);
	if (size == 0)
		size = 1;
	if (size > shadow->limits.size_max)
		size = shadow->limits.size_max;
	if (extended)
		flags = pick_flags(shadow, &alignment);
	check_contents(shadow, object, old.usable, "before a resize");
	drop(shadow, object);
	if (extended)
		ptr = H(rallocx)(old.ptr, size, flags);
	else if (has_extras() && random_below(&shadow->random, 4) == 0)
		ptr = H(reallocarray)(old.ptr, 1, size);
	else
		ptr = H(realloc)(old.ptr, size);
	if (is_refused(shadow, ptr)) {
		check_contents(shadow, &untouched, untouched.usable, "after a refused resize");
		readopt(shadow, object, &untouched);
		return;
	}
	expect(ptr != NULL, "step %" PRIu64 ": resize to %zu bytes failed", shadow->steps, size);
	old.ptr = ptr;
	surviving = old.usable < size ? old.usable : size;
	check_contents(shadow, &old, surviving, "after a resize");
	if (flags & MALLOCX_ZERO)
		expect_zero(shadow, ptr, old.usable, size, "rallocx with MALLOCX_ZERO");
	adopt(shadow, object, ptr, size, alignment, extended ? "rallocx" : "realloc");
	if (shadow->limits.may_fail && ptr == untouched.ptr)
		return; /* no memory for a smaller place: the old one is as good */
	expect(object->usable == H(nallocx)(size, flags),
	       "resized to %zu, flags %#x: usable size %zu, nallocx() says %zu", size,
	       (unsigned)flags, object->usable, H(nallocx)(size, flags));
}

static void do_resize_in_place(struct shadow *shadow, struct shadow_object *object)
{
	struct shadow_object old = *object;
	size_t size = old.size / 2 + random_below(&shadow->random, old.size + 2);
	size_t extra =
		random_below(&shadow->random, 3) == 0 ? random_below(&shadow->random, size + 1) : 0;
	bool zero = random_below(&shadow->random, 3) == 0;
	size_t usable, surviving;

	if (size == 0)
		size = 1;
	if (size > shadow->limits.size_max)
		size = shadow->limits.size_max;
	usable = H(xallocx)(old.ptr, size, extra, shadow->limits.flags | (zero ? MALLOCX_ZERO : 0));
	if (!heap_is_moonheap()) /* jemalloc 5.3.0 reports the old size where size fitted but extra
			      did not */
		usable = H(sallocx)(old.ptr, 0);
	expect(usable == H(sallocx)(old.ptr, 0),
	       "xallocx(%zu, %zu, %zu, zero %d) gives %zu, sallocx() %zu", old.usable, size, extra,
	       zero, usable, H(sallocx)(old.ptr, 0));
	surviving = old.usable < usable ? old.usable : usable;
	check_contents(shadow, object, surviving, "after xallocx");
	if (zero)
		expect_zero(shadow, old.ptr, old.usable, usable, "xallocx with MALLOCX_ZERO");
	drop(shadow, object);
	/* where nothing changed the object still is what was asked for before; else it is all of
	 * what it became, since a sized free must name a size of that class */
	adopt(shadow, object, old.ptr, usable == old.usable ? old.size : usable, old.alignment,
	      "xallocx");
}

/* -- scripts ----------------------------------------------------------------------------------- */

void shadow_step(struct shadow *shadow)
{
	struct shadow_object *object =
		&shadow->objects[random_below(&shadow->random, shadow->limits.slots)];

	shadow->steps++;
	if (object->ptr == NULL) {
		if (shadow->live_bytes < shadow->limits.live_bytes_max)
			do_allocation(shadow, object);
		return;
	}
	switch (random_below(&shadow->random, 8)) {
	case 0:
	case 1:
		if (shadow->live_bytes < shadow->limits.live_bytes_max) {
			do_resize(shadow, object);
			return;
		}
		do_free(shadow, object);
		return;
	case 2:
		do_resize_in_place(shadow, object);
		return;
	case 3:
		check_contents(shadow, object, object->usable, "at rest");
		return;
	default:
		do_free(shadow, object);
		return;
	}
}

void shadow_run(struct shadow *shadow, unsigned long steps)
{
	while (steps-- > 0)
		shadow_step(shadow);
}

void shadow_check_all(struct shadow *shadow)
{
	size_t i;

	for (i = 0; i < shadow->limits.slots; i++)
		if (shadow->objects[i].ptr != NULL)
			check_contents(shadow, &shadow->objects[i], shadow->objects[i].usable,
				       "in a check of all");
}

void shadow_forget_all(struct shadow *shadow)
{
	size_t i;

	for (i = 0; i < shadow->limits.slots; i++)
		if (shadow->objects[i].ptr != NULL)
			drop(shadow, &shadow->objects[i]);
}

void shadow_fini(struct shadow *shadow)
{
	size_t i;

	for (i = 0; i < shadow->limits.slots; i++)
		if (shadow->objects[i].ptr != NULL)
			do_free(shadow, &shadow->objects[i]);
	if (shadow->limits.check_overlap)
		interval_set_fini(&shadow->ranges);
	munmap(shadow->objects, shadow->limits.slots * sizeof *shadow->objects);
}

bool shadow_give(struct shadow *shadow, struct shadow_object *object)
{
	struct shadow_object *mine =
		&shadow->objects[random_below(&shadow->random, shadow->limits.slots)];

	if (mine->ptr == NULL)
		return false;
	*object = *mine;
	drop(shadow, mine);
	return true;
}

void shadow_receive(struct shadow *shadow, const struct shadow_object *object)
{
	struct shadow_object *mine =
		&shadow->objects[random_below(&shadow->random, shadow->limits.slots)];

	check_contents(shadow, object, object->usable, "received from another thread");
	if (mine->ptr != NULL)
		do_free(shadow, mine);
	*mine = *object;
	shadow->live_bytes += mine->usable;
	if (shadow->limits.check_overlap) {
		struct interval other;

		expect(interval_set_add(&shadow->ranges, mine->ptr, mine->usable, &other),
		       "%p received from another thread overlaps %p", (void *)mine->ptr,
		       (void *)other.start);
	}
}
