#include "hpa_purge.h"

#include "os_move.h"
#include "os_purge.h"
#include "os_batch.h"

/* What one step does at most, so that no thread of the program is held up: about so many system
 * calls; where each is as long as copying a huge page, so many. */
#define STEP_CALLS     256
#define STEP_COLLAPSES 4

/* ---- one slab; each enters and leaves with the lock, and drops it in between ---- */

static void begin_work(struct hpa_shard *shard, struct hpa_slab *slab)
{
	hpa_set_begin_work(&shard->set, slab);
	shard->nbusy++;
	lock_drop(&shard->lock);
}

static void end_work(struct hpa_shard *shard, struct hpa_slab *slab)
{
	shard->nbusy--;
	hpa_set_end_work(&shard->set, slab);
	hpa_shard_note_due(shard);
}

/* The same, several runs at a time. */
static COLD unsigned purge_runs_together(const struct hpa_shard *shard, const struct hpa_slab *slab,
					 struct hpa_pages *pages)
{
	struct os_batch batch;
	unsigned calls = 0;
	unsigned first = 0;
	unsigned n;
	do {
		batch.n = 0;
		while (batch.n < os_batch_limit() && (n = hpa_pages_next_run(pages, &first)) != 0) {
			os_batch_add(&batch, slab->address + ((size_t)first << HPA_LG_PAGE),
				     (size_t)n << HPA_LG_PAGE);
			first += n;
		}
		calls += os_batch_purge(&batch);
		for (unsigned i = 0; i < batch.n; i++) {
			if (batch.purged[i])
				hooks_count(&shard->events->purge_forced);
			else
				hpa_pages_remove(
					pages,
					(unsigned)(ptr_distance(slab->address,
								batch.ranges[i].iov_base) >>
						   HPA_LG_PAGE),
					(unsigned)(batch.ranges[i].iov_len >> HPA_LG_PAGE));
		}
	} while (batch.n == os_batch_limit());
	return calls;
}

/* Gives up the memory of these pages of a slab, of runs of neighbours in one call; takes out of the
 * set what the system refused. Returns the calls. */
static unsigned purge_runs(const struct hpa_shard *shard, const struct hpa_slab *slab,
			   struct hpa_pages *pages)
{
	if (os_batch_limit() > 1)
		return purge_runs_together(shard, slab, pages);
	unsigned calls = 0;
	unsigned first = 0;
	for (unsigned n; (n = hpa_pages_next_run(pages, &first)) != 0; first += n) {
		char *address = slab->address + ((size_t)first << HPA_LG_PAGE);
		if (os_purge_forced(address, (size_t)n << HPA_LG_PAGE))
			hooks_count(&shard->events->purge_forced);
		else
			hpa_pages_remove(pages, first, n);
		calls++;
	}
	return calls;
}

/* Purges the dirty pages of a slab. false: the system refused some. Adds what it cost to *calls. */
static bool purge(struct hpa_shard *shard, struct hpa_slab *slab, unsigned *calls)
{
	struct hpa_pages gone;
	bool was_huge = slab->is_huge;
	unsigned ndirty = hpa_slab_ndirty(slab);
	hpa_slab_dirty(slab, &gone);

	if (hpa_slab_is_empty(slab) && !shard->policy->keeps_space) {
		hpa_set_remove(&shard->set, slab);
		lock_drop(&shard->lock);
		hpa_shard_release(shard, slab);
		shared_add(shard->npurges, 1);
		shared_add(shard->ndehugifies, was_huge);
		*calls += 1;
		return true;
	}
	/* An empty one becomes a new mapping, which nothing reminds of the huge page: what was cut
	 * into small ones would otherwise stay so for good. */
	bool is_empty = hpa_slab_is_empty(slab);
	begin_work(shard, slab);
	if (is_empty && os_map_again(slab->address, THP_SIZE)) {
		hooks_count(&shard->events->purge_forced);
		thp_advise(slab->address, THP_SIZE);
		*calls += 1;
	} else {
		if (was_huge)
			os_advise_huge(slab->address, THP_SIZE, false);
		*calls += purge_runs(shard, slab, &gone) + was_huge;
	}
	lock_take(&shard->lock);

	unsigned before = slab->ntouched;
	hpa_set_take_out(&shard->set, slab);
	hpa_slab_set_huge(slab, false);
	hpa_slab_clean(slab, &gone);
	hpa_set_put_back(&shard->set, slab);
	end_work(shard, slab);
	shared_add(shard->npurges, 1);
	shared_add(shard->ndehugifies, was_huge);
	return before - slab->ntouched == ndirty;
}

