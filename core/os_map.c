#include "os_map.h"

#include "bits.h"
#include "os.h"
#include "os_call.h"
#include "os_purge.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

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
	os_advise(address, size, MADV_DONTNEED);
	struct discarded *range = address;
	range->size = size;
	put_discarded(range);
}

/* ---- mappings ---- */

/* Older kernels refuse, which is fine. */
void os_map_name(void *address, size_t size)
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
		os_map_name(p, size);
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

void *os_sbrk(ptrdiff_t by)
{
	int saved = errno;
	/* libc's, not the system call: the program may use it too, and libc remembers the end. */
	void *p = os_call(sbrk, (void *)-1, sbrk(by));
	errno = saved;
	return (intptr_t)p != -1 ? p : NULL;
}
