/* target.h - the allocator of this process, found at run time.
 *
 * The agent is linked to no allocator: whoever answers to mallctl() in this process is the one that
 * is looked at. Reflection (moonheap/ctl.h) may be absent, then `reflects` is false and whoever
 * needs the tree says so. Filled once, before the agent's threads exist (dlsym may allocate), then
 * only read.
 */
#ifndef MOONHEAP_LUA_TARGET_H
#define MOONHEAP_LUA_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include <moonheap/ctl.h>

/* type, name in this structure, arguments: each is the prototype of the function of that name. */
#define TARGET_ALLOCATOR(X)                                                                        \
	X(int, mallctl, (const char *, void *, size_t *, void *, size_t))                          \
	X(int, mallctlnametomib, (const char *, size_t *, size_t *))                               \
	X(int, mallctlbymib, (const size_t *, size_t, void *, size_t *, void *, size_t))           \
	X(void, malloc_stats_print, (void (*)(void *, const char *), void *, const char *))

#define TARGET_REFLECTION(X)                                                                       \
	X(size_t, moonheap_ctl_count, (void))                                                      \
	X(const struct moonheap_ctl_row *, moonheap_ctl_row_at, (size_t))                          \
	X(const struct moonheap_ctl_row *, moonheap_ctl_describe, (const char *))                  \
	X(size_t, moonheap_ctl_type_size, (enum moonheap_ctl_type))                                \
	X(int, moonheap_ctl_children, (const char *, int (*)(const char *, int, void *), void *))  \
	X(int, moonheap_ctl_walk_mib,                                                              \
	  (const char *,                                                                           \
	   int (*)(const char *, const size_t *, size_t, const struct moonheap_ctl_row *, void *), \
	   void *))                                                                                \
	X(int, moonheap_ctl_complete, (const char *, int (*)(const char *, void *), void *))       \
	X(int, moonheap_ctl_nearest, (const char *, char *, size_t))                               \
	X(size_t, moonheap_ctl_strerror,                                                           \
	  (int, const char *, const size_t *, size_t, char *, size_t))                             \
	X(int, moonheap_ctl_snapshot,                                                              \
	  (const char *, uint64_t, struct moonheap_ctl_value *, size_t,                            \
	   struct moonheap_ctl_snapshot *))                                                        \
	X(uint64_t, moonheap_ctl_snapshot_age_ns, (void))

/* NOLINTBEGIN(bugprone-macro-parentheses): a type and a parameter list take none */
struct target {
#define TARGET_FIELD(type, name, arguments) type(*name) arguments;
	TARGET_ALLOCATOR(TARGET_FIELD)
	TARGET_REFLECTION(TARGET_FIELD)
#undef TARGET_FIELD
	bool allocates; /* all of TARGET_ALLOCATOR are there */
	bool reflects;  /* ... and all of TARGET_REFLECTION */
};
/* NOLINTEND(bugprone-macro-parentheses) */

void target_find(struct target *target);

/* Why the tree cannot be used, in words; NULL when it can. */
const char *target_refusal(const struct target *target);

#endif
