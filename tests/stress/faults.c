/* faults - the system refuses what it can refuse: every call of core/os_call.def fails once, twice,
 * for ever, at random, from the first moment of a process on, while threads work on the shadow
 * model.
 *
 * Each case is this program once more, with the fault in its environment. Requests may then be
 * refused, and nothing else may happen: contents survive, a fork works, and when the fault is over
 * everything is granted again and the address space is all there. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "mailbox.h"
#include "os_call.h"
#include "resident.h"
#include "suite.h"
#include <malloc.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 3, ROUNDS = 4, CASE_SECONDS = 100, CHILD_SECONDS = 30, STACK_BYTES = 256 << 10 };

static const struct {
	const char *name;
	int error;
} calls[] = {
#define OS_CALL(name, error) {#name, error},
#include "os_call.def"
};

enum mode { ONCE, TWICE, FOR_EVER, AT_RANDOM, MODES };
static const char *const mode_names[MODES] = {"once", "twice", "for ever", "at random"};

/* -- the fault, armed before anything of the program runs -------------------------------------- */

static enum os_call faulty;
static enum mode mode;
static atomic_bool is_armed;
static atomic_uint asked; /* calls of the faulty kind */
static atomic_uint failed;
static unsigned first; /* the call that fails first */

static unsigned mix(unsigned value)
{
	return (value * 2654435761u) >> 16;
}

static int decide(enum os_call call)
{
	unsigned nth;
	bool fails = false;

	if (call != faulty || !atomic_load_explicit(&is_armed, memory_order_relaxed))
		return 0;
	nth = atomic_fetch_add(&asked, 1);
	switch (mode) {
	case ONCE:
		fails = nth == first;
		break;
	case TWICE:
		fails = nth == first || nth == first + 1;
		break;
	case FOR_EVER:
		fails = nth >= first;
		break;
	case AT_RANDOM:
	case MODES:
		fails = mix(nth ^ first * 40503u) % 4 == 0;
		break;
	}
	atomic_fetch_add(&failed, fails);
	return fails ? calls[call].error : 0;
}

/* The environment says "call mode first"; libc is not up yet. */
static void arm(int argc, char **argv, char **environment)
{
	unsigned numbers[3] = {0, 0, 0}, i = 0;
	const char *at = NULL;

	(void)argc;
	(void)argv;
	for (; *environment != NULL && at == NULL; environment++)
		if (strncmp(*environment, "FAULT=", 6) == 0)
			at = *environment + 6;
	for (; at != NULL && *at != '\0'; at++) {
		if (*at == ' ')
			i++;
		else
			numbers[i] = numbers[i] * 10 + (unsigned)(*at - '0');
	}
	if (at == NULL)
		return;
	faulty = (enum os_call)numbers[0];
	mode = (enum mode)numbers[1];
	first = numbers[2];
	atomic_store(&is_armed, true);
	__atomic_store_n(&os_call_fault, decide, __ATOMIC_RELAXED);
}

/* Not under a sanitizer, which is not up yet at that moment: there main() does it, after boot. */
#if !TEST_SANITIZED
__attribute__((section(".preinit_array"), used)) static void (*const arm_early)(int, char **,
										char **) = arm;
#endif

/* -- the program that has it ------------------------------------------------------------------- */

static const struct shadow_limits limits = {.slots = 150,
					    .size_max = 6 << 20,
					    .alignment_max = 8 << 20,
					    .live_bytes_max = 24 << 20,
					    .may_fail = true};
static struct mailbox mailbox = MAILBOX_EMPTY;

static void *work(void *argument)
{
	struct shadow shadow;
	unsigned long steps = test_scaled(1200);

	shadow_init(&shadow, &limits, (uintptr_t)argument);
	while (steps-- > 0) {
		shadow_step(&shadow);
		if (steps % 5 == 0)
			mailbox_exchange(&mailbox, &shadow);
	}
	shadow_fini(&shadow);
	return NULL;
}

/* Whatever it answers: it comes back. */
static void call(const char *name, void *value, size_t size)
{
	int error = H(mallctl)(name, NULL, NULL, value, size);

	expect(error == 0 || error == EAGAIN || error == ENOMEM || error == EFAULT, "%s: %s", name,
	       strerror(error));
}

static void swallow(void *length, const char *text)
{
	*(size_t *)length += strlen(text);
}

