#include "cache_slots.h"

#include "base.h"
#include "lock.h"

#define SIZES 5 /* up to 2048 slots */

static struct lock slots_lock = {.rank = RANK_LEAF};
static void **unused[SIZES]; /* stacks through the first slot; under the lock */

static unsigned index_of(unsigned n)
{
	unsigned i = 0;
	while ((8u << (2 * i)) < n)
		i++;
	return i;
}

unsigned cache_slots_room(unsigned n)
{
	return 8u << (2 * index_of(n));
}

void **cache_slots_take(unsigned n)
{
	unsigned i = index_of(n);
	lock_take(&slots_lock);
	void **slots = unused[i];
	if (slots != NULL)
		unused[i] = slots[0];
	lock_drop(&slots_lock);
	if (slots == NULL)
		slots = base_alloc(&base_first, (size_t)(8u << (2 * i)) * sizeof(void *), 0);
	return slots;
}

void cache_slots_put(void **slots, unsigned n)
{
	unsigned i = index_of(n);
	lock_take(&slots_lock);
	slots[0] = unused[i];
	unused[i] = slots;
	lock_drop(&slots_lock);
}

void cache_slots_prefork(void)
{
	lock_take_for_fork(&slots_lock);
}

void cache_slots_postfork_parent(void)
{
	lock_drop_after_fork(&slots_lock);
}

void cache_slots_postfork_child(void)
{
	lock_reset_in_child(&slots_lock);
}
