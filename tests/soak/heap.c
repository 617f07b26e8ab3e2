/* heap SECONDS - the heap under everything at once, for as long as one likes; ./dev soak runs it.
 *
 * Rounds of some seconds: threads run random scripts against the shadow model, hand objects to each
 * other and end; one of them has an arena of its own, whose objects end by a reset. Meanwhile the
 * main thread forks, purges, refreshes statistics, prints reports, starts short threads. Then every
 * object is freed and every arena purged, and the kernel is asked what the process has.
 *
 * It fails when contents changed, a call failed, a child died, or a figure grew: resident memory,
 * open files, address space and mappings by more than 5 % over the most of the warm-up, which is
 * the first half of the run, ten minutes at most; and with retain:false address space and mappings
 * over what the first round left. A run of less than two minutes is too short to tell growth from
 * the first use of something: it only checks contents. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "mailbox.h"
#include "resident.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS_MAX = 6, CHILD_SECONDS = 60, WARM_UP_SECONDS = 600, TELLING_SECONDS = 120 };
#define GROWTH_PERCENT 5u

/* -- what the threads of a round do ------------------------------------------------------------ */

struct kind {
	const char *name;
	struct shadow_limits limits;
	unsigned hand_over_every; /* steps; 0: never */
};

/* Together they may have as much alive in each kind: the figures of the rounds are comparable. */
static const struct kind kinds[] = {
	{"few small", {.slots = 64, .size_max = 512, .alignment_max = 64}, 0},
	{"small", {.slots = 2000, .size_max = 4096, .alignment_max = 4096}, 2},
	{"mixed", {.slots = 500, .size_max = 200000, .alignment_max = 1 << 16}, 7},
	{"large", {.slots = 60, .size_max = 4 << 20, .alignment_max = 4 << 20}, 3},
	{"past the caches",
	 {.slots = 300,
	  .size_max = 60000,
	  .alignment_max = 4096,
	  .flags = MALLOCX_TCACHE_NONE,
	  .only_extended = true},
	 3},
};
enum { KINDS = sizeof kinds / sizeof *kinds, LIVE_BYTES_MAX = 12 << 20 };

static struct mailbox mailbox = MAILBOX_EMPTY;
static atomic_bool stop;
static _Atomic uint64_t operations;

struct worker {
	pthread_t thread;
	const struct kind *kind;
	uint64_t seed;
	bool has_arena; /* of its own, which is reset and destroyed when it ends */
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct shadow shadow;
	struct shadow_limits limits = worker->kind->limits;
	unsigned arena = 0, every = worker->kind->hand_over_every;
	unsigned long step;

	limits.live_bytes_max = LIVE_BYTES_MAX;
	if (worker->has_arena) {
		arena = heap_arena_create(NULL);
		limits.flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		limits.only_extended = true;
		limits.check_overlap = true;
		every = 0; /* its objects must be its own */
	}
	shadow_init(&shadow, &limits, worker->seed);
	for (step = 0; !atomic_load_explicit(&stop, memory_order_relaxed); step++) {
		shadow_step(&shadow);
		if (every != 0 && step % every == 0)
			mailbox_exchange(&mailbox, &shadow);
		if (worker->has_arena && step % 50000 == 49999) {
			shadow_check_all(&shadow);
			shadow_forget_all(&shadow);
			heap_arena_call(arena, "reset");
		}
	}
	atomic_fetch_add(&operations, shadow.steps);
	shadow_fini(&shadow);
	if (worker->has_arena)
		heap_arena_call(arena, "destroy");
	return NULL;
}

/* -- what the main thread does meanwhile ------------------------------------------------------- */

static int child(void *inherited)
{
	struct shadow *shadow = inherited;

	shadow_check_all(shadow);
	shadow_run(shadow, 300);
	heap_refresh();
	shadow_fini(shadow);
	return 0;
}

static void fork_once(struct shadow *shadow)
{
	struct child_end end;

	child_run(child, shadow, CHILD_SECONDS, &end);
	expect(!end.timed_out && end.signal == 0 && end.status == 0, "child: %s\n%s",
	       child_describe(&end), end.output);
	shadow_check_all(shadow);
}

static void swallow(void *length, const char *text)
{
	*(size_t *)length += strlen(text);
}

static void print_report(void)
{
	size_t length = 0;

	H(malloc_stats_print)(swallow, &length, "");
	expect(length > 1000, "a report of %zu characters", length);
}

static void *touch(void *unused)
{
	H(free)(memset(H(malloc)(3000), 1, 3000));
	return unused;
}

static void start_short_thread(void)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, touch, NULL) == 0, "no thread");
	pthread_join(thread, NULL);
}

static void all_arenas(const char *leaf)
{
	heap_arena_call(MALLCTL_ARENAS_ALL, leaf);
}

