/* loaded_late LIBRARY - a process that runs on the C library's malloc() and loads the library in
 * the middle of its life, as a plug-in does: beside threads that exist already, without touching
 * whose malloc() the process uses. Exit status 0: all was right; the reason otherwise is printed.
 */
#include "child.h"
#include "expect.h"
#include "pattern.h"
#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATIC_TLS_MAX = 64 }; /* bytes: the space for libraries loaded late is small and shared */

static void *(*library_mallocx)(size_t, int);
static void (*library_dallocx)(void *, int);
static void *(*library_malloc)(size_t);
static void (*library_free)(void *);
static int (*library_mallctl)(const char *, void *, size_t *, void *, size_t);

static void find(void *library, const char *name, void *function)
{
	void *address = dlsym(library, name);

	expect(address != NULL, "%s: %s", name, dlerror());
	memcpy(function, &address, sizeof address);
}

static void use_both(unsigned long rounds)
{
	while (rounds-- > 0) {
		unsigned char *theirs = malloc(200), *ours = library_mallocx(200, 0);
		unsigned char *large = library_malloc(100000);

		expect(theirs != NULL && ours != NULL && large != NULL, "no memory");
		pattern_fill(theirs, 200, 1);
		pattern_fill(ours, 200, 2);
		pattern_fill(large, 100000, 3);
		expect(pattern_check(theirs, 200, 200, 1) == 200, "the C library's object changed");
		expect(pattern_check(ours, 200, 200, 2) == 200, "the object changed");
		library_dallocx(ours, 0);
		library_free(large);
		free(theirs);
	}
}

static pthread_barrier_t loaded;

static void *born_before(void *unused)
{
	pthread_barrier_wait(&loaded);
	use_both(100);
	return unused;
}

static void *born_after(void *unused)
{
	use_both(100);
	return unused;
}

static int check_static_tls(struct dl_phdr_info *info, size_t size, void *name)
{
	unsigned i;

	(void)size;
	if (strstr(info->dlpi_name, name) == NULL)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			expect(info->dlpi_phdr[i].p_memsz <= STATIC_TLS_MAX,
			       "%zu bytes of thread-local storage",
			       (size_t)info->dlpi_phdr[i].p_memsz);
	return 1;
}

static void fork_and_use(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		use_both(10);
		_exit(0);
	}
	int status = child_wait(pid, "a child that uses both");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it ended with wait status %#x",
	       (unsigned)status);
}

int main(int argc, char **argv)
{
	pthread_t before[3], after[3];
	void *library, *other;
	unsigned arena, i;
	size_t length = sizeof arena;
	char base[] = "libmoonheap";

	expect(argc == 2, "usage: loaded_late LIBRARY");
	pthread_barrier_init(&loaded, NULL, 4);
	for (i = 0; i < 3; i++)
		expect(pthread_create(&before[i], NULL, born_before, NULL) == 0, "no thread");
	other = malloc(1000);
	library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	expect(library != NULL, "dlopen: %s", dlerror());
	find(library, "mallocx", &library_mallocx);
	find(library, "dallocx", &library_dallocx);
	find(library, "malloc", &library_malloc);
	find(library, "free", &library_free);
	find(library, "mallctl", &library_mallctl);
	expect(library_malloc != malloc, "the process took the library's malloc()");
	expect(dl_iterate_phdr(check_static_tls, base) == 1, "the library is not among the loaded");
	pthread_barrier_wait(&loaded);
	for (i = 0; i < 3; i++)
		expect(pthread_create(&after[i], NULL, born_after, NULL) == 0, "no thread");
	use_both(1000);
	expect(library_mallctl("arenas.create", &arena, &length, NULL, 0) == 0, "no arena");
	for (i = 0; i < 3; i++) {
		pthread_join(before[i], NULL);
		pthread_join(after[i], NULL);
	}
	fork_and_use();
	free(other);
	/* Its handlers for fork and thread exit are registered for ever, so it stays. */
	dlclose(library);
	fork_and_use();
	use_both(10);
	expect(pthread_create(&after[0], NULL, born_after, NULL) == 0, "no thread");
	pthread_join(after[0], NULL);
	return 0;
}
