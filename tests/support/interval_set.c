#include "interval_set.h"
#include "expect.h"
#include <string.h>
#include <sys/mman.h>

void interval_set_init(struct interval_set *set, size_t capacity)
{
	set->count = 0;
	set->capacity = capacity;
	set->intervals = mmap(NULL, capacity * sizeof *set->intervals, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(set->intervals != MAP_FAILED, "no memory for %zu intervals", capacity);
}

void interval_set_fini(struct interval_set *set)
{
	munmap(set->intervals, set->capacity * sizeof *set->intervals);
}

/* How many intervals start at or below address. */
static size_t count_up_to(const struct interval_set *set, uintptr_t address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->intervals[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool interval_set_add(struct interval_set *set, const void *ptr, size_t size,
		      struct interval *overlapped)
{
	struct interval fresh = {(uintptr_t)ptr, (uintptr_t)ptr + size};
	size_t at = count_up_to(set, fresh.start);

	if (at > 0 && set->intervals[at - 1].end > fresh.start) {
		*overlapped = set->intervals[at - 1];
		return false;
	}
	if (at < set->count && set->intervals[at].start < fresh.end) {
		*overlapped = set->intervals[at];
		return false;
	}
	expect(set->count < set->capacity, "more than %zu intervals", set->capacity);
	memmove(&set->intervals[at + 1], &set->intervals[at],
		(set->count - at) * sizeof *set->intervals);
	set->intervals[at] = fresh;
	set->count++;
	return true;
}

struct interval *interval_set_find(const struct interval_set *set, const void *ptr)
{
	size_t at = count_up_to(set, (uintptr_t)ptr);

	if (at == 0 || set->intervals[at - 1].start != (uintptr_t)ptr)
		return NULL;
	return &set->intervals[at - 1];
}

bool interval_set_remove(struct interval_set *set, const void *ptr)
{
	struct interval *found = interval_set_find(set, ptr);

	if (found == NULL)
		return false;
	set->count--;
	memmove(found, found + 1, (size_t)(&set->intervals[set->count] - found) * sizeof *found);
	return true;
}

bool interval_set_covers(const struct interval_set *set, const void *ptr, size_t size)
{
	uintptr_t address = (uintptr_t)ptr;
	uintptr_t end = address + size;
	size_t at = count_up_to(set, address);

	if (at == 0)
		return false;
	for (at--; at < set->count && set->intervals[at].start <= address; at++) {
		address = set->intervals[at].end;
		if (address >= end)
			return true;
	}
	return false;
}
