/* handoff.c - one thread only allocates, others only free, and a tenth stays: memory that bleeds
 * from one thread to the rest, where a thread's own free lists never see a block come back.
 *
 *     handoff THREADS ROUNDS OBJECTS
 *
 * THREADS counts the allocating thread and the freeing ones. While the freeing threads thin out
 * the table of one round at random, the allocating thread fills the table of the next.
 */
#include "threads.h"

#define TABLES 2u

static struct {
	pthread_barrier_t round_begins;
	size_t rounds, objects, takers;
	void **tables[TABLES];
} shared;

struct taker {
	pthread_t thread;
	size_t index;
	struct bench_random random;
	uint64_t sum;
};

/* The allocating side: fills the holes of the table of each round. */
static void *give(void *argument)
{
	struct bench_random random = bench_random_seeded(5);
	(void)argument;
	for (size_t round = 0; round < shared.rounds; round++) {
		void **table = shared.tables[round % TABLES];
		for (size_t i = 0; i < shared.objects; i++) {
			if (table[i] == NULL)
				table[i] = block_make(bench_random_size(&random, 11), (uint8_t)i);
			else
				(void)bench_random_next(&random);
		}
		pthread_barrier_wait(&shared.round_begins);
	}
	return NULL;
}

/* The freeing side: nine of ten blocks of its share, once the table is complete. */
static void *take(void *argument)
{
	struct taker *taker = argument;
	for (size_t round = 0; round < shared.rounds; round++) {
		pthread_barrier_wait(&shared.round_begins);
		void **table = shared.tables[round % TABLES];
		for (size_t i = taker->index; i < shared.objects; i += shared.takers) {
			if (bench_random_below(&taker->random, 10) == 0)
				continue;
			taker->sum += block_free(table[i]);
			table[i] = NULL;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = threads_arg(argc, argv, 1);
	if (threads < 2)
		bench_die("at least 2 threads: one allocates, one frees", "THREADS");
	shared.takers = threads - 1;
	shared.rounds = bench_arg(argc, argv, 2, "ROUNDS");
	shared.objects = bench_arg(argc, argv, 3, "OBJECTS");
	pthread_barrier_init(&shared.round_begins, NULL, (unsigned)threads);
	for (unsigned i = 0; i < TABLES; i++) {
		shared.tables[i] = calloc(shared.objects, sizeof *shared.tables[i]);
		if (shared.tables[i] == NULL)
			bench_die("out of memory", "");
	}
	struct taker takers[THREADS_MAX];
	for (size_t i = 0; i < shared.takers; i++) {
		takers[i] = (struct taker){.index = i, .random = bench_random_seeded(i + 100)};
		takers[i].thread = thread_start(take, &takers[i]);
	}
	pthread_t giver = thread_start(give, NULL);
	thread_join(giver);
	uint64_t sum = 0;
	for (size_t i = 0; i < shared.takers; i++) {
		thread_join(takers[i].thread);
		sum += takers[i].sum;
	}
	for (unsigned table = 0; table < TABLES; table++) {
		for (size_t i = 0; i < shared.objects; i++) {
			if (shared.tables[table][i] != NULL)
				sum += block_free(shared.tables[table][i]);
		}
		free(shared.tables[table]);
	}
	return bench_finish(sum);
}
