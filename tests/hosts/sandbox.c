/* sandbox - the heap from its first moment in a process that may do little: small address space, no
 * /proc and /sys, the system call filter of a hardened service, filters that refuse whatever an
 * allocator could do without, threads with the smallest stacks.
 *
 * Each case changes the process as its row says and becomes this program again, which then works on
 * the shadow model with several threads. Cases that the system does not permit say so. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "shadow.h"
#include "suite.h"
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOT_PERMITTED = 77, CASE_SECONDS = 60, CALLS_MAX = 40 };

/* -- system call filters ------------------------------------------------------------------------
 */

struct filter {
	unsigned action; /* for the calls listed; all others are allowed */
	int calls[CALLS_MAX];
	unsigned count;
};

#define REFUSE(error) (SECCOMP_RET_ERRNO | (error))
#define CALLS(...)    {__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int)

/* What an allocator may ask for, and must do without. */
static const struct filter no_favours = {
	REFUSE(EPERM), CALLS(SYS_madvise, SYS_mremap, SYS_prctl, SYS_sched_getaffinity, SYS_getcpu,
			     SYS_membarrier, SYS_mincore, SYS_gettid, SYS_sysinfo)};
static const struct filter no_such_calls = {
	REFUSE(ENOSYS), CALLS(SYS_clone3, SYS_rseq, SYS_getcpu, SYS_mremap, SYS_madvise,
			      SYS_membarrier, SYS_sched_getaffinity, SYS_getrandom, SYS_statx)};
/* What @system-service, with MemoryDenyWriteExecute and friends, leaves out: death. */
static const struct filter hardened = {
	SECCOMP_RET_KILL_PROCESS,
	CALLS(SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf, SYS_perf_event_open,
	      SYS_userfaultfd, SYS_mount, SYS_umount2, SYS_unshare, SYS_setns, SYS_chroot,
	      SYS_keyctl, SYS_add_key, SYS_personality, SYS_kcmp, SYS_mbind, SYS_set_mempolicy,
	      SYS_migrate_pages, SYS_move_pages, SYS_swapon, SYS_acct, SYS_reboot, SYS_init_module,
	      SYS_syslog, SYS_settimeofday, SYS_sched_setscheduler, SYS_setpriority, SYS_mlockall,
	      SYS_pkey_alloc, SYS_pkey_mprotect, SYS_memfd_create, SYS_shmget, SYS_fanotify_init)};

static int install(const struct filter *filter)
{
	struct sock_filter code[CALLS_MAX + 3];
	struct sock_fprog program = {.filter = code};
	unsigned n = 0, i;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (i = 0; i < filter->count; i++)
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned)filter->calls[i],
							 (unsigned char)(filter->count - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, filter->action);
	program.len = (unsigned short)n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return NOT_PERMITTED;
	return 0;
}

/* -- rows ----------------------------------------------------------------------------------------
 */

static int limit_address_space(const void *megabytes)
{
	rlim_t bytes = (rlim_t) * (const unsigned *)megabytes << 20;
	struct rlimit limit = {bytes, bytes};

	return setrlimit(RLIMIT_AS, &limit) == 0 ? 0 : NOT_PERMITTED;
}

static int filter_calls(const void *filter)
{
	return install(filter);
}

/* In name spaces of its own: nobody else sees it. */
static int hide_folders(const void *unused)
{
	(void)unused;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) != 0 ||
	    mount("none", "/sys", "tmpfs", 0, NULL) != 0)
		return NOT_PERMITTED;
	return access("/proc/self", F_OK) == 0 || access("/sys/kernel", F_OK) == 0 ? 1 : 0;
}

static int change_nothing(const void *unused)
{
	(void)unused;
	return 0;
}

static const unsigned tiny = 40, small = 150;
static const struct row {
	const char *name;
	int (*prepare)(const void *argument);
	const void *argument;
	const char *workload;
} rows[] = {
	{"40 MB of address space", limit_address_space, &tiny, "refused"},
	{"150 MB of address space", limit_address_space, &small, "refused"},
	{"no /proc and /sys", hide_folders, NULL, "granted"},
	{"calls that are not permitted", filter_calls, &no_favours, "granted"},
	{"calls that do not exist", filter_calls, &no_such_calls, "granted"},
	{"the filter of a hardened service", filter_calls, &hardened, "granted"},
	{"the smallest stacks", change_nothing, NULL, "smallest stacks"},
};

