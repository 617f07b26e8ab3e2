/* os_call.h - the fault layer: requests to the system that tests can let fail.
 *
 * os_call(name, refused, request) is the request. In test builds (those with prefixed names) it is
 * first asked whether it shall fail: then errno is set, the request is not made, and the result is
 * refused. Names are rows of os_call.def.
 */
#ifndef OS_CALL_H
#define OS_CALL_H

#include "build.h"

enum os_call {
#define OS_CALL(name, error) OS_CALL_##name,
#include "os_call.def"
	OS_CALLS
};

#ifdef MOONHEAP_PREFIX
/* What the test decides: 0, or the error with which the call fails. Any thread, any lock held. */
INTERNAL extern int (*os_call_fault)(enum os_call call);
INTERNAL bool os_call_is_refused(enum os_call call);
#define os_call(name, refused, request)                                                            \
	(unlikely(os_call_is_refused(OS_CALL_##name)) ? (refused) : (request))
#else
#define os_call(name, refused, request) (request)
#endif

#endif
