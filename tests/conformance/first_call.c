/* first_call STAGE CALL - a program whose first use of the heap is CALL, made as early as STAGE:
 * in the .preinit_array (before any constructor, the library's own included), in a constructor of
 * the highest priority, or in main(). Then it goes on as programs do. Exit status 0: all was right.
 *
 * It uses nothing of the C library that might allocate before; test_boot.c runs it.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <moonheap/moonheap.h>

#pragma weak mallocx
#pragma weak dallocx
#pragma weak nallocx
#pragma weak mallctl
#pragma weak malloc_stats_print

static void *volatile kept; /* so that no call is optimized away */

static int use(void *ptr, size_t size)
{
	kept = ptr;
	if (ptr == NULL || (uintptr_t)ptr % 16 != 0)
		return 10;
	memset(ptr, 0x5a, size);
	if (malloc_usable_size(ptr) < size)
		return 11;
	free(ptr);
	return 0;
}

static int is_zero(const char *ptr, size_t size)
{
	while (size > 0 && ptr[size - 1] == 0)
		size--;
	return size == 0;
}

static void *allocate_on_thread(void *unused)
{
	kept = malloc(1000);
	free(kept);
	return unused;
}

/* -- the calls ----------------------------------------------------------------------------------*/

static int call_malloc(void)
{
	return use(malloc(100), 100);
}

static int call_malloc_large(void)
{
	return use(malloc(1 << 20), 1 << 20);
}

static int call_free_null(void)
{
	free(NULL);
	return 0;
}

static int call_calloc(void)
{
	char *ptr = calloc(10, 100);

	return is_zero(ptr, 1000) ? use(ptr, 1000) : 12;
}

static int call_realloc(void)
{
	return use(realloc(NULL, 100), 100);
}

static int call_posix_memalign(void)
{
	void *ptr = NULL;

	if (posix_memalign(&ptr, 4096, 100) != 0 || (uintptr_t)ptr % 4096 != 0)
		return 13;
	return use(ptr, 100);
}

static int call_aligned_alloc(void)
{
	return use(aligned_alloc(64, 128), 128);
}

static int call_memalign(void)
{
	return use(memalign(32, 100), 100);
}

static int call_valloc(void)
{
	return use(valloc(100), 100);
}

static int call_pvalloc(void)
{
	void *ptr = pvalloc(5000);

	return malloc_usable_size(ptr) >= 8192 ? use(ptr, 8192) : 24;
}

static int call_usable_size_of_null(void)
{
	return malloc_usable_size(NULL) == 0 ? 0 : 14;
}

static int call_mallocx(void)
{
	void *ptr = mallocx(100, MALLOCX_ALIGN(64) | MALLOCX_ZERO);

	if (ptr == NULL || (uintptr_t)ptr % 64 != 0)
		return 15;
	dallocx(ptr, 0);
	return 0;
}

static int call_nallocx(void)
{
	return nallocx(100, 0) == 112 ? 0 : 16;
}

static int call_mallctl(void)
{
	unsigned bins = 0;
	size_t length = sizeof bins;

	return mallctl("arenas.nbins", &bins, &length, NULL, 0) == 0 && bins == 36 ? 0 : 17;
}

static void ignore(void *opaque, const char *text)
{
	(void)opaque;
	(void)text;
}

static int call_stats(void)
{
	malloc_stats_print(ignore, NULL, NULL);
	return 0;
}

static int call_fork(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(call_malloc());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 18;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 19;
}

static int call_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, allocate_on_thread, NULL) != 0)
		return 20;
	return pthread_join(thread, NULL) == 0 ? 0 : 21;
}

static int call_failing(void)
{
	volatile size_t size = SIZE_MAX;

	errno = 0;
	return malloc(size) == NULL && errno == ENOMEM ? 0 : 22;
}

static int call_setenv(void) /* the C library allocates for the program */
{
	return setenv("MOONHEAP_TEST_VARIABLE", "value", 1) == 0 ? 0 : 23;
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {{"malloc", call_malloc},
	     {"malloc-large", call_malloc_large},
	     {"free-null", call_free_null},
	     {"calloc", call_calloc},
	     {"realloc", call_realloc},
	     {"posix_memalign", call_posix_memalign},
	     {"aligned_alloc", call_aligned_alloc},
	     {"memalign", call_memalign},
	     {"valloc", call_valloc},
	     {"pvalloc", call_pvalloc},
	     {"usable-size-of-null", call_usable_size_of_null},
	     {"mallocx", call_mallocx},
	     {"nallocx", call_nallocx},
	     {"mallctl", call_mallctl},
	     {"stats", call_stats},
	     {"fork", call_fork},
	     {"thread", call_thread},
	     {"failing", call_failing},
	     {"setenv", call_setenv}};

static int made = -1; /* what the first call returned; -1: not made yet */

static void reach(const char *stage, int argc, char **argv)
{
	size_t i;

	if (argc != 3 || strcmp(argv[1], stage) != 0)
		return;
	for (i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(argv[2], calls[i].name) == 0)
			made = calls[i].call();
}

static void preinit(int argc, char **argv)
{
	reach("preinit", argc, argv);
}

__attribute__((section(".preinit_array"), used)) static void (*run_preinit)(int, char **) = preinit;

__attribute__((constructor(101))) static void construct(int argc, char **argv)
{
	reach("constructor", argc, argv);
}

int main(int argc, char **argv)
{
	int result;
	size_t i;

	reach("main", argc, argv);
	if (made != 0)
		return made < 0 ? 99 : made;
	for (i = 0; i < sizeof calls / sizeof *calls; i++) {
		result = calls[i].call();
		if (result != 0)
			return result;
	}
	return 0;
}
