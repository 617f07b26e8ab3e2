#include "heap_under_test.h"
#include "expect.h"
#include <dlfcn.h>
#include <moonheap/ctl.h>

#ifndef MOONHEAP_PREFIX
#pragma weak moonheap_ctl_count
#endif

void heap_require(void)
{
#ifndef MOONHEAP_PREFIX
	expect(heap_defines("mallocx"),
	       "run this with LD_PRELOAD=.../libmoonheap.so: malloc() is the C library's");
#endif
}

bool heap_defines(const char *name)
{
#ifdef MOONHEAP_PREFIX
	(void)name;
	return true;
#else
	Dl_info found, ours;
	void *address = dlsym(RTLD_DEFAULT, name);
	void *malloc_address = dlsym(RTLD_DEFAULT, "malloc");

	if (address == NULL || malloc_address == NULL)
		return false;
	return dladdr(address, &found) && dladdr(malloc_address, &ours) &&
	       found.dli_fbase == ours.dli_fbase;
#endif
}

bool heap_is_moonheap(void)
{
#ifdef MOONHEAP_PREFIX
	return true;
#else
	/* Linked weakly, not looked up: this is asked at every step, also in threads that the C
	 * library does not know, where its search for names would break its own locks. */
	return moonheap_ctl_count != NULL;
#endif
}
