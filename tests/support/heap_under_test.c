#include "heap_under_test.h"
#include "expect.h"
#include <dlfcn.h>

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
	return heap_defines("moonheap_ctl_count");
}
