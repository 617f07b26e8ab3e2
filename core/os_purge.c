#include "os_purge.h"

#include "os.h"
#include "os_call.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

bool os_advise(void *address, size_t size, int advice)
{
	int saved = errno;
	bool ok = os_call(madvise, -1, madvise(address, size, advice)) == 0;
	errno = saved;
	return ok;
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
	if (!os_advise(address, size, MADV_DONTNEED))
		return false;
	bool zeroes = *probe == 0;
	os_advise(address, os_page, MADV_DONTNEED); /* looking has brought the page back */
	__atomic_store_n(&purge_effect, zeroes ? PURGE_ZEROES : PURGE_KEEPS, __ATOMIC_RELAXED);
	return zeroes;
}

bool os_purge_forced(void *address, size_t size)
{
	int effect = (int)__atomic_load_n(&purge_effect, __ATOMIC_RELAXED);
	if (unlikely(effect == PURGE_UNKNOWN))
		return purge_and_see(address, size);
	return os_advise(address, size, MADV_DONTNEED) && effect == PURGE_ZEROES;
}

bool os_purge_lazy(void *address, size_t size)
{
	return os_advise(address, size, MADV_FREE);
}

bool os_advise_huge(void *address, size_t size, bool huge)
{
	return os_advise(address, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

bool os_collapse(void *address, size_t size)
{
	return os_advise(address, size, MADV_COLLAPSE);
}
