/* misuse - what a program does wrong ends it with a sentence that names the address and the
 * mistake: a pointer freed twice, one that never was allocated, one into the middle of an object.
 * Small objects are looked at when they leave the thread's cache, so their cases flush it. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "suite.h"
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static char in_the_program[100];

static int say_address(void *ptr)
{
	fprintf(stderr, "[%p]", ptr);
	fflush(stderr);
	return 0;
}

/* -- the mistakes: each ends the process, or returns where nothing was noticed -------------------
 */

static int free_twice_small(void *unused)
{
	void *ptr = H(malloc)(100);

	(void)unused;
	say_address(ptr);
	H(free)(heap_opaque(ptr));
	H(free)(heap_opaque(ptr));
	heap_call("thread.tcache.flush");
	return 0;
}

static int free_twice_uncached(void *unused)
{
	void *ptr = H(mallocx)(100, MALLOCX_TCACHE_NONE);
	void *other = H(mallocx)(100, MALLOCX_TCACHE_NONE); /* keeps the slab */

	(void)unused;
	say_address(ptr);
	H(dallocx)(heap_opaque(ptr), MALLOCX_TCACHE_NONE);
	H(dallocx)(heap_opaque(ptr), MALLOCX_TCACHE_NONE);
	return other != NULL ? 0 : 1;
}

static int free_twice_large(void *unused)
{
	void *ptr = H(malloc)(1 << 20);

	(void)unused;
	say_address(ptr);
	H(free)(heap_opaque(ptr));
	H(free)(heap_opaque(ptr));
	return 0;
}

static int free_inside_small(void *unused)
{
	char *ptr = H(malloc)(100);

	(void)unused;
	say_address(ptr + 16);
	H(free)(heap_opaque(ptr + 16));
	heap_call("thread.tcache.flush");
	return 0;
}

static int free_inside_large(void *unused)
{
	char *ptr = H(malloc)(1 << 20);

	(void)unused;
	say_address(ptr + 8192);
	H(free)(heap_opaque(ptr + 8192));
	return 0;
}

static int free_on_stack(void *unused)
{
	char local[100];

	(void)unused;
	say_address(local);
	H(free)(heap_opaque(local));
	return 0;
}

static int free_static(void *unused)
{
	(void)unused;
	say_address(in_the_program);
	H(free)(heap_opaque(in_the_program));
	return 0;
}

static int free_mapped(void *unused)
{
	void *ptr = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)unused;
	say_address(ptr);
	H(free)(heap_opaque(ptr));
	return 0;
}

static int free_nonsense(void *unused)
{
	void *ptr = (void *)(uintptr_t)0xdeadbeefdeadbee0;

	(void)unused;
	say_address(ptr);
	H(free)(heap_opaque(ptr));
	return 0;
}

static int realloc_foreign(void *unused)
{
	(void)unused;
	say_address(in_the_program);
	return H(realloc)(heap_opaque(in_the_program), 200) == NULL;
}

static int realloc_freed_large(void *unused)
{
	void *ptr = H(malloc)(1 << 20);

	(void)unused;
	say_address(ptr);
	H(free)(heap_opaque(ptr));
	return H(realloc)(heap_opaque(ptr), 200) == NULL;
}

static void expect_noticed(int (*mistake)(void *), const char *what)
{
	struct child_end end;
	char *closing;

	child_run(mistake, NULL, 20, &end);
	expect(end.signal == SIGABRT, "%s: %s: %s", what, child_describe(&end), end.output);
	/* "[address]" is ours; the rest is the allocator's sentence, which names the address too */
	closing = strchr(end.output, ']');
	expect(end.output[0] == '[' && closing != NULL, "%s: output \"%s\"", what, end.output);
	*closing = '\0';
	expect(strstr(closing + 1, end.output + 1) != NULL, "%s: no word of %s in \"%s\"", what,
	       end.output + 1, closing + 1);
}

START_TEST(freed_twice)
{
	expect_noticed(free_twice_small, "a small object freed twice");
	expect_noticed(free_twice_uncached, "a small object freed twice, past the cache");
	expect_noticed(free_twice_large, "a large object freed twice");
}
END_TEST

START_TEST(freed_inside)
{
	expect_noticed(free_inside_small, "a pointer into a small object");
	expect_noticed(free_inside_large, "a pointer into a large object");
}
END_TEST

START_TEST(freed_what_never_was_allocated)
{
	expect_noticed(free_on_stack, "a local variable");
	expect_noticed(free_static, "a static variable");
	expect_noticed(free_mapped, "memory of mmap()");
	expect_noticed(free_nonsense, "an address that cannot be");
}
END_TEST

START_TEST(resized_what_is_not_there)
{
	expect_noticed(realloc_foreign, "realloc() of a static variable");
	expect_noticed(realloc_freed_large, "realloc() of a large object that was freed");
}
END_TEST

/* Asking is allowed: 0 for what is no object. */
START_TEST(sizes_of_what_is_not_there)
{
	char local;

	expect(H(malloc_usable_size)(heap_opaque(&local)) == 0,
	       "a local variable has a usable size");
	expect(H(malloc_usable_size)(heap_opaque(in_the_program)) == 0,
	       "a static variable has a usable size");
}
END_TEST

int main(void)
{
	return suite_run("misuse", (const TTest *[]){freed_twice, freed_inside,
						     freed_what_never_was_allocated,
						     resized_what_is_not_there,
						     sizes_of_what_is_not_there, NULL});
}