/* -- what runs inside ----------------------------------------------------------------------------
 */

static struct shadow_limits limits = {
	.slots = 200, .size_max = 3 << 20, .alignment_max = 1 << 20, .live_bytes_max = 16 << 20};

static void *work(void *seed)
{
	struct shadow shadow;

	shadow_init(&shadow, &limits, (uintptr_t)seed);
	shadow_run(&shadow, test_scaled(4000));
	shadow_fini(&shadow);
	return NULL;
}

/* A thread on 16 KiB has no room for a model: it only uses every way into the heap. */
static void *use_a_little(void *unused)
{
	static const size_t sizes[] = {1, 100, 5000, 100000, 3 << 20};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *object = calloc(1, sizes[i]);

		expect(object != NULL && object[sizes[i] - 1] == 0, "calloc(%zu)", sizes[i]);
		object = realloc(object, sizes[i] * 2);
		expect(object != NULL, "realloc(%zu)", sizes[i] * 2);
		free(object);
	}
	return unused;
}

static void run_threads(void *(*body)(void *), size_t stack_bytes)
{
	pthread_t threads[3];
	pthread_attr_t attributes;
	unsigned i;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, stack_bytes);
	for (i = 0; i < 3; i++)
		expect(pthread_create(&threads[i], &attributes, body,
				      (void *)(uintptr_t)(test_seed() + i)) == 0,
		       "no thread: %s", strerror(errno));
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

enum { ROUNDS = 5, RESERVE = 64 << 10 };

/* Asks for ever more until it is refused; what is there stays, and there is room again after. The
 * model's own table is not the heap's: in each round there is address space for it that was kept
 * from the beginning. */
static int use_it_up(void)
{
	static unsigned char *blocks[4096];
	void *reserves[ROUNDS];
	unsigned round, count, i;

	limits.may_fail = true;
	for (i = 0; i < ROUNDS; i++) {
		reserves[i] = mmap(NULL, RESERVE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		expect(reserves[i] != MAP_FAILED, "no reserve");
	}
	for (round = 0; round < ROUNDS; round++) {
		for (count = 0; count < 4096; count++) {
			errno = 0;
			blocks[count] = malloc(100000);
			if (blocks[count] == NULL)
				break;
			memset(blocks[count], (int)(count % 251), 100000);
		}
		expect(count < 4096 && errno == ENOMEM, "%u blocks, errno %d", count, errno);
		expect(round == 0 || count > 50, "only %u blocks in round %u", count, round);
		munmap(reserves[round], RESERVE);
		work((void *)(uintptr_t)(test_seed() + round));
		for (i = 0; i < count; i++) {
			expect(blocks[i][0] == i % 251 && blocks[i][99999] == i % 251,
			       "block %u changed", i);
			free(blocks[i]);
		}
	}
	return 0;
}

static int run_workload(const char *workload)
{
	if (strcmp(workload, "refused") == 0)
		return use_it_up();
	if (strcmp(workload, "smallest stacks") == 0) {
		run_threads(use_a_little, (size_t)PTHREAD_STACK_MIN);
		return 0;
	}
	work((void *)(uintptr_t)test_seed());
	run_threads(work, 256 << 10);
	heap_refresh();
	heap_arena_call(MALLCTL_ARENAS_ALL, "purge");
	return 0;
}

/* -- cases ---------------------------------------------------------------------------------------
 */

static char program[PATH_MAX];

static int become(void *argument)
{
	const struct row *row = argument;
	int result = row->prepare(row->argument);

	if (result != 0)
		return result;
	execl(program, program, row->workload, (char *)NULL);
	return 1;
}

START_TEST(in_a_sandbox)
{
	const struct row *row = &rows[_i];
	struct child_end end;

	child_run(become, (void *)(uintptr_t)row, CASE_SECONDS, &end);
	if (end.status == NOT_PERMITTED) {
		printf("skipped: %s: the system does not permit to make it so\n", row->name);
		return;
	}
	expect(!end.timed_out && end.signal == 0 && end.status == 0, "%s: %s\n%s", row->name,
	       child_describe(&end), end.output);
}
END_TEST

int main(int argc, char **argv)
{
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	if (argc > 1)
		return run_workload(argv[1]);
	expect(length > 0, "where am I?");
	return suite_run_rows("sandbox", (const TTest *[]){in_a_sandbox, NULL},
			      sizeof rows / sizeof *rows);
}
