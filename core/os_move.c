#include "os_move.h"

#include "fault.h"
#include "os.h"
#include "os_call.h"
#include "os_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

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
		os_map_name(p, size);
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
