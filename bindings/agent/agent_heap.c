/* Layout. Blocks stand side by side from start to top; a block's payload is 16-byte aligned:
 *
 *     ... | head | payload ............... | head | next free, previous free, ...., size | head ...
 *           8 B    size - 8 B                8 B    a free block ends in its own size
 *
 * head = size of the block | IS_FREE | PREVIOUS_IS_FREE. The size at a free block's end is what
 * lets its successor find its head. No two neighbours are both free, and the block below top is in
 * use (a free one is given back to the untouched room above top).
 */
#include "agent_heap.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define IS_FREE          ((size_t)1)
#define PREVIOUS_IS_FREE ((size_t)2)
#define FLAGS            ((size_t)15)

#define ALIGN       ((size_t)16)
#define HEAD        sizeof(size_t)
#define BLOCK_MIN   32u
#define COMMIT_STEP ((size_t)256 << 10)
#define KEEP_ABOVE  ((size_t)1 << 20) /* touched pages kept above top */

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef PR_SET_VMA_ANON_NAME
#define PR_SET_VMA_ANON_NAME 0
#endif

struct agent_block {
	size_t head;
	struct agent_block *next, *previous; /* in a free block */
};

static size_t block_size(const struct agent_block *block)
{
	return block->head & ~FLAGS;
}

static struct agent_block *block_after(struct agent_block *block)
{
	return (struct agent_block *)(void *)((char *)block + block_size(block));
}

static size_t *block_end_tag(struct agent_block *block)
{
	return (size_t *)(void *)((char *)block + block_size(block) - sizeof(size_t));
}

static struct agent_block *block_before(struct agent_block *block)
{
	size_t size = *(size_t *)(void *)((char *)block - sizeof(size_t));

	return (struct agent_block *)(void *)((char *)block - size);
}

static struct agent_block *block_of(void *payload)
{
	return (struct agent_block *)(void *)((char *)payload - HEAD);
}

/* The list that a free block of this size belongs to: linear up to 512 bytes, then four to each
 * power of two. */
static unsigned list_of(size_t size)
{
	if (size < AGENT_HEAP_NLINEAR * ALIGN)
		return (unsigned)(size / ALIGN);
	unsigned lg = 63u - (unsigned)__builtin_clzll(size);
	return AGENT_HEAP_NLINEAR + (lg - 9) * 4 + (unsigned)((size >> (lg - 2)) & 3);
}

/* The first list whose every block holds the size. */
static unsigned list_that_fits(size_t size)
{
	unsigned list = list_of(size);

	if (size < AGENT_HEAP_NLINEAR * ALIGN)
		return list;
	unsigned lg = 63u - (unsigned)__builtin_clzll(size);
	size_t quarter = (size_t)1 << (lg - 2);
	return (size & (quarter - 1)) == 0 ? list : list + 1;
}

static void list_put(struct agent_heap *heap, struct agent_block *block)
{
	unsigned list = list_of(block_size(block));

	block->previous = NULL;
	block->next = heap->lists[list];
	if (block->next != NULL)
		block->next->previous = block;
	heap->lists[list] = block;
	heap->nonempty[list / 64] |= (uint64_t)1 << (list % 64);
}

static void list_take(struct agent_heap *heap, struct agent_block *block)
{
	unsigned list = list_of(block_size(block));

	if (block->next != NULL)
		block->next->previous = block->previous;
	if (block->previous != NULL)
		block->previous->next = block->next;
	else
		heap->lists[list] = block->next;
	if (heap->lists[list] == NULL)
		heap->nonempty[list / 64] &= ~((uint64_t)1 << (list % 64));
}

static struct agent_block *list_find(struct agent_heap *heap, size_t size)
{
	unsigned list = list_that_fits(size);

	for (unsigned word = list / 64; word < sizeof(heap->nonempty) / sizeof(uint64_t); word++) {
		uint64_t bits = heap->nonempty[word];
		if (word == list / 64)
			bits &= ~(uint64_t)0 << (list % 64);
		if (bits != 0)
			return heap->lists[word * 64 + (unsigned)__builtin_ctzll(bits)];
	}
	return NULL;
}

