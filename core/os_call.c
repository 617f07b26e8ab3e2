#include "os_call.h"

#include <errno.h>

#ifdef MOONHEAP_PREFIX
int (*os_call_fault)(enum os_call call);

bool os_call_is_refused(enum os_call call)
{
	int (*fault)(enum os_call) = __atomic_load_n(&os_call_fault, __ATOMIC_RELAXED);
	int error = fault != NULL ? fault(call) : 0;
	if (error != 0)
		errno = error;
	return error != 0;
}
#else
_Static_assert(OS_CALLS > 0, "a file has something in it");
#endif
