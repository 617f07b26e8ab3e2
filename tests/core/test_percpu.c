/* test_percpu.c - arenas by processor: threads are where their processor is, follow it when they
 * are moved, and stay where the program has put them. */
#include "percpu.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arenas.h"
#include "boot.h"
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "host.h"
#include "os_call.h"
#include "suite.h"
#include "thread.h"

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set) != 0)
		exit(0); /* a machine that does not let us */
	expect(host_cpu() == cpu, "on processor %d, not %d", host_cpu(), cpu);
}

/* Two processors that we may run on; the same twice where there is one. */
static void two(int *a, int *b)
{
	cpu_set_t set;

	*a = *b = -1;
	expect(sched_getaffinity(0, sizeof set, &set) == 0, "affinity");
	for (int cpu = 0; cpu < CPU_SETSIZE && *b < 0; cpu++)
		if (CPU_ISSET((size_t)cpu, &set))
			*(*a < 0 ? a : b) = cpu;
	if (*b < 0)
		*b = *a;
}

/* Boot was with the option off; so is what follows from it. */
static void switch_on(uint8_t how)
{
	expect(boot_ensure(), "boot");
	options.percpu_arena = how;
	expect(percpu_boot() != 0 && percpu_is_on(), "off");
}

START_TEST(numbers)
{
	unsigned most = host_cpus_most();

	options.percpu_arena = PERCPU_DISABLED;
	expect(percpu_boot() == 0, "arenas although it is off");
	options.percpu_arena = PERCPU_EACH;
	expect(percpu_boot() == most, "%u arenas for %u processors", percpu_boot(), most);
	for (unsigned cpu = 0; cpu < most; cpu++)
		expect(percpu_index_of(cpu) == cpu, "processor %u: %u", cpu, percpu_index_of(cpu));
	expect(percpu_index_of(most) < most, "a processor that came later");
	options.percpu_arena = PERCPU_PHYCPU;
	unsigned cores = percpu_boot();

	expect(cores == (most > 1 ? (most + 1) / 2 : 1), "%u arenas for %u processors", cores,
	       most);
	for (unsigned cpu = 0; cpu < cores; cpu++)
		expect(percpu_index_of(cpu) == cpu && percpu_index_of(cpu + cores) == cpu,
		       "core %u", cpu);
}
END_TEST

static unsigned arena_of(void *p)
{
	return arenas_of(p)->index;
}

static int refuse_getcpu(enum os_call call)
{
	return call == OS_CALL_getcpu ? ENOSYS : 0;
}

static int boot_without_getcpu(void *unused)
{
	(void)unused;
	os_call_fault = refuse_getcpu;
	options.percpu_arena = PERCPU_EACH;
	expect(percpu_boot() == 0 && options.percpu_arena == PERCPU_DISABLED, "not off");
	return 3;
}

START_TEST(where_the_system_does_not_say)
{
	static const char words[] = "<jemalloc>: No getcpu support: percpu_arena:percpu\n";
	struct child_end end;

	child_run(boot_without_getcpu, NULL, 20, &end);
	expect(end.status == 3 && strcmp(end.output, words) == 0, "%s: %s", child_describe(&end),
	       end.output);
	options.abort = true;
	child_run(boot_without_getcpu, NULL, 20, &end);
	/* In a cross build the emulator tells of the signal, too. */
	expect(end.signal == SIGABRT && strncmp(end.output, words, sizeof words - 1) == 0, "%s: %s",
	       child_describe(&end), end.output);
}
END_TEST

START_TEST(threads_follow_their_processor)
{
	int a, b;
	void *p;

	two(&a, &b);
	switch_on(PERCPU_EACH);
	if ((unsigned)b >= arenas_auto())
		return; /* fewer arenas were made at boot than this takes */
	for (int round = 0; round < 3; round++) {
		int cpus[] = {a, b};

		for (int i = 0; i < 2; i++) {
			run_on(cpus[i]);
			p = H(malloc)((size_t)1 << 20); /* always a slow path */
			expect(arena_of(p) == (unsigned)cpus[i], "on %d, from arena %u", cpus[i],
			       arena_of(p));
			expect(arenas_get((unsigned)cpus[i])->nthreads == 1, "not bound");
			expect(cpus[0] == cpus[1] || arenas_get((unsigned)cpus[1 - i]) == NULL ||
				       arenas_get((unsigned)cpus[1 - i])->nthreads == 0,
			       "bound to both");
			H(free)(p);
		}
	}
	/* One that the program has chosen stays. */
	unsigned own;

	expect(arenas_create(NULL, NULL, &own) == 0, "no arena");
	expect(thread_set_arena(thread_get(), arenas_get(own)) == 0, "not bound");
	run_on(a);
	p = H(malloc)((size_t)1 << 20);
	expect(arena_of(p) == own, "moved from an arena of the program");
	H(free)(p);
}
END_TEST

START_TEST(an_arena_of_a_processor_is_not_chosen)
{
	int a, b;
	size_t length = sizeof(unsigned);
	unsigned now, own, other;

	two(&a, &b);
	switch_on(PERCPU_EACH);
	run_on(a);
	H(free)(H(malloc)((size_t)1 << 20));
	expect(H(mallctl)("thread.arena", &now, &length, NULL, 0) == 0, "read");
	other = now == 0 ? 1 : 0;
	expect(H(mallctl)("thread.arena", NULL, NULL, &now, sizeof now) == 0, "its own");
	if (other < arenas_auto())
		expect(H(mallctl)("thread.arena", NULL, NULL, &other, sizeof other) == EPERM,
		       "that of another processor");
	expect(H(mallctl)("arenas.create", &own, &length, NULL, 0) == 0, "no arena");
	expect(H(mallctl)("thread.arena", NULL, NULL, &own, sizeof own) == 0, "one of ours");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {numbers, where_the_system_does_not_say,
				      threads_follow_their_processor,
				      an_arena_of_a_processor_is_not_chosen, NULL};

	return suite_run("percpu", cases);
}
