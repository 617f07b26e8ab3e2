/* steady.c - one allocator operation, over and over, for counting its instructions.
 *
 *     steady OPERATION COUNT [SIZE]
 *
 * Functions are called through a pointer, so that no PLT is between. The operation `nothing` makes
 * the very calls of a pair with functions that are a single return instruction: what it costs,
 * less those two, is the loop. The harness takes the difference of two COUNTs, and so start-up,
 * first use and exit cancel out. Exits 77 where the allocator lacks the function.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "bench.h"

#define BATCH 100u

typedef void *allocate_function(size_t size);
typedef void free_function(void *block);
typedef void *zeroed_function(size_t count, size_t size);
typedef void *resize_function(void *block, size_t size);
typedef void sized_free_function(void *block, size_t size);
typedef void *allocate_flags_function(size_t size, int flags);
typedef void free_flags_function(void *block, int flags);
typedef void sized_free_flags_function(void *block, size_t size, int flags);

/* A function that only returns. `ret` is the same word on x86-64 and aarch64. */
void bench_return(void);
__asm__(".text\n.globl bench_return\n.type bench_return, %function\nbench_return: ret\n");

/* The address of a function by name, through a union because ISO C has no cast for it. */
union function {
	void *address;
	allocate_function *allocate;
	free_function *release;
	zeroed_function *zeroed;
	resize_function *resize;
	sized_free_function *sized_free;
	allocate_flags_function *allocate_flags;
	free_flags_function *free_flags;
	sized_free_flags_function *sized_free_flags;
};

static union function find(const char *name)
{
	union function found = {.address = dlsym(RTLD_DEFAULT, name)};
	if (found.address == NULL)
		exit(77);
	return found;
}

static void run_pairs(const char *allocate_name, const char *free_name, size_t count, size_t size)
{
	allocate_function *allocate = find(allocate_name).allocate;
	free_function *release = find(free_name).release;
	for (size_t i = 0; i < count; i++)
		release(allocate(size));
}

static void run_batches(const char *allocate_name, const char *free_name, size_t count, size_t size)
{
	allocate_function *allocate = find(allocate_name).allocate;
	free_function *release = find(free_name).release;
	void *blocks[BATCH];
	for (size_t i = 0; i < count / BATCH; i++) {
		for (unsigned j = 0; j < BATCH; j++)
			blocks[j] = allocate(size);
		for (unsigned j = 0; j < BATCH; j++)
			release(blocks[j]);
	}
}

/* Allocates and never frees: what a program pays that builds something which stays. */
static void run_alone(const char *allocate_name, const char *unused, size_t count, size_t size)
{
	allocate_function *allocate = find(allocate_name).allocate;
	(void)unused;
	for (size_t i = 0; i < count; i++)
		(void)allocate(size);
}

static void run_zeroed(const char *allocate_name, const char *free_name, size_t count, size_t size)
{
	zeroed_function *allocate = find(allocate_name).zeroed;
	free_function *release = find(free_name).release;
	for (size_t i = 0; i < count; i++)
		release(allocate(1, size));
}

static void run_resize(const char *resize_name, const char *unused, size_t count, size_t size)
{
	resize_function *resize = find(resize_name).resize;
	(void)unused;
	void *block = resize(NULL, size);
	for (size_t i = 0; i < count; i++)
		block = resize(block, size);
}

static void run_sized(const char *allocate_name, const char *free_name, size_t count, size_t size)
{
	allocate_function *allocate = find(allocate_name).allocate;
	sized_free_function *release = find(free_name).sized_free;
	for (size_t i = 0; i < count; i++)
		release(allocate(size), size);
}

static void run_flags(const char *allocate_name, const char *free_name, size_t count, size_t size)
{
	allocate_flags_function *allocate = find(allocate_name).allocate_flags;
	free_flags_function *release = find(free_name).free_flags;
	for (size_t i = 0; i < count; i++)
		release(allocate(size, 0), 0);
}

static void run_sized_flags(const char *allocate_name, const char *free_name, size_t count,
			    size_t size)
{
	allocate_flags_function *allocate = find(allocate_name).allocate_flags;
	sized_free_flags_function *release = find(free_name).sized_free_flags;
	for (size_t i = 0; i < count; i++)
		release(allocate(size, 0), size, 0);
}

static const struct operation {
	const char *name;
	void (*run)(const char *first, const char *second, size_t count, size_t size);
	const char *first, *second;
} operations[] = {
	{"nothing", run_pairs, "bench_return", "bench_return"},
	{"nothing-batch", run_batches, "bench_return", "bench_return"},
	{"nothing-alone", run_alone, "bench_return", ""},
	{"nothing-resize", run_resize, "bench_return", ""},
	{"pair", run_pairs, "malloc", "free"},
	{"batch", run_batches, "malloc", "free"},
	{"alone", run_alone, "malloc", ""},
	{"calloc", run_zeroed, "calloc", "free"},
	{"realloc", run_resize, "realloc", ""},
	{"new-delete", run_pairs, "_Znwm", "_ZdlPv"},
	{"new-sized-delete", run_sized, "_Znwm", "_ZdlPvm"},
	{"mallocx", run_flags, "mallocx", "dallocx"},
	{"mallocx-sdallocx", run_sized_flags, "mallocx", "sdallocx"},
};

int main(int argc, char **argv)
{
	size_t count = bench_arg(argc, argv, 2, "COUNT");
	size_t size = argc > 3 ? bench_arg(argc, argv, 3, "SIZE") : 64;
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		if (strcmp(operations[i].name, argv[1]) == 0) {
			operations[i].run(operations[i].first, operations[i].second, count, size);
			return 0;
		}
	}
	bench_die("no such operation", argv[1]);
}
