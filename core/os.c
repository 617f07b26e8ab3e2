#include "os.h"

#include "bits.h"
#include "fault.h"
#include "os_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

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

bool os_unmap(void *address, size_t size)
{
	int saved = errno;
	bool ok = os_call(munmap, -1, munmap(address, size)) == 0;
	errno = saved;
	return ok;
}

/* ---- what the system would not take back yet ---- */

/* A range that could not be unmapped (a part of a mapping, where no more mappings can be had) keeps
 * a note of itself in its first bytes. */
struct discarded {
	struct discarded *next;
	size_t size;
};
static struct discarded *discarded; /* a stack; taken off as a whole only */

static void put_discarded(struct discarded *range)
{
	range->next = __atomic_load_n(&discarded, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&discarded, &range->next, range, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
}

static bool advise(void *address, size_t size, int advice)
{
	int saved = errno;
	bool ok = os_call(madvise, -1, madvise(address, size, advice)) == 0;
	errno = saved;
	return ok;
}

static COLD void retry_discarded(void)
{
	struct discarded *range = __atomic_exchange_n(&discarded, NULL, __ATOMIC_ACQUIRE);
	while (range != NULL) {
		struct discarded *next = range->next;
		if (!os_unmap(range, range->size))
			put_discarded(range);
		range = next;
	}
}

void os_discard(void *address, size_t size)
{
	if (os_unmap(address, size))
		return;
	/* The pages behind the note need no memory meanwhile. */
	advise(address, size, MADV_DONTNEED);
	struct discarded *range = address;
	range->size = size;
	put_discarded(range);
}

/* So that /proc/PID/maps tells whose memory it is. Older kernels refuse, which is fine. */
static void set_name(void *address, size_t size)
{
	os_call(prctl, -1, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, address, size, "moonheap"));
}

