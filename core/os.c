#include "os.h"

#include "bits.h"
#include "fault.h"
#include "os_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

size_t os_page;
unsigned os_lg_page;

/* The kernel's; in test builds a larger one, when the environment says so. */
static size_t page_size(void)
{
#ifdef MOONHEAP_PREFIX
	const char *pretended = getenv("MOONHEAP_TEST_PAGE");
	if (pretended != NULL)
		return (size_t)strtoul(pretended, NULL, 10);
#endif
	return (size_t)getauxval(AT_PAGESZ);
}

void os_boot(void)
{
	os_page = page_size();
	if (!is_power_of_two(os_page) || os_page < (size_t)1 << PAGE_LG_MIN ||
	    os_page > (size_t)1 << PAGE_LG_MAX)
		fault_die("unsupported page size of the kernel", (char *)0);
	os_lg_page = bits_lg_floor(os_page);
}

/* A call that reads what it is given before it sees that it is asked for nonsense; NULL would mean
 * that it is given nothing. */
bool os_is_readable(const void *address)
{
	if (address == NULL)
		return false;
	int saved = errno;
	long result = syscall(SYS_rt_sigprocmask, -1, address, NULL, 8);
	bool ok = result == 0 || errno != EFAULT;
	errno = saved;
	return ok;
}

uint32_t os_thread_id(void)
{
	return (uint32_t)syscall(SYS_gettid);
}

void os_thread_name(char *name, size_t size)
{
	char all[16] = ""; /* as much as the kernel writes */
	int saved = errno;
	if (os_call(prctl, -1, prctl(PR_GET_NAME, all, 0, 0, 0)) != 0)
		all[0] = '\0';
	errno = saved;
	size_t length = 0;
	for (; length < size - 1 && length < sizeof(all) && all[length] != '\0'; length++)
		name[length] = all[length];
	name[length] = '\0';
}

static uint64_t in_ns(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* 0: the system does not tell. */
static uint64_t now(clockid_t clock)
{
	struct timespec t = {0, 0};
	int saved = errno;
	os_call(clock_gettime, -1, clock_gettime(clock, &t));
	errno = saved;
	return in_ns(t);
}

/* Time that cannot be asked for stands. */
uint64_t os_now_ns(void)
{
	static uint64_t last; /* relaxed; written when it changes, which is some times a second */
	uint64_t t = now(CLOCK_MONOTONIC_COARSE);
	uint64_t known = __atomic_load_n(&last, __ATOMIC_RELAXED);
	if (unlikely(t == 0))
		return known;
	if (t != known)
		__atomic_store_n(&last, t, __ATOMIC_RELAXED);
	return t;
}

uint64_t os_now_precise_ns(void)
{
	uint64_t t = now(CLOCK_MONOTONIC);
	return likely(t != 0) ? t : os_now_ns();
}

/* What is asked once, at start, is asked from the kernel and not through libc: each function of
 * libc that nobody else in a small program calls brings 64 KiB of libc's pages into it. */

uint64_t os_now_at_start_ns(void)
{
	struct timespec t = {0, 0};
	int saved = errno;
	os_call(clock_gettime, -1, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t));
	errno = saved;
	return likely(t.tv_sec != 0 || t.tv_nsec != 0) ? in_ns(t) : os_now_ns();
}

unsigned os_cpus(void)
{
	uint64_t set[1024 / 64] = {0};
	int saved = errno;
	long bytes =
		os_call(sched_getaffinity, -1, syscall(SYS_sched_getaffinity, 0, sizeof(set), set));
	int n = 0;
	for (size_t i = 0; bytes > 0 && i < ARRAY_LEN(set); i++)
		for (uint64_t rest = set[i]; rest != 0; rest &= rest - 1)
			n++;
	if (n <= 0) /* more CPUs than the set holds, or refused by a sandbox */
		n = (int)sysconf(_SC_NPROCESSORS_ONLN);
	errno = saved;
	return n > 0 ? (unsigned)n : 1;
}

bool os_is_privileged(void)
{
	return getauxval(AT_SECURE) != 0;
}

size_t os_read_file(const char *path, char *buffer, size_t size)
{
	int saved = errno;
	size_t length = 0;
	int file = os_call(open, -1, open(path, O_RDONLY | O_CLOEXEC));
	while (file >= 0 && length < size) {
		ssize_t n = os_call(read, -1, read(file, buffer + length, size - length));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	if (file >= 0)
		close(file);
	errno = saved;
	return length;
}

void os_write_stderr(const char *text, size_t length)
{
	int saved = errno;
	while (length > 0) {
		ssize_t n = os_call(write, -1, write(STDERR_FILENO, text, length));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text += n;
		length -= (size_t)n;
	}
	errno = saved;
}
