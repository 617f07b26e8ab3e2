/* test_utilization.c - the slab round an object, as a program that wants to move objects sees it.
 */
#include "utilization.h"

#include <string.h>
#include "arenas.h"
#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "options.h"
#include "os.h"
#include "size_class.h"
#include "suite.h"

enum { CLASS = 7, SLABS = 3 }; /* of 112 bytes */

START_TEST(a_small_object_shows_its_slab_and_its_bin)
{
	unsigned arena;
	size_t length = sizeof(arena);
	ctl_expect(ctl_by_name("arenas.create", &arena, &length, NULL, 0), 0, "arenas.create");
	int flags = (int)MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
	unsigned nregs = bin_infos[CLASS].nregs;
	void *objects[SLABS * 512];
	struct utilization found;

	for (unsigned i = 0; i < SLABS * nregs; i++)
		objects[i] = mh_mallocx(bin_infos[CLASS].size, flags);
	utilization_of(objects[0], &found);
	expect(found.nfree == 0 && found.nregs == nregs, "%zu of %zu free", found.nfree,
	       found.nregs);
	expect(found.size == bin_infos[CLASS].slab_size, "a slab of %zu bytes", found.size);
	expect(found.bin_nregs == SLABS * nregs && found.bin_nfree == 0, "bin: %zu of %zu free",
	       found.bin_nfree, found.bin_nregs);

	for (unsigned i = 1; i < 6; i++)
		mh_dallocx(objects[i], MALLOCX_TCACHE_NONE);
	mh_dallocx(objects[2 * nregs], MALLOCX_TCACHE_NONE);
	utilization_of(objects[0], &found);
	expect(found.nfree == 5 && found.bin_nfree == 6, "%zu, in the bin %zu", found.nfree,
	       found.bin_nfree);
	utilization_of(objects[2 * nregs + 1], &found);
	const char *current = found.current;
	expect(found.nfree == 1, "%zu free in the third slab", found.nfree);
	expect(current <= (char *)objects[2 * nregs + 1] &&
		       (char *)objects[2 * nregs + 1] < current + found.size,
	       "the slab in use is another than the last");
}
END_TEST

START_TEST(a_large_object_has_pages_of_its_own)
{
	struct utilization found;
	void *p = mh_malloc(1 << 20);
	utilization_of(p, &found);
	expect(found.current == NULL && found.nfree == 0 && found.nregs == 1, "%p %zu of %zu",
	       found.current, found.nfree, found.nregs);
	expect(found.size >= 1 << 20 && found.bin_nfree == 0 && found.bin_nregs == 0, "%zu bytes",
	       found.size);
	mh_free(p);
	/* One that begins inside its first page is known by its start all the same. */
	options.cache_oblivious = true;
	large_boot();
	p = mh_malloc(1 << 20);
	utilization_of(p, &found);
	expect(((uintptr_t)p & 4095) != 0 && found.nregs == 1 && found.size == (1 << 20) + os_page,
	       "%p: %zu of %zu bytes", p, found.nregs, found.size);
	mh_free(p);
}
END_TEST

START_TEST(what_is_no_object_shows_nothing)
{
	static const struct utilization none;
	struct utilization found;
	void *p = mh_malloc(1 << 20);
	const void *const others[] = {NULL, &found, (char *)p + 4096};
	for (unsigned i = 0; i < 3; i++) {
		memset(&found, 0xff, sizeof(found));
		utilization_of(others[i], &found);
		expect(memcmp(&found, &none, sizeof(found)) == 0, "pointer %u", i);
	}
	mh_free(p);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {a_small_object_shows_its_slab_and_its_bin,
				      a_large_object_has_pages_of_its_own,
				      what_is_no_object_shows_nothing, NULL};
	return suite_run("utilization", cases);
}