#ifdef MOONHEAP_PREFIX
/* A kernel with larger pages than this one has would give no such address. */
static void *map_like_a_larger_page(void *address, size_t size)
{
	munmap(address, size);
	char *p = mmap(NULL, size + os_page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return MAP_FAILED;
	char *aligned = (char *)align_up((uintptr_t)p, os_page);
	if (aligned != p)
		munmap(p, (size_t)(aligned - p));
	munmap(aligned + size, (size_t)(p + os_page - aligned));
	return aligned;
}
#endif

static void *map(void *hint, size_t size)
{
	int saved = errno;
	void *p = os_call(mmap, MAP_FAILED,
			  mmap(hint, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
#ifdef MOONHEAP_PREFIX
	if (p != MAP_FAILED && ((uintptr_t)p & (os_page - 1)) != 0)
		p = map_like_a_larger_page(p, size);
#endif
	if (p != MAP_FAILED)
		set_name(p, size);
	errno = saved;
	return p != MAP_FAILED ? p : NULL;
}

void *os_map(size_t size, size_t alignment)
{
	if (unlikely(__atomic_load_n(&discarded, __ATOMIC_RELAXED) != NULL))
		retry_discarded();
	void *p = map(NULL, size);
	if (p == NULL || ((uintptr_t)p & (alignment - 1)) == 0)
		return p;

	/* Not aligned by luck: take more and give the ends back. */
	os_discard(p, size);
	size_t room = size + alignment - os_page;
	if (room < size)
		return NULL;
	p = map(NULL, room);
	if (p == NULL)
		return NULL;
	void *aligned = (void *)align_up((uintptr_t)p, alignment);
	size_t lead = ptr_distance(p, aligned);
	if (lead != 0)
		os_discard(p, lead);
	if (room - lead - size != 0)
		os_discard(ptr_add(aligned, size), room - lead - size);
	return aligned;
}

void *os_map_at(void *address, size_t size)
{
	void *p = map(address, size);
	if (p != NULL && p != address) {
		os_discard(p, size);
		return NULL;
	}
	return p;
}

/* Whether purged memory reads as zero; relaxed: who asks at the same time finds the same. */
static enum { PURGE_UNKNOWN, PURGE_ZEROES, PURGE_KEEPS } purge_effect;

void os_trust_purge(void)
{
	__atomic_store_n(&purge_effect, PURGE_ZEROES, __ATOMIC_RELAXED);
}

bool os_purge_zeroes(void)
{
	return __atomic_load_n(&purge_effect, __ATOMIC_RELAXED) == PURGE_ZEROES;
}

/* The first time finds out: what is in the range is to go anyway. */
static COLD bool purge_and_see(void *address, size_t size)
{
	volatile char *probe = address;
	*probe = 1;
	if (!advise(address, size, MADV_DONTNEED))
		return false;
	bool zeroes = *probe == 0;
	advise(address, os_page, MADV_DONTNEED); /* looking has brought the page back */
	__atomic_store_n(&purge_effect, zeroes ? PURGE_ZEROES : PURGE_KEEPS, __ATOMIC_RELAXED);
	return zeroes;
}

bool os_purge_forced(void *address, size_t size)
{
	int effect = (int)__atomic_load_n(&purge_effect, __ATOMIC_RELAXED);
	if (unlikely(effect == PURGE_UNKNOWN))
		return purge_and_see(address, size);
	return advise(address, size, MADV_DONTNEED) && effect == PURGE_ZEROES;
}

bool os_purge_lazy(void *address, size_t size)
{
	return advise(address, size, MADV_FREE);
}

bool os_advise_huge(void *address, size_t size, bool huge)
{
	return advise(address, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

bool os_collapse(void *address, size_t size)
{
	return advise(address, size, MADV_COLLAPSE);
}

/* Is there a mapping at this page? */
static bool is_mapped(void *address)
{
	unsigned char in_memory[(size_t)1 << (PAGE_LG_MAX - PAGE_LG_MIN)];
	return mincore(address, os_page, in_memory) == 0 || errno != ENOMEM;
}

/* The kernel may refuse before it has taken the old mapping away, or after: then somebody else's
 * may be there already. The first word tells which. */
bool os_map_again(void *address, size_t size)
{
	volatile uintptr_t *first = address;
	const uintptr_t sign = (uintptr_t)address ^ (uintptr_t)0x6d6f76656420616e;
	int saved = errno;
	*first = sign;
	void *p = os_call(mmap, MAP_FAILED,
			  mmap(address, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
	if (p == address)
		set_name(p, size);
	else if (is_mapped(address) ? *first != sign : os_map_at(address, size) == NULL)
		fault_die("the kernel took a mapping and put nothing in its place", (char *)0);
	else if (*first == sign)
		*first = 0;
	errno = saved;
	return p == address;
}

/* A move onto a mapping unmaps it before all that can fail has been looked at: address space beyond
 * a limit, a range with pieces of different kinds (which only kernels from 6.17 move). So the first
 * step goes to a free place, where a failure costs nothing, and meets all of that; the second step
 * takes one mapping, just made, to where it shall be. If that is refused all the same, the contents
 * are copied from where they are now. */
bool os_move(void *from, void *to, size_t size)
{
	int saved = errno;
	/* By number: libc's function passes on no address here, and the kernel looks at one. */
	long free_place = os_call(
		mremap, -1,
		syscall(SYS_mremap, from, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	if (free_place == -1) {
		errno = saved;
		return false;
	}
	void *p =
		os_call(mremap, MAP_FAILED,
			mremap((void *)free_place, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	if (p != to) {
		if (!is_mapped(to) && os_map_at(to, size) == NULL)
			fault_die("the kernel took a mapping and put nothing in its place",
				  (char *)0);
		memcpy(to, (void *)free_place, size);
		os_discard((void *)free_place, size);
	}
	errno = saved;
	return true;
}

/* ---- access ---- */

void *os_reserve(size_t size)
{
	int saved = errno;
	void *p = os_call(
		mmap, MAP_FAILED,
		mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	errno = saved;
	return p != MAP_FAILED ? p : NULL;
}

bool os_forbid(void *address, size_t size)
{
	int saved = errno;
	void *p = os_call(mmap, MAP_FAILED,
			  mmap(address, size, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
	errno = saved;
	return p != MAP_FAILED;
}

bool os_replace(void *address, size_t size)
{
	int saved = errno;
	void *p = os_call(mmap, MAP_FAILED,
			  mmap(address, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
	errno = saved;
	return p != MAP_FAILED;
}

bool os_protect(void *address, size_t size, bool may_access)
{
	int saved = errno;
	bool ok = os_call(mprotect, -1,
			  mprotect(address, size,
				   may_access ? PROT_READ | PROT_WRITE : PROT_NONE)) == 0;
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

void *os_sbrk(ptrdiff_t by)
{
	int saved = errno;
	/* libc's, not the system call: the program may use it too, and libc remembers the end. */
	void *p = os_call(sbrk, (void *)-1, sbrk(by));
	errno = saved;
	return (intptr_t)p != -1 ? p : NULL;
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