/* Room for size bytes above top, made usable. */
static bool top_has(struct agent_heap *heap, size_t size)
{
	/* A head's room stays above top: block_after of the last block may be looked at. */
	if (size > (size_t)(heap->end - heap->top) - HEAD)
		return false;
	char *needed = heap->top + size + HEAD;
	if (needed <= heap->committed)
		return true;
	size_t step = ((size_t)(needed - heap->committed) + COMMIT_STEP - 1) / COMMIT_STEP;
	size_t bytes = step * COMMIT_STEP;
	if (bytes > (size_t)(heap->end - heap->committed))
		bytes = (size_t)(heap->end - heap->committed);
	if (mprotect(heap->committed, bytes, PROT_READ | PROT_WRITE) != 0)
		return false;
	heap->committed += bytes;
	return true;
}

/* Top sinks to a block that was freed below it; pages far above are given back. */
static void top_sink(struct agent_heap *heap, struct agent_block *block)
{
	heap->top = (char *)block;
	if ((size_t)(heap->committed - heap->top) <= 2 * KEEP_ABOVE)
		return;
	char *keep = heap->start +
		     ((size_t)(heap->top - heap->start) + KEEP_ABOVE) / COMMIT_STEP * COMMIT_STEP;
	/* Fresh PROT_NONE pages: they count neither as resident nor as committed. */
	if (mmap(keep, (size_t)(heap->committed - keep), PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return;
	madvise(keep, (size_t)(heap->committed - keep), MADV_DONTFORK);
	madvise(keep, (size_t)(heap->committed - keep), MADV_NOHUGEPAGE);
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, keep, heap->committed - keep, "moonheap-agent");
	heap->committed = keep;
}

int agent_heap_init(struct agent_heap *heap, size_t limit)
{
	limit = (limit + COMMIT_STEP - 1) / COMMIT_STEP * COMMIT_STEP;
	*heap = (struct agent_heap){0};
	void *start =
		mmap(NULL, limit, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return errno;
	/* All three are niceties: without them it works as well. */
	madvise(start, limit, MADV_DONTFORK);
	madvise(start, limit, MADV_NOHUGEPAGE);
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, limit, "moonheap-agent");
	heap->start = start;
	heap->committed = start;
	heap->end = heap->start + limit;
	heap->top = heap->start + ALIGN - HEAD; /* so that payloads are aligned */
	return 0;
}

void agent_heap_fini(struct agent_heap *heap)
{
	if (heap->start != NULL)
		munmap(heap->start, (size_t)(heap->end - heap->start));
	*heap = (struct agent_heap){0};
}

static size_t size_for(size_t payload)
{
	size_t size = (payload + HEAD + ALIGN - 1) / ALIGN * ALIGN;

	return size < BLOCK_MIN ? BLOCK_MIN : size;
}

static void account(struct agent_heap *heap, size_t more, size_t less)
{
	heap->used_bytes += more;
	heap->used_bytes -= less;
	if (heap->used_bytes > heap->peak_bytes)
		heap->peak_bytes = heap->used_bytes;
}

/* Give the block (in use, not accounted) back: merged with free neighbours, or to top. */
static void block_free(struct agent_heap *heap, struct agent_block *block)
{
	size_t size = block_size(block);
	struct agent_block *after = block_after(block);

	if (block->head & PREVIOUS_IS_FREE) {
		block = block_before(block);
		list_take(heap, block);
		size += block_size(block);
	}
	if ((char *)after == heap->top) {
		top_sink(heap, block);
		return;
	}
	if (after->head & IS_FREE) {
		list_take(heap, after);
		size += block_size(after);
	}
	/* What is before a free block is in use: had it been free it would have been merged. */
	block->head = size | IS_FREE;
	*block_end_tag(block) = size;
	block_after(block)->head |= PREVIOUS_IS_FREE;
	list_put(heap, block);
}

/* Cut a block that is in use down to size; the rest is free. */
static void block_trim(struct agent_heap *heap, struct agent_block *block, size_t size)
{
	size_t rest = block_size(block) - size;

	if (rest < BLOCK_MIN)
		return;
	block->head = size | (block->head & FLAGS);
	struct agent_block *tail = block_after(block);
	tail->head = rest;
	block_free(heap, tail);
}

static struct agent_block *block_take(struct agent_heap *heap, size_t size)
{
	struct agent_block *block = list_find(heap, size);

	if (block != NULL) {
		list_take(heap, block);
		block->head &= ~IS_FREE;
		block_after(block)->head &= ~PREVIOUS_IS_FREE;
		block_trim(heap, block, size);
		return block;
	}
	if (!top_has(heap, size))
		return NULL;
	block = (struct agent_block *)(void *)heap->top;
	block->head = size;
	heap->top += size;
	return block;
}

/* Grow in place, into a free successor or into top. */
static bool block_extend(struct agent_heap *heap, struct agent_block *block, size_t size)
{
	struct agent_block *after = block_after(block);
	size_t more = size - block_size(block);

	if ((char *)after == heap->top) {
		if (!top_has(heap, more))
			return false;
		heap->top += more;
		block->head += more;
		return true;
	}
	if (!(after->head & IS_FREE) || block_size(after) < more)
		return false;
	list_take(heap, after);
	block->head += block_size(after);
	block_after(block)->head &= ~PREVIOUS_IS_FREE;
	block_trim(heap, block, size);
	return true;
}

void *agent_heap_resize(struct agent_heap *heap, void *old, size_t payload)
{
	struct agent_block *block = old == NULL ? NULL : block_of(old);
	size_t old_size = block == NULL ? 0 : block_size(block);

	if (payload == 0) {
		if (block != NULL) {
			account(heap, 0, old_size);
			block_free(heap, block);
		}
		return NULL;
	}
	if (payload > (size_t)(heap->end - heap->start))
		return NULL;
	size_t size = size_for(payload);
	if (block != NULL && size <= old_size) {
		block_trim(heap, block, size);
	} else if (block == NULL || !block_extend(heap, block, size)) {
		struct agent_block *moved = block_take(heap, size);
		if (moved == NULL)
			return NULL;
		if (block != NULL) {
			memcpy((char *)moved + HEAD, old, old_size - HEAD);
			block_free(heap, block);
		}
		block = moved;
	}
	account(heap, block_size(block), old_size);
	return (char *)block + HEAD;
}

void *agent_heap_lua(void *heap, void *old, size_t old_size, size_t size)
{
	(void)old_size; /* for a NULL block it is the kind of object */
	return agent_heap_resize(heap, old, size);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__;                                                           \
	} while (0)

int agent_heap_check(const struct agent_heap *heap)
{
	char *p = heap->start + ALIGN - HEAD;
	size_t used = 0, nfree = 0, nlisted = 0;
	bool previous_is_free = false;

	while (p < heap->top) {
		struct agent_block *block = (struct agent_block *)(void *)p;
		bool is_free = (block->head & IS_FREE) != 0;
		CHECK(block_size(block) >= BLOCK_MIN);
		CHECK(block_size(block) % ALIGN == 0);
		CHECK(((block->head & PREVIOUS_IS_FREE) != 0) == previous_is_free);
		CHECK(!(is_free && previous_is_free));
		if (is_free) {
			CHECK(*block_end_tag(block) == block_size(block));
			nfree++;
		} else {
			used += block_size(block);
		}
		previous_is_free = is_free;
		p += block_size(block);
	}
	CHECK(p == heap->top);
	CHECK(!previous_is_free);
	CHECK(used == heap->used_bytes);
	for (unsigned list = 0; list < AGENT_HEAP_NLISTS; list++) {
		bool flagged = (heap->nonempty[list / 64] >> (list % 64) & 1) != 0;
		CHECK(flagged == (heap->lists[list] != NULL));
		for (struct agent_block *b = heap->lists[list]; b != NULL; b = b->next) {
			CHECK((b->head & IS_FREE) != 0);
			CHECK(list_of(block_size(b)) == list);
			nlisted++;
		}
	}
	CHECK(nlisted == nfree);
	return 0;
}