static void disturb(struct shadow *shadow)
{
	switch (random_below(&shadow->random, 8)) {
	case 0:
		fork_once(shadow);
		break;
	case 1:
		all_arenas("purge");
		break;
	case 2:
		all_arenas("decay");
		break;
	case 3:
		heap_refresh();
		break;
	case 4:
		print_report();
		break;
	case 5:
		start_short_thread();
		break;
	default:
		shadow_run(shadow, 2000);
		break;
	}
}

/* -- rounds ------------------------------------------------------------------------------------ */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The workers of a round are a little of everything, drawn anew each time. Only the first rounds
 * are of one kind each: what metadata is ever needed for one is there from then on, and does not
 * come as growth when the draw happens to be so after an hour. */
static const struct kind *draw_kind(unsigned round, struct random *random)
{
	return &kinds[round < KINDS ? round : random_below(random, KINDS)];
}

static void run_round(unsigned round, struct shadow *shadow, double seconds)
{
	struct worker workers[WORKERS_MAX];
	double end = now() + seconds;
	unsigned i;

	atomic_store(&stop, false);
	for (i = 0; i < WORKERS_MAX; i++) {
		workers[i].kind = draw_kind(round, &shadow->random);
		workers[i].seed = random_next(&shadow->random);
		workers[i].has_arena = i == 0;
		expect(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0,
		       "no thread");
	}
	while (now() < end) {
		disturb(shadow);
		usleep(20000);
	}
	atomic_store(&stop, true);
	for (i = 0; i < WORKERS_MAX; i++)
		pthread_join(workers[i].thread, NULL);
	mailbox_drain(&mailbox, &shadow->limits, random_next(&shadow->random));
}

struct footprint {
	size_t resident, mapped, mappings, files;
};

static size_t count_files(void)
{
	size_t count = 0;
	DIR *directory = opendir("/proc/self/fd");

	expect(directory != NULL, "cannot open /proc/self/fd");
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

static struct footprint footprint(void)
{
	size_t files = count_files(); /* before the purge: opendir() allocates */

	heap_call("thread.tcache.flush");
	all_arenas("purge");
	return (struct footprint){resident_bytes(), mapped_bytes(), mappings(), files};
}

static void raise_to(size_t *most, size_t value)
{
	if (value > *most)
		*most = value;
}

static void expect_no_growth(const char *what, size_t value, size_t most)
{
	expect(value * 100 <= most * (100 + GROWTH_PERCENT), "%s grew to %zu; it was %zu at most",
	       what, value, most);
}

/* Those of stacks come and go, and so do those that live objects share. */
enum { MAPPINGS_MORE_OR_LESS = 15 };

static void expect_no_more_mappings(size_t value, size_t most)
{
	expect(value <= most + MAPPINGS_MORE_OR_LESS, "%zu mappings; it were %zu at most", value,
	       most);
}

/* What the first round left, the most that a round of the warm-up left. */
static struct footprint first, most;

static void judge(const struct footprint *at, bool is_warm_up)
{
	if (first.mapped == 0)
		first = *at;
	if (!heap_get_bool("opt.retain")) {
		expect_no_growth("with retain:false, address space", at->mapped, first.mapped);
		expect_no_more_mappings(at->mappings, first.mappings);
	}
	if (is_warm_up) {
		raise_to(&most.resident, at->resident);
		raise_to(&most.mapped, at->mapped);
		raise_to(&most.mappings, at->mappings);
		raise_to(&most.files, at->files);
		return;
	}
	expect_no_growth("resident memory", at->resident, most.resident);
	expect_no_growth("address space", at->mapped, most.mapped);
	expect_no_more_mappings(at->mappings, most.mappings);
	expect_no_growth("the number of open files", at->files, most.files);
}

static void print(unsigned rounds, const struct footprint *at)
{
	heap_refresh();
	printf("round %5u: %6zu KiB resident, %6zu KiB of metadata, %7zu KiB mapped in %4zu "
	       "mappings, %zu files, %" PRIu64 " operations\n",
	       rounds, at->resident >> 10, heap_stat("stats.metadata") >> 10, at->mapped >> 10,
	       at->mappings, at->files, atomic_load(&operations));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0, begin = now();
	double warm_up = seconds / 2 < WARM_UP_SECONDS ? seconds / 2 : WARM_UP_SECONDS;
	double round = seconds / 8 < 5 ? seconds / 8 : 5;
	struct shadow_limits limits = kinds[1].limits;
	struct shadow shadow;
	struct footprint at = {0, 0, 0, 0};
	unsigned rounds = 0;

	heap_require();
	expect(seconds > 0, "usage: heap SECONDS");
	limits.live_bytes_max = LIVE_BYTES_MAX;
	while (now() - begin < seconds) {
		shadow_init(&shadow, &limits, test_seed() + rounds);
		run_round(rounds, &shadow, round);
		atomic_fetch_add(&operations, shadow.steps);
		shadow_fini(&shadow);
		at = footprint();
		if (seconds >= TELLING_SECONDS)
			judge(&at, now() - begin < warm_up);
		if (rounds++ % 12 == 0)
			print(rounds, &at);
	}
	print(rounds, &at);
	return 0;
}
