/* The exported door to the control tree. */
#include "build.h"
#include "ctl.h"
#include "moonheap/moonheap.h"

EXPORT int API(mallctl)(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen)
{
	return ctl_by_name(name, oldp, oldlenp, newp, newlen);
}

EXPORT int API(mallctlnametomib)(const char *name, size_t *mibp, size_t *miblenp)
{
	return ctl_name_to_mib(name, mibp, miblenp);
}

EXPORT int API(mallctlbymib)(const size_t *mib, size_t miblen, void *oldp, size_t *oldlenp,
			     void *newp, size_t newlen)
{
	return ctl_by_mib(mib, miblen, oldp, oldlenp, newp, newlen);
}
