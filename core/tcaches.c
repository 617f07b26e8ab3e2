/* tcaches.c - explicit thread caches, by index: what MALLOCX_TCACHE(index) names.
 *
 * The table grows by blocks, so that a program with many of them meets no limit but that of the
 * flag bits. Indices of destroyed caches are used again. */
#include "tcache.h"

#include "arena.h"
#include "base.h"
#include "creator.h"
#include "os.h"

#include <errno.h>
#include <string.h>

#define TCACHES_MAX 4094u
#define BLOCK       64u

struct slot {
	struct tcache *cache; /* memory, kept for the next user of the index */
	uint32_t next_unused; /* index + 1 of the next unused slot */
	bool in_use;          /* relaxed atomic */
	char name[TCACHE_NAME_MAX];
	uint64_t created_ns;
	struct creator creator;
};

static struct lock tcaches_lock = {.rank = RANK_TCACHES};
static struct slot *blocks[(TCACHES_MAX + BLOCK - 1) / BLOCK];
static unsigned ntcaches;     /* slots handed out so far; read without the lock */
static uint32_t first_unused; /* index + 1 */

static struct slot *slot_at(unsigned index)
{
	if (index >= TCACHES_MAX)
		return NULL;
	struct slot *block = __atomic_load_n(&blocks[index / BLOCK], __ATOMIC_ACQUIRE);
	return block != NULL ? &block[index % BLOCK] : NULL;
}

struct tcache *tcaches_get(unsigned index)
{
	struct slot *slot = slot_at(index);
	if (slot == NULL || !__atomic_load_n(&slot->in_use, __ATOMIC_ACQUIRE))
		return NULL;
	return slot->cache;
}

unsigned tcaches_count(void)
{
	return __atomic_load_n(&ntcaches, __ATOMIC_ACQUIRE);
}

static struct slot *take_slot(unsigned *index)
{
	if (first_unused != 0) {
		*index = first_unused - 1;
		struct slot *slot = slot_at(*index);
		first_unused = slot->next_unused;
		return slot;
	}
	if (ntcaches >= TCACHES_MAX)
		return NULL;
	if (ntcaches % BLOCK == 0 && blocks[ntcaches / BLOCK] == NULL) {
		struct slot *block = base_alloc(&base_first, BLOCK * sizeof(struct slot), 0);
		if (block == NULL)
			return NULL;
		__atomic_store_n(&blocks[ntcaches / BLOCK], block, __ATOMIC_RELEASE);
	}
	*index = ntcaches;
	__atomic_store_n(&ntcaches, ntcaches + 1, __ATOMIC_RELEASE);
	return slot_at(*index);
}

static void put_slot(struct slot *slot, unsigned index)
{
	slot->next_unused = first_unused;
	first_unused = index + 1;
}

int tcaches_create(struct arena *arena, unsigned *index)
{
	int result = EAGAIN;
	struct creator creator;
	creator_note_call(&creator);
	lock_take(&tcaches_lock);
	struct slot *slot = take_slot(index);
	if (slot != NULL) {
		if (slot->cache == NULL)
			slot->cache = base_alloc(&base_first, sizeof(struct tcache), 0);
		if (slot->cache == NULL) {
			put_slot(slot, *index);
		} else {
			tcache_init(slot->cache, arena, tcache_may_be_used());
			memset(slot->name, 0, sizeof(slot->name));
			slot->created_ns = os_now_precise_ns();
			slot->creator = creator;
			__atomic_store_n(&slot->in_use, true, __ATOMIC_RELEASE);
			result = 0;
		}
	}
	lock_drop(&tcaches_lock);
	return result;
}

/* Under the lock: destroying takes it. */
static struct slot *used_slot(unsigned index)
{
	struct slot *slot = slot_at(index);
	return slot != NULL && slot->in_use ? slot : NULL;
}

bool tcaches_describe(unsigned index, struct tcaches_about *about)
{
	lock_take(&tcaches_lock);
	const struct slot *slot = used_slot(index);
	if (slot != NULL) {
		*about = (struct tcaches_about){.name = slot->name,
						.arena = slot->cache->arena->index,
						.bytes = tcache_bytes(slot->cache),
						.created_ns = slot->created_ns,
						.creator_thread = slot->creator.thread,
						.creator = &slot->creator};
	}
	lock_drop(&tcaches_lock);
	return slot != NULL;
}

bool tcaches_set_name(unsigned index, const char *name)
{
	char fits[TCACHE_NAME_MAX] = "";
	for (size_t i = 0; i < sizeof(fits) - 1 && name[i] != '\0'; i++)
		fits[i] = name[i];
	lock_take(&tcaches_lock);
	struct slot *slot = used_slot(index);
	if (slot != NULL)
		memcpy(slot->name, fits, sizeof(fits));
	lock_drop(&tcaches_lock);
	return slot != NULL;
}

int tcaches_flush(unsigned index)
{
	struct tcache *cache = tcaches_get(index);
	if (cache == NULL)
		return EFAULT;
	tcache_flush(cache);
	return 0;
}

int tcaches_destroy(unsigned index)
{
	int result = EFAULT;
	lock_take(&tcaches_lock);
	struct slot *slot = slot_at(index);
	if (slot != NULL && slot->in_use) {
		__atomic_store_n(&slot->in_use, false, __ATOMIC_RELAXED);
		tcache_fini(slot->cache);
		put_slot(slot, index);
		result = 0;
	}
	lock_drop(&tcaches_lock);
	return result;
}

void tcaches_prefork(void)
{
	lock_take_for_fork(&tcaches_lock);
}

void tcaches_postfork_parent(void)
{
	lock_drop_after_fork(&tcaches_lock);
}

void tcaches_postfork_child(void)
{
	lock_reset_in_child(&tcaches_lock);
}

void tcaches_rebind_in_child(void)
{
	for (unsigned i = 0; i < ntcaches; i++) {
		struct tcache *cache = tcaches_get(i);
		if (cache != NULL)
			list_push_back(&cache->arena->threads, &cache->link);
	}
}
