#include "page_due.h"

#include "page_recent.h"

uint64_t pages_due_ns = UINT64_MAX;
void (*pages_alarm)(const struct pages *pages);
size_t pages_alarm_above = PAGES_ALARM_NEVER;

void pages_bring_due_forward(uint64_t time_ns)
{
	uint64_t due_ns = __atomic_load_n(&pages_due_ns, __ATOMIC_SEQ_CST);
	while (time_ns < due_ns &&
	       !__atomic_compare_exchange_n(&pages_due_ns, &due_ns, time_ns, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

static size_t dirty(const struct pages *pages)
{
	return pages->sets[PAGES_DIRTY].npages + pages->nrecent;
}

void pages_note_deadline(struct pages *pages)
{
	uint64_t first = UINT64_MAX;
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		const struct decay *decay = &pages->decay[i];
		size_t npages = i == PAGES_DIRTY ? dirty(pages) : pages->sets[i].npages;
		if (npages > 0 && decay->ms > 0 && decay->deadline_ns < first)
			first = decay->deadline_ns;
	}
	/* In one order with the word over all arenas: who has just reset that sees this, or is seen
	 * to have reset it. */
	__atomic_store_n(&pages->due_ns, first, __ATOMIC_SEQ_CST);
	pages_bring_due_forward(first);
}

bool pages_note_dirty(struct pages *pages)
{
	if (pages->due_ns == UINT64_MAX)
		pages_note_deadline(pages);
	else
		pages_bring_due_forward(pages->due_ns);
	return pages->decay[PAGES_DIRTY].ms > 0 &&
	       dirty(pages) > pages->expected + shared_load(pages_alarm_above);
}

void pages_raise_alarm(const struct pages *pages)
{
	void (*alarm)(const struct pages *) = __atomic_load_n(&pages_alarm, __ATOMIC_RELAXED);
	if (alarm != NULL)
		alarm(pages);
}

uint64_t pages_expect(struct pages *pages, size_t must_go)
{
	uint64_t first = UINT64_MAX;
	lock_take(&pages->lock);
	recent_settle(pages);
	for (unsigned i = 0; i < PAGES_RETAINED; i++) {
		uint64_t time = decay_time_of(&pages->decay[i], pages->sets[i].npages, must_go);
		if (time < first)
			first = time;
	}
	pages->expected = dirty(pages) != 0 ? dirty(pages) + must_go : 0;
	lock_drop(&pages->lock);
	return first;
}

void pages_heed_hpa(struct pages *pages)
{
	uint64_t due_ns = hpa_due_ns(pages->hpa);
	if (likely(due_ns >= shared_load(pages->hpa_expected_ns)))
		return;
	shared_store(pages->hpa_expected_ns, due_ns);
	pages_bring_due_forward(due_ns);
	if (shared_load(pages_alarm_above) != PAGES_ALARM_NEVER)
		pages_raise_alarm(pages);
}

void pages_expect_nothing(struct pages *pages)
{
	lock_take(&pages->lock);
	pages->expected = 0;
	lock_drop(&pages->lock);
}
