/* queue.c - producers allocate messages, consumers free them: every block crosses threads.
 *
 *     queue PAIRS BATCHES LG_SIZE_MAX
 *
 * PAIRS producers and as many consumers share one bounded queue under a mutex. What travels is a
 * batch of 100 messages, so that the queue itself costs little and nobody spins.
 */
#include "threads.h"

#define BATCH    100u
#define CAPACITY 16u

struct batch {
	void *messages[BATCH];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t has_room, has_batch;
	struct batch *ring[CAPACITY];
	size_t head, length;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
	   .has_room = PTHREAD_COND_INITIALIZER,
	   .has_batch = PTHREAD_COND_INITIALIZER};

static void queue_put(struct batch *batch)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.length == CAPACITY)
		pthread_cond_wait(&queue.has_room, &queue.lock);
	queue.ring[(queue.head + queue.length++) % CAPACITY] = batch;
	pthread_cond_signal(&queue.has_batch);
	pthread_mutex_unlock(&queue.lock);
}

static struct batch *queue_take(void)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.length == 0)
		pthread_cond_wait(&queue.has_batch, &queue.lock);
	struct batch *batch = queue.ring[queue.head];
	queue.head = (queue.head + 1) % CAPACITY;
	queue.length--;
	pthread_cond_signal(&queue.has_room);
	pthread_mutex_unlock(&queue.lock);
	return batch;
}

struct worker {
	pthread_t thread;
	size_t batches;
	unsigned lg_size_max;
	struct bench_random random;
	uint64_t sum;
};

static void *produce(void *argument)
{
	struct worker *worker = argument;
	for (size_t done = 0; done < worker->batches; done++) {
		struct batch *batch = malloc(sizeof *batch);
		if (batch == NULL)
			bench_die("out of memory", "");
		for (unsigned i = 0; i < BATCH; i++) {
			size_t size = bench_random_size(&worker->random, worker->lg_size_max);
			batch->messages[i] = block_make(size, (uint8_t)i);
		}
		queue_put(batch);
	}
	return NULL;
}

static void *consume(void *argument)
{
	struct worker *worker = argument;
	for (size_t done = 0; done < worker->batches; done++) {
		struct batch *batch = queue_take();
		for (unsigned i = 0; i < BATCH; i++)
			worker->sum += block_free(batch->messages[i]);
		free(batch);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t pairs = threads_arg(argc, argv, 1);
	struct worker producers[THREADS_MAX], consumers[THREADS_MAX];
	struct worker worker = {.batches = bench_arg(argc, argv, 2, "BATCHES"),
				.lg_size_max = (unsigned)bench_arg(argc, argv, 3, "LG_SIZE_MAX")};
	for (size_t i = 0; i < pairs; i++) {
		worker.random = bench_random_seeded(i + 1);
		producers[i] = consumers[i] = worker;
		producers[i].thread = thread_start(produce, &producers[i]);
		consumers[i].thread = thread_start(consume, &consumers[i]);
	}
	uint64_t sum = 0;
	for (size_t i = 0; i < pairs; i++) {
		thread_join(producers[i].thread);
		thread_join(consumers[i].thread);
		sum += consumers[i].sum;
	}
	return bench_finish(sum);
}
