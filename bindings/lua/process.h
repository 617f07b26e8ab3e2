/* process.h - what the kernel says about this process's memory: /proc/self, read without stdio and
 * without allocating.
 *
 * Mappings are told apart by what backs them:
 *     anonymous  private memory without a file: heaps, and stacks that no thread was seen on
 *     stack      the main thread's, and each mapping (of at most PROCESS_STACK_MAX) in which a
 *                thread's stack pointer was seen; threads that run at that moment cannot be seen
 *     file       mapped files and the program itself, with the private copies of their pages
 *     shared     shared memory without a file of a file system (shm, memfd)
 *     agent      the memory of the agent's sessions
 *     kernel     vdso and the like
 * Reading smaps walks the page tables of the whole process under its mmap lock: some milliseconds
 * for each gigabyte, in which the service cannot map memory.
 */
#ifndef MOONHEAP_LUA_PROCESS_H
#define MOONHEAP_LUA_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROCESS_STACK_MAX ((uint64_t)64 << 20)

/* name, key in /proc/self/status */
#define PROCESS_STATUS(X)                                                                          \
	X(virtual, "VmSize")                                                                       \
	X(resident, "VmRSS")                                                                       \
	X(resident_peak, "VmHWM")                                                                  \
	X(anonymous, "RssAnon")                                                                    \
	X(file, "RssFile")                                                                         \
	X(shared, "RssShmem")                                                                      \
	X(swapped, "VmSwap")                                                                       \
	X(page_tables, "VmPTE")                                                                    \
	X(threads, "Threads")

/* name, key in /proc/self/smaps; bytes */
#define PROCESS_MAPPING(X)                                                                         \
	X(size, "Size")                                                                            \
	X(resident, "Rss")                                                                         \
	X(proportional, "Pss")                                                                     \
	X(anonymous, "Anonymous")                                                                  \
	X(dirty, "Private_Dirty")                                                                  \
	X(lazy_free, "LazyFree")                                                                   \
	X(huge, "AnonHugePages")                                                                   \
	X(swapped, "Swap")

#define PROCESS_KINDS(X)                                                                           \
	X(ANONYMOUS, "anonymous")                                                                  \
	X(STACK, "stack")                                                                          \
	X(FILE, "file")                                                                            \
	X(SHARED, "shared")                                                                        \
	X(AGENT, "agent")                                                                          \
	X(KERNEL, "kernel")

enum process_kind {
#define PROCESS_KIND(name, word) PROCESS_##name,
	PROCESS_KINDS(PROCESS_KIND)
#undef PROCESS_KIND
		PROCESS_NKINDS
};

struct process_status {
#define PROCESS_FIELD(name, key) uint64_t name;
	PROCESS_STATUS(PROCESS_FIELD)
};

struct process_mapping {
	uint64_t count;
	PROCESS_MAPPING(PROCESS_FIELD)
#undef PROCESS_FIELD
};

struct process_maps {
	struct process_mapping kinds[PROCESS_NKINDS];
};

struct process_range {
	uintptr_t from, to;
};

/* Each 0, or an errno. Sizes are in bytes. */
int process_read_status(struct process_status *status);
int process_read_maps(struct process_maps *maps, const uintptr_t *stack_pointers,
		      size_t nstack_pointers, const struct process_range *agent, size_t nagent);

/* The stack pointers of the threads that wait for something, at most max; how many there are. */
size_t process_stack_pointers(uintptr_t *to, size_t max);

/* The process's name as the kernel has it, into a buffer of at least 16 bytes. */
void process_name(char *to, size_t size);

const char *process_kind_word(enum process_kind kind);

#endif
