/* test_hpa_map.c - addresses lead to the slab that they lie in, all others to none. */
#include "hpa_map.h"

#include "expect.h"
#include "os_call.h"
#include "suite.h"

static struct base base;
static struct hpa_slab slabs[3];

START_TEST(where_slabs_are)
{
	/* Two side by side, across the end of a leaf, and one far away. */
	char *const places[] = {(char *)(((uintptr_t)7 << 30) - THP_SIZE),
				(char *)((uintptr_t)7 << 30), (char *)((uintptr_t)0x7ffe << 32)};

	base_init(&base);
	for (unsigned i = 0; i < 3; i++) {
		expect(hpa_map_find(places[i]) == NULL, "a slab before there was one");
		expect(hpa_map_ensure(places[i], &base), "no memory");
		expect(hpa_map_find(places[i]) == NULL, "a slab before there was one");
		hpa_map_set(places[i], &slabs[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		expect(hpa_map_find(places[i]) == &slabs[i], "the first byte of slab %u", i);
		expect(hpa_map_find(places[i] + THP_SIZE - 1) == &slabs[i], "its last byte");
	}
	expect(hpa_map_find(places[0] - 1) == NULL && hpa_map_find(places[1] + THP_SIZE) == NULL,
	       "a slab beside a slab");
	hpa_map_set(places[1], NULL);
	expect(hpa_map_find(places[1]) == NULL && hpa_map_find(places[0]) == &slabs[0], "removed");
}
END_TEST

START_TEST(nowhere)
{
	base_init(&base);
	expect(hpa_map_find(NULL) == NULL && hpa_map_find((void *)(uintptr_t)-1) == NULL, "a slab");
	expect(!hpa_map_ensure((void *)((uintptr_t)1 << LG_VADDR), &base), "beyond all addresses");
}
END_TEST

static int refuse(enum os_call call)
{
	return call == OS_CALL_mmap ? 12 : 0;
}

START_TEST(without_memory)
{
	char *place = (char *)((uintptr_t)9 << 30);

	base_init(&base);
	os_call_fault = refuse;
	expect(!hpa_map_ensure(place, &base), "memory from nowhere");
	os_call_fault = NULL;
	expect(hpa_map_find(place) == NULL && hpa_map_ensure(place, &base), "the second time");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {where_slabs_are, nowhere, without_memory, NULL};

	return suite_run("hpa_map", cases);
}