static void use_controls(void)
{
	unsigned arena = 0;
	size_t length = sizeof arena;
	uint64_t epoch = 1;
	bool on = true, off = false;
	char name[64];

	call("epoch", &epoch, sizeof epoch);
	if (H(mallctl)("arenas.create", &arena, &length, NULL, 0) == 0) {
		int flags = (int)(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
		unsigned char *object = H(mallocx)(3 << 20, flags);

		if (object != NULL)
			memset(object, 1, 3 << 20);
		snprintf(name, sizeof name, "arena.%u.reset", arena);
		call(name, NULL, 0);
		snprintf(name, sizeof name, "arena.%u.destroy", arena);
		call(name, NULL, 0);
	}
	if (!TEST_THREAD_SANITIZED) { /* it knows no forks of processes with threads of ours */
		call("background_thread", &on, sizeof on);
		call("background_thread", &off, sizeof off);
	}
	snprintf(name, sizeof name, "arena.%d.purge", MALLCTL_ARENAS_ALL);
	call(name, NULL, 0);
	length = 0;
	H(malloc_stats_print)(swallow, &length, "");
}

/* A buffer that grows: its contents are moved, or copied. */
static void grow_a_buffer(void)
{
	unsigned char *buffer = NULL;

	for (size_t size = 1 << 20; size <= 16 << 20; size *= 2) {
		unsigned char *larger = H(realloc)(buffer, size);

		if (larger == NULL)
			break;
		buffer = larger;
		expect(size == 1 << 20 || buffer[size / 2 - 1] == size / 2 >> 20,
		       "contents were lost on the way to %zu bytes", size);
		buffer[size - 1] = (unsigned char)(size >> 20);
	}
	H(free)(buffer);
}

static int forked(void *inherited)
{
	shadow_check_all(inherited);
	shadow_run(inherited, 50);
	return 0;
}

static void fork_once(struct shadow *shadow)
{
	struct child_end end;

	child_run(forked, shadow, CHILD_SECONDS, &end);
	expect(!end.timed_out && end.signal == 0 && end.status == 0, "forked: %s\n%s",
	       child_describe(&end), end.output);
}

/* Everything is used; at the end nothing is left. */
static void run_round(uint64_t seed)
{
	pthread_t threads[THREADS];
	struct shadow shadow;
	unsigned i;

	shadow_init(&shadow, &limits, seed);
	for (i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(seed + i)) == 0,
		       "no thread");
	shadow_run(&shadow, test_scaled(500));
	use_controls();
	grow_a_buffer();
	if (!TEST_SANITIZED)
		fork_once(&shadow);
	shadow_run(&shadow, test_scaled(500));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	shadow_fini(&shadow);
	mailbox_drain(&mailbox, &limits, seed);
}

/* Address space that no statistics know of, with nothing allocated. */
static size_t unaccounted(void)
{
	if (heap_get_bool("thread.tcache.enabled"))
		heap_call("thread.tcache.flush");
	heap_arena_call(MALLCTL_ARENAS_ALL, "purge");
	heap_refresh();
	expect(heap_get_size("stats.allocated") < 1 << 20, "%zu bytes are still allocated",
	       heap_get_size("stats.allocated"));
	return mapped_bytes() - heap_get_size("stats.mapped") - heap_get_size("stats.retained");
}

static void make_stacks_small(void)
{
	pthread_attr_t attributes;

	if (TEST_SANITIZED)
		return;
	pthread_attr_init(&attributes);
	expect(pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
		       pthread_setattr_default_np(&attributes) == 0,
	       "stacks keep their size");
	pthread_attr_destroy(&attributes);
}

static int run_faulty(void)
{
	struct shadow shadow;
	struct shadow_limits granted = limits;
	size_t before = 0, after;
	unsigned round;

	/* What is not known is to be ours: the C library's own malloc, which threads of the test
	 * use by chance at once, reserves 64 MiB for each that it finds busy, and it keeps 8 MiB of
	 * stack for each thread that there was at once with others. */
	mallopt(M_ARENA_MAX, 1);
	make_stacks_small();
	for (round = 0; round < ROUNDS; round++) {
		atomic_store(&is_armed, true);
		if (round == 1 || round == 2)
			atomic_store(&asked, 0); /* once more, in a process that is up */
		run_round(test_seed() + round);
		atomic_store(&is_armed, false);
		if (round == 0) {
			/* What is made once for all, as the slots of guarded objects, is made now.
			 */
			run_round(test_seed() + ROUNDS);
			before = unaccounted();
		}
	}
	/* The fault is over: everything is granted. */
	granted.may_fail = false;
	shadow_init(&shadow, &granted, test_seed());
	shadow_run(&shadow, test_scaled(1000));
	shadow_fini(&shadow);
	H(free)(H(malloc)(512 << 20)); /* what waits for more to be mapped is tried again */
	after = unaccounted();
	/* Metadata may have grown; what one round maps is many times more. */
	expect(TEST_SANITIZED || after < before + (10u << 20),
	       "address space of %zu bytes that nobody knows has become %zu", before, after);
	printf("%u failed of %u\n", atomic_load(&failed), atomic_load(&asked));
	return atomic_load(&failed) > 0 ? 0 : 77;
}

/* -- the cases --------------------------------------------------------------------------------- */

/* What is called depends on options; where a call is never made, the case would test nothing. */
/* Without the data segment but where it is the matter: the C library's malloc, which serves the
 * test itself, lives there too, and what it takes is not accounted for. */
