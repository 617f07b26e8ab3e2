/* window.c - windows of blocks of rising size, freed partly newest first, partly oldest first,
 * partly every second one, and a third of them by the neighbour thread.
 *
 *     window THREADS ROUNDS
 *
 * Every few rounds all threads meet: otherwise one that falls behind would pile up the blocks of
 * its neighbour, and the peak would tell about the scheduler.
 */
#include <stdatomic.h>

#include "threads.h"

enum { WINDOW = 4096, SIZE_MIN = 24, SIZE_MAX_IN_WINDOW = 1000, ROUNDS_APART = 8 };

/* Blocks that a neighbour is to free, chained through their second word. */
struct mailbox {
	_Alignas(64) _Atomic(void *) newest;
};

static pthread_barrier_t meeting;

struct worker {
	pthread_t thread;
	size_t rounds;
	struct mailbox *own, *neighbour;
	uint64_t sum;
};

static void **block_next(void *block)
{
	return (void **)block + 1;
}

/* Gives a whole chain to a mailbox in one exchange: release pairs with the acquire of the taker. */
static void mailbox_put(struct mailbox *mailbox, void *first, void *last)
{
	void *newest = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);
	do {
		*block_next(last) = newest;
	} while (!atomic_compare_exchange_weak_explicit(
		&mailbox->newest, &newest, first, memory_order_release, memory_order_relaxed));
}

static uint64_t mailbox_empty(struct mailbox *mailbox)
{
	uint64_t sum = 0;
	void *block = atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
	while (block != NULL) {
		void *next = *block_next(block);
		sum += block_free(block);
		block = next;
	}
	return sum;
}

/* Fills the window; of each size the newer half dies at once. Returns how many blocks live. */
static size_t window_fill(void **window, uint8_t stamp, uint64_t *sum)
{
	size_t live = 0;
	for (size_t size = SIZE_MIN; size <= SIZE_MAX_IN_WINDOW; size += 8 + size / 8) {
		size_t count = size < 64 ? 256 : size < 256 ? 128 : 64;
		for (size_t i = 0; i < count && live < WINDOW; i++)
			window[live++] = block_make(size, stamp);
		for (size_t i = 0; i < count / 2; i++)
			*sum += block_free(window[--live]);
	}
	return live;
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	void *window[WINDOW];
	for (size_t round = 0; round < worker->rounds; round++) {
		size_t live = window_fill(window, (uint8_t)round, &worker->sum);
		size_t third = live / 3;
		for (size_t i = 0; i + 1 < third; i++)
			*block_next(window[i]) = window[i + 1];
		mailbox_put(worker->neighbour, window[0], window[third - 1]);
		for (size_t i = third; i < 2 * third; i++)
			worker->sum += block_free(window[i]);
		for (size_t i = 2 * third; i < live; i += 2)
			worker->sum += block_free(window[i]);
		for (size_t i = 2 * third + 1; i < live; i += 2)
			worker->sum += block_free(window[i]);
		worker->sum += mailbox_empty(worker->own);
		if (round % ROUNDS_APART == 0)
			pthread_barrier_wait(&meeting);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = threads_arg(argc, argv, 1);
	size_t rounds = bench_arg(argc, argv, 2, "ROUNDS");
	static struct mailbox mailboxes[THREADS_MAX];
	struct worker workers[THREADS_MAX];
	pthread_barrier_init(&meeting, NULL, (unsigned)threads);
	for (size_t i = 0; i < threads; i++) {
		workers[i] = (struct worker){.rounds = rounds,
					     .own = &mailboxes[i],
					     .neighbour = &mailboxes[(i + 1) % threads]};
		workers[i].thread = thread_start(work, &workers[i]);
	}
	uint64_t sum = 0;
	for (size_t i = 0; i < threads; i++) {
		thread_join(workers[i].thread);
		sum += workers[i].sum;
	}
	for (size_t i = 0; i < threads; i++)
		sum += mailbox_empty(&mailboxes[i]);
	return bench_finish(sum);
}
