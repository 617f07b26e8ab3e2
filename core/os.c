#include "os.h"

#include "bits.h"
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

size_t os_page;
unsigned os_lg_page;

void os_boot(void)
{
	os_page = (size_t)getauxval(AT_PAGESZ);
	if (!is_power_of_two(os_page) || os_page < (size_t)1 << PAGE_LG_MIN ||
	    os_page > (size_t)1 << PAGE_LG_MAX)
		fault_die("unsupported page size of the kernel", (char *)0);
	os_lg_page = bits_lg_floor(os_page);
}

static void *map(void *hint, size_t size)
{
	int saved = errno;
	void *p = mmap(hint, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED) {
		errno = saved;
		return NULL;
	}
	/* So that /proc/PID/maps tells whose memory it is. Older kernels refuse, which is fine. */
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, size, "moonheap");
	errno = saved;
	return p;
}

void *os_map(size_t size, size_t alignment)
{
	void *p = map(NULL, size);
	if (p == NULL || ((uintptr_t)p & (alignment - 1)) == 0)
		return p;

	/* Not aligned by luck: take more and give the ends back. */
	os_unmap(p, size);
	size_t room = size + alignment - os_page;
	if (room < size)
		return NULL;
	p = map(NULL, room);
	if (p == NULL)
		return NULL;
	void *aligned = (void *)align_up((uintptr_t)p, alignment);
	size_t lead = ptr_distance(p, aligned);
	if (lead != 0)
		os_unmap(p, lead);
	if (room - lead - size != 0)
		os_unmap(ptr_add(aligned, size), room - lead - size);
	return aligned;
}

void *os_map_at(void *address, size_t size)
{
	void *p = map(address, size);
	if (p != NULL && p != address) {
		os_unmap(p, size);
		return NULL;
	}
	return p;
}

bool os_unmap(void *address, size_t size)
{
	int saved = errno;
	bool ok = munmap(address, size) == 0;
	errno = saved;
	return ok;
}

static bool advise(void *address, size_t size, int advice)
{
	int saved = errno;
	bool ok = madvise(address, size, advice) == 0;
	errno = saved;
	return ok;
}

bool os_purge_forced(void *address, size_t size)
{
	return advise(address, size, MADV_DONTNEED);
}

bool os_purge_lazy(void *address, size_t size)
{
	return advise(address, size, MADV_FREE);
}

bool os_advise_huge(void *address, size_t size, bool huge)
{
	return advise(address, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

/* A move onto a mapping unmaps it before all that can fail has been looked at: address space beyond
 * a limit, a range with pieces of different kinds (which only kernels from 6.17 move). So the first
 * step goes to a free place, where a failure costs nothing, and meets all of that; the second step
 * takes one mapping, just made, to where it shall be. */
bool os_move(void *from, void *to, size_t size)
{
	int saved = errno;
	/* By number: libc's function passes on no address here, and the kernel looks at one. */
	long free_place =
		syscall(SYS_mremap, from, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	if (free_place == -1) {
		errno = saved;
		return false;
	}
	void *p = mremap((void *)free_place, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	errno = saved;
	if (unlikely(p != to))
		fault_die("the kernel refused to move a mapping to where one was", (char *)0);
	return true;
}

/* ---- access ---- */

void *os_reserve(size_t size)
{
	int saved = errno;
	void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	errno = saved;
	return p != MAP_FAILED ? p : NULL;
}

bool os_forbid(void *address, size_t size)
{
	int saved = errno;
	void *p = mmap(address, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	errno = saved;
	return p != MAP_FAILED;
}

bool os_replace(void *address, size_t size)
{
	int saved = errno;
	void *p = mmap(address, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	errno = saved;
	return p != MAP_FAILED;
}

bool os_protect(void *address, size_t size, bool may_access)
{
	int saved = errno;
	bool ok = mprotect(address, size, may_access ? PROT_READ | PROT_WRITE : PROT_NONE) == 0;
	errno = saved;
	return ok;
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

static uint64_t now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t os_now_ns(void)
{
	return now(CLOCK_MONOTONIC_COARSE);
}

uint64_t os_now_precise_ns(void)
{
	return now(CLOCK_MONOTONIC);
}

unsigned os_cpus(void)
{
	cpu_set_t set;
	int saved = errno;
	CPU_ZERO(&set);
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
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
	int file = open(path, O_RDONLY | O_CLOEXEC);
	while (file >= 0 && length < size) {
		ssize_t n = read(file, buffer + length, size - length);
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
		ssize_t n = write(STDERR_FILENO, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text += n;
		length -= (size_t)n;
	}
	errno = saved;
}