static const struct setting {
	const char *conf;
	bool all_but; /* those listed */
	bool listed[OS_CALLS];
} keeping = {"dss:disabled",
	     true,
	     {[OS_CALL_mprotect] = true,        /* for guarded objects only */
	      [OS_CALL_sbrk] = true,            /* for the data segment only */
	      [OS_CALL_process_madvise] = true, /* with its option only */
	      [OS_CALL_getcpu] = true,          /* the same */
	      [OS_CALL_write] = true}},         /* with something to say only */
	giving_back = {"dss:disabled,retain:false,dirty_decay_ms:0,tcache:false,confirm_conf:true,"
		       "stats_interval:67108864",
		       false,
		       {[OS_CALL_mmap] = true,
			[OS_CALL_munmap] = true,
			[OS_CALL_write] = true,
			[OS_CALL_futex_wait] = true}},
  guarded = {"dss:disabled,safety:sampled,safety_sample_bytes:4096,dirty_decay_ms:10,"
	     "san_guard_small:5,san_guard_large:3",
	     false,
	     {[OS_CALL_mmap] = true, [OS_CALL_mprotect] = true, [OS_CALL_madvise] = true}},
  packing = {"dss:disabled,hpa:true,hpa_hugify_style:lazy,hpa_hugify_delay_ms:0,"
	     "hpa_hugification_threshold_ratio:0.1,hpa_min_purge_interval_ms:0,hpa_dirty_mult:0,"
	     "process_madvise_max_batch:8",
	     false,
	     {[OS_CALL_mmap] = true,
	      [OS_CALL_munmap] = true,
	      [OS_CALL_madvise] = true,
	      [OS_CALL_process_madvise] = true}},
  packing_for_a_while =
	  {"dss:disabled,hpa:true,retain:false,tcache:false,hpa_hugify_style:eager,"
	   "hpa_min_purge_interval_ms:0,hpa_dirty_mult:0,hpa_sec_nshards:0",
	   false,
	   {[OS_CALL_mmap] = true, [OS_CALL_munmap] = true, [OS_CALL_madvise] = true}},
  following = {"dss:disabled,percpu_arena:percpu", false, {[OS_CALL_getcpu] = true}},
  segment = {"dss:primary", false, {[OS_CALL_sbrk] = true}};

static void run_case(const struct setting *setting, int row)
{
	enum os_call call = (enum os_call)(row / MODES);
	static const unsigned firsts[] = {0, 7, 1, 60};
	unsigned i, count = row % MODES == ONCE ? 4 : 2;

	if (setting->listed[call] == setting->all_but)
		return;
	for (i = 0; i < count; i++) {
		char *const argv[] = {"/proc/self/exe", "faulty", NULL};
		char fault[64], options[256], seed[64];
		const char *scale = getenv("MOONHEAP_TEST_SCALE");
		char scale_variable[64];
		char *const environment[] = {fault, options, seed, scale_variable, NULL};
		struct child_end end;

		snprintf(fault, sizeof fault, "FAULT=%d %d %u", (int)call, row % MODES, firsts[i]);
		snprintf(options, sizeof options, "MALLOC_CONF=%s", setting->conf);
		snprintf(seed, sizeof seed, "MOONHEAP_TEST_SEED=%llu",
			 (unsigned long long)(test_seed() + i));
		snprintf(scale_variable, sizeof scale_variable, "MOONHEAP_TEST_SCALE=%s",
			 scale ? scale : "1");
		child_exec(argv, environment, CASE_SECONDS, &end);
		expect(!end.timed_out && end.signal == 0 && (end.status == 0 || end.status == 77),
		       "%s fails %s from call %u on (%s): %s\n%s", calls[call].name,
		       mode_names[row % MODES], firsts[i], setting->conf, child_describe(&end),
		       end.output);
		expect(TEST_SANITIZED || i > 0 || end.status == 0, "%s was never called",
		       calls[call].name);
	}
}

START_TEST(keeping_address_space)
{
	run_case(&keeping, _i);
}
END_TEST

START_TEST(giving_it_back_at_once)
{
	run_case(&giving_back, _i);
}
END_TEST

START_TEST(guarding_objects)
{
	run_case(&guarded, _i);
}
END_TEST

START_TEST(out_of_huge_pages)
{
	run_case(&packing, _i);
}
END_TEST

START_TEST(out_of_huge_pages_that_go)
{
	run_case(&packing_for_a_while, _i);
}
END_TEST

START_TEST(following_processors)
{
	run_case(&following, _i);
}
END_TEST

START_TEST(out_of_the_data_segment)
{
	run_case(&segment, _i);
}
END_TEST

int main(int argc, char **argv)
{
	if (TEST_SANITIZED)
		arm(argc, argv, environ);
	if (argc > 1 && strcmp(argv[1], "faulty") == 0)
		return run_faulty();
	/* The other settings take some minutes: ./dev test --full. */
	const TTest *const ours[] = {keeping_address_space, NULL};
	const TTest *const others[] = {giving_it_back_at_once,
				       guarding_objects,
				       out_of_huge_pages,
				       out_of_huge_pages_that_go,
				       out_of_the_data_segment,
				       following_processors,
				       NULL};
	bool are_others = argc > 1 && strcmp(argv[1], "others") == 0;
	return suite_run_rows("faults", are_others ? others : ours, OS_CALLS * MODES);
}
