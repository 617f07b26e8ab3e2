#include "hpa_slab.h"

#include "fault.h"

#include <string.h>

void hpa_slab_init(struct hpa_slab *slab, void *address)
{
	memset(slab, 0, sizeof(*slab));
	slab->address = address;
	slab->longest = HPA_SLAB_PAGES;
}

/* ---- bitmaps ---- */

/* The first page at or after from that is in the set, or is not; HPA_SLAB_PAGES when there is none.
 */
static unsigned next(const struct hpa_pages *pages, unsigned from, bool wanted)
{
	for (unsigned i = from / 64; i < HPA_SLAB_WORDS; i++) {
		uint64_t word = wanted ? pages->words[i] : ~pages->words[i];
		if (i == from / 64)
			word &= ~(uint64_t)0 << (from % 64);
		if (word != 0)
			return i * 64 + bits_first_set(word);
	}
	return HPA_SLAB_PAGES;
}

/* The bits of a run within word i. */
static uint64_t mask_in(unsigned i, unsigned first, unsigned end)
{
	uint64_t mask = ~(uint64_t)0;
	if (first > i * 64)
		mask <<= first - i * 64;
	if (end < i * 64 + 64)
		mask &= ~(uint64_t)0 >> (i * 64 + 64 - end);
	return mask;
}

/* Adds a run or takes it out; returns how many pages changed. */
static unsigned change(struct hpa_pages *pages, unsigned first, unsigned npages, bool to)
{
	unsigned changed = 0;
	unsigned end = first + npages;
	for (unsigned i = first / 64; i * 64 < end; i++) {
		uint64_t mask = mask_in(i, first, end);
		uint64_t *word = &pages->words[i];
		changed += bits_count((to ? ~*word : *word) & mask);
		*word = to ? *word | mask : *word & ~mask;
	}
	return changed;
}

unsigned hpa_pages_next_run(const struct hpa_pages *pages, unsigned *first)
{
	*first = next(pages, *first, true);
	return next(pages, *first, false) - *first;
}

void hpa_pages_remove(struct hpa_pages *pages, unsigned first, unsigned npages)
{
	change(pages, first, npages, false);
}

/* ---- runs ---- */

static void measure(struct hpa_slab *slab)
{
	unsigned longest = 0;
	for (unsigned at = next(&slab->active, 0, false); at < HPA_SLAB_PAGES;) {
		unsigned end = next(&slab->active, at, true);
		if (end - at > longest)
			longest = end - at;
		at = next(&slab->active, end, false);
	}
	slab->longest = (uint16_t)longest;
}

void *hpa_slab_take(struct hpa_slab *slab, unsigned npages, bool *zeroed)
{
	fault_assert(npages != 0 && npages <= slab->longest);
	unsigned first = next(&slab->active, 0, false);
	unsigned end = next(&slab->active, first, true);
	while (end - first < npages) {
		first = next(&slab->active, end, false);
		end = next(&slab->active, first, true);
	}
	change(&slab->active, first, npages, true);
	unsigned fresh = change(&slab->touched, first, npages, true);
	slab->nactive = (uint16_t)(slab->nactive + npages);
	slab->ntouched = (uint16_t)(slab->ntouched + fresh);
	*zeroed = fresh == npages;
	if (end - first == slab->longest)
		measure(slab);
	return slab->address + ((size_t)first << HPA_LG_PAGE);
}

void hpa_slab_put(struct hpa_slab *slab, const void *address, unsigned npages)
{
	unsigned first = (unsigned)(ptr_distance(slab->address, address) >> HPA_LG_PAGE);
	unsigned changed = change(&slab->active, first, npages, false);
	fault_assert(changed == npages);
	slab->nactive = (uint16_t)(slab->nactive - changed);

	/* What it is one run with now. */
	unsigned end = next(&slab->active, first, true);
	while (first > 0 && (slab->active.words[(first - 1) / 64] >> ((first - 1) % 64) & 1) == 0)
		first--;
	if (end - first > slab->longest)
		slab->longest = (uint16_t)(end - first);
}

void hpa_slab_dirty(const struct hpa_slab *slab, struct hpa_pages *dirty)
{
	for (unsigned i = 0; i < HPA_SLAB_WORDS; i++)
		dirty->words[i] = slab->touched.words[i] & ~slab->active.words[i];
}

void hpa_slab_clean(struct hpa_slab *slab, const struct hpa_pages *gone)
{
	unsigned cleaned = 0;
	for (unsigned i = 0; i < HPA_SLAB_WORDS; i++) {
		slab->touched.words[i] &= ~gone->words[i];
		cleaned += bits_count(gone->words[i]);
	}
	slab->ntouched = (uint16_t)(slab->ntouched - cleaned);
}

void hpa_slab_set_huge(struct hpa_slab *slab, bool is_huge)
{
	slab->is_huge = is_huge;
	if (is_huge) {
		memset(&slab->touched, 0xff, sizeof(slab->touched));
		slab->ntouched = HPA_SLAB_PAGES;
	}
}
