#include "target.h"

#include <dlfcn.h>

void target_find(struct target *target)
{
	*target = (struct target){.allocates = true};
	/* POSIX gives functions the representation of object pointers. */
#define TARGET_FIND(type, name, arguments)                                                         \
	*(void **)(void *)&target->name = dlsym(RTLD_DEFAULT, #name);
#define TARGET_HAS_ALLOCATOR(type, name, arguments)                                                \
	if (target->name == NULL)                                                                  \
		target->allocates = false;
#define TARGET_HAS_REFLECTION(type, name, arguments)                                               \
	if (target->name == NULL)                                                                  \
		target->reflects = false;
	TARGET_ALLOCATOR(TARGET_FIND)
	TARGET_ALLOCATOR(TARGET_HAS_ALLOCATOR)
	TARGET_REFLECTION(TARGET_FIND)
	target->reflects = target->allocates;
	TARGET_REFLECTION(TARGET_HAS_REFLECTION)
#undef TARGET_FIND
#undef TARGET_HAS_ALLOCATOR
#undef TARGET_HAS_REFLECTION
	dlerror(); /* gives the text of a failed look-up back */
}

const char *target_refusal(const struct target *target)
{
	if (target->reflects)
		return NULL;
	if (!target->allocates)
		return "this process does not allocate with Moonheap: it has no mallctl(); start "
		       "it with 'moonheap run -- PROGRAM'";
	return "the allocator of this process answers mallctl() but cannot describe its control "
	       "tree: it is not Moonheap; start the program with 'moonheap run -- PROGRAM'";
}