static void hugify(struct hpa_shard *shard, struct hpa_slab *slab)
{
	begin_work(shard, slab);
	bool is_advised = os_advise_huge(slab->address, THP_SIZE, true);
	bool is_done =
		is_advised && (!shard->policy->collapses || os_collapse(slab->address, THP_SIZE));
	lock_take(&shard->lock);
	hpa_set_take_out(&shard->set, slab);
	/* Once advised, the system may make it huge at any time. */
	if (is_advised)
		hpa_slab_set_huge(slab, true);
	else
		slab->is_refused = true;
	hpa_set_put_back(&shard->set, slab);
	end_work(shard, slab);
	shared_add(shard->nhugifies, is_advised);
	shared_add(shard->nhugify_failures, !is_done);
}

/* ---- what is due ---- */

/* Purges until no more is dirty than may be. */
static void purge_excess(struct hpa_shard *shard, uint64_t now_ns)
{
	struct hpa_set *set = &shard->set;
	unsigned calls = 0;
	size_t left = shard->policy->purge_most;
	shared_add(shard->npurge_passes, 1);
	while (hpa_set_excess(set) != 0 && calls < STEP_CALLS) {
		struct hpa_slab *slab = left-- > 0 ? hpa_set_to_purge(set, now_ns) : NULL;
		if (slab == NULL || !purge(shard, slab, &calls)) {
			/* The rest waits for the next time. */
			if (set->over_since_ns != UINT64_MAX)
				set->over_since_ns = now_ns;
			break;
		}
	}
}

static bool is_purge_due(const struct hpa_shard *shard, uint64_t now_ns)
{
	const struct hpa_set *set = &shard->set;
	return set->over_since_ns <= now_ns &&
	       now_ns - set->over_since_ns >= shard->policy->purge_interval_ns &&
	       hpa_set_to_purge(set, now_ns) != NULL;
}

uint64_t hpa_purge_step(struct hpa_shard *shard, uint64_t now_ns)
{
	/* Without the lock first: what is missed by a moment is met at the next call. */
	uint64_t due = shared_load(shard->due_ns);
	if (now_ns < due || !lock_try(&shard->lock))
		return due;
	if (is_purge_due(shard, now_ns))
		purge_excess(shard, now_ns);
	struct hpa_slab *slab;
	for (unsigned left = shard->policy->collapses ? STEP_COLLAPSES : STEP_CALLS;
	     left > 0 && (slab = hpa_set_to_hugify(&shard->set, now_ns)) != NULL; left--)
		hugify(shard, slab);
	hpa_shard_note_due(shard);
	due = shared_load(shard->due_ns);
	lock_drop(&shard->lock);
	return due;
}

void hpa_purge_all(struct hpa_shard *shard)
{
	unsigned calls = 0;
	lock_take(&shard->lock);
	shared_add(shard->npurge_passes, 1);
	/* Each slab once, whatever happens to the list while the lock is not held. */
	for (size_t left = shard->set.nslabs; left > 0; left--) {
		struct list *link = list_first(&shard->set.all);
		if (link == NULL)
			break;
		list_remove(link);
		list_push_back(&shard->set.all, link);
		struct hpa_slab *slab = container_of(link, struct hpa_slab, link);
		if (!slab->is_busy && hpa_slab_ndirty(slab) != 0)
			purge(shard, slab, &calls);
	}
	hpa_shard_note_due(shard);
	lock_drop(&shard->lock);
}

void hpa_purge_postfork_child(struct hpa_shard *shard)
{
	/* What was purged meanwhile counts as dirty, what became huge as small: both hold. */
	shard->nbusy = 0;
	list_for_each(link, &shard->set.all)
	{
		struct hpa_slab *slab = container_of(link, struct hpa_slab, link);
		if (slab->is_busy)
			hpa_set_end_work(&shard->set, slab);
	}
	hpa_shard_note_due(shard);
}
