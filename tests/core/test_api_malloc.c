/* The standard functions at their edges: sizes of nothing and of too much, alignments right and
 * wrong, what errno says and what it keeps, what a failed call leaves alone. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include "pattern.h"
#include "resident.h"
#include "size_formula.h"
#include "suite.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNTOUCHED = 4711 }; /* an errno that no function sets */

/* Through volatile, so that no compiler knows better than to call. */
static size_t opaque(size_t value)
{
	volatile size_t hidden = value;

	return hidden;
}

static const size_t too_large[] = {SIZE_MAX,        SIZE_MAX - 4096,    (size_t)PTRDIFF_MAX + 1,
				   PTRDIFF_MAX,     SIZE_CLASS_MAX + 1, SIZE_CLASS_MAX,
				   (size_t)1 << 62, (size_t)1 << 48,    (size_t)1 << 47};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* -- nothing ----------------------------------------------------------------------------------- */

static void expect_empty(void *ptr, size_t usable, const char *call)
{
	expect(ptr != NULL, "%s gives NULL", call);
	expect(H(malloc_usable_size)(ptr) == usable, "%s: usable size %zu, not %zu", call,
	       H(malloc_usable_size)(ptr), usable);
	memset(ptr, 1, usable);
}

START_TEST(size_of_nothing)
{
	size_t zero = opaque(0);
	void *first = H(malloc)(zero), *second = H(malloc)(zero), *aligned = NULL;

	expect_empty(first, 8, "malloc(0)");
	expect_empty(second, 8, "malloc(0)");
	expect(first != second, "malloc(0) gives the same pointer twice");
	H(free)(first);
	H(free)(second);
	expect_empty(first = H(calloc)(zero, 5), 8, "calloc(0, 5)");
	H(free)(first);
	expect_empty(first = H(calloc)(5, zero), 8, "calloc(5, 0)");
	H(free)(first);
	expect_empty(first = H(realloc)(NULL, zero), 8, "realloc(NULL, 0)");
	H(free)(first);
	expect(H(posix_memalign)(&aligned, 64, zero) == 0, "posix_memalign(64, 0) failed");
	expect_empty(aligned, 64, "posix_memalign(64, 0)");
	H(free)(aligned);
	expect_empty(first = H(aligned_alloc)(16, zero), 16, "aligned_alloc(16, 0)");
	H(free)(first);
	first = H(valloc)(zero);
	expect_empty(first, H(malloc_usable_size)(first), "valloc(0)");
	H(free)(first);
	first = H(memalign)(64, zero);
	expect_empty(first, H(malloc_usable_size)(first), "memalign(64, 0)");
	H(free)(first);
	if (heap_defines("pvalloc")) {
		first = H(pvalloc)(zero);
		expect_empty(first, H(malloc_usable_size)(first), "pvalloc(0)");
		H(free)(first);
	}
	expect(H(malloc_usable_size)(NULL) == 0, "malloc_usable_size(NULL) is not 0");
}
END_TEST

START_TEST(free_of_nothing)
{
	errno = UNTOUCHED;
	H(free)(NULL);
	if (heap_defines("free_sized")) {
		H(free_sized)(NULL, 0);
		H(free_sized)(NULL, 100);
		H(free_aligned_sized)(NULL, 64, 0);
		H(free_aligned_sized)(NULL, 64, 100);
	}
	expect(errno == UNTOUCHED, "errno became %d", errno);
}
END_TEST

/* -- too much ---------------------------------------------------------------------------------- */

static void expect_no_memory(void *ptr, size_t size, const char *call)
{
	expect(ptr == NULL, "%s of %zu bytes gives %p", call, size, ptr);
	expect(errno == ENOMEM, "%s of %zu bytes: errno %d", call, size, errno);
	errno = UNTOUCHED;
}

START_TEST(size_of_too_much)
{
	size_t i;

	errno = UNTOUCHED;
	for (i = 0; i < COUNT(too_large); i++) {
		size_t size = opaque(too_large[i]);

		expect_no_memory(H(malloc)(size), size, "malloc");
		expect_no_memory(H(calloc)(size, 1), size, "calloc");
		expect_no_memory(H(calloc)(1, size), size, "calloc");
		expect_no_memory(H(aligned_alloc)(64, size), size, "aligned_alloc");
		expect_no_memory(H(aligned_alloc)(1 << 20, size), size, "aligned_alloc");
		expect_no_memory(H(realloc)(NULL, size), size, "realloc(NULL)");
		expect(H(memalign)(64, size) == NULL, "memalign of %zu bytes", size);
		expect(H(valloc)(size) == NULL, "valloc of %zu bytes", size);
		if (heap_defines("pvalloc"))
			expect(H(pvalloc)(size) == NULL, "pvalloc of %zu bytes", size);
		errno = UNTOUCHED;
	}
	/* and the heap goes on */
	H(free)(memset(H(malloc)(100), 1, 100));
}
END_TEST

START_TEST(products_that_overflow)
{
	static const size_t pairs[][2] = {{SIZE_MAX, 2},
					  {2, SIZE_MAX},
					  {SIZE_MAX, SIZE_MAX},
					  {(size_t)1 << 33, (size_t)1 << 33},
					  {(size_t)1 << 32, (size_t)1 << 32},
					  {SIZE_MAX / 2 + 1, 2},
					  {SIZE_MAX / 3 + 1, 3},
					  {((size_t)1 << 60) + 1, 16}};
	void *volatile ptr = memset(H(malloc)(100), 1, 100); /* what fails does not free it */
	size_t i;

	errno = UNTOUCHED;
	for (i = 0; i < COUNT(pairs); i++) {
		size_t count = opaque(pairs[i][0]), size = opaque(pairs[i][1]);

		expect_no_memory(H(calloc)(count, size), size, "calloc");
		expect_no_memory(H(reallocarray)(NULL, count, size), size, "reallocarray(NULL)");
		expect_no_memory(H(reallocarray)(ptr, count, size), size, "reallocarray");
	}
	expect(((char *)ptr)[99] == 1, "a failed reallocarray() changed the object");
	H(free)(ptr);
}
END_TEST

START_TEST(failed_realloc_leaves_the_object)
{
	static const size_t sizes[] = {1, 100, 14336, 20000, 1 << 20, 16 << 20};
	size_t s, i;

	for (s = 0; s < COUNT(sizes); s++) {
		unsigned char *ptr = H(malloc)(sizes[s]);

		pattern_fill(ptr, sizes[s], s);
		for (i = 0; i < COUNT(too_large); i++) {
			errno = UNTOUCHED;
			expect(H(realloc)(ptr, opaque(too_large[i])) == NULL,
			       "realloc to %zu bytes succeeded", too_large[i]);
			if (heap_is_moonheap()) /* jemalloc 5.3.0 leaves errno */
				expect(errno == ENOMEM, "realloc to %zu: errno %d", too_large[i],
				       errno);
		}
		expect(pattern_check(ptr, sizes[s], sizes[s], s) == sizes[s],
		       "a failed realloc() changed the object of %zu bytes", sizes[s]);
		H(free)(ptr);
	}
}
END_TEST

/* -- alignment --------------------------------------------------------------------------------- */

START_TEST(alignments)
{
	size_t alignment, size;
	void *ptr;

	for (alignment = 1; alignment <= (size_t)64 << 20; alignment *= 2) {
		for (size = 1; size <= 100000; size = size * 3 + 1) {
			ptr = H(aligned_alloc)(alignment, size);
			expect(ptr != NULL && (uintptr_t)ptr % alignment == 0,
			       "aligned_alloc(%zu, %zu) gives %p", alignment, size, ptr);
			expect(H(malloc_usable_size)(ptr) == size_rounded_aligned(size, alignment),
			       "aligned_alloc(%zu, %zu): usable size %zu, not %zu", alignment, size,
			       H(malloc_usable_size)(ptr), size_rounded_aligned(size, alignment));
			H(free)(ptr);
			ptr = H(memalign)(alignment, size);
			expect(ptr != NULL && (uintptr_t)ptr % alignment == 0,
			       "memalign(%zu, %zu) gives %p", alignment, size, ptr);
			H(free)(ptr);
			if (alignment < sizeof(void *))
				continue;
			errno = UNTOUCHED;
			expect(H(posix_memalign)(&ptr, alignment, size) == 0,
			       "posix_memalign(%zu, %zu) failed", alignment, size);
			expect((uintptr_t)ptr % alignment == 0, "posix_memalign(%zu, %zu) gives %p",
			       alignment, size, ptr);
			expect(errno == UNTOUCHED, "posix_memalign() set errno");
			H(free)(ptr);
		}
	}
}
END_TEST

START_TEST(wrong_alignments)
{
	static const size_t wrong[] = {0, 3, 6, 24, 4095, 4097, SIZE_MAX, ((size_t)1 << 63) + 8};
	static const size_t too_small[] = {1, 2, 4};
	void *sentinel = &sentinel, *ptr = sentinel;
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		errno = UNTOUCHED;
		expect(H(posix_memalign)(&ptr, opaque(wrong[i]), 100) == EINVAL,
		       "posix_memalign accepts alignment %zu", wrong[i]);
		expect(ptr == sentinel && errno == UNTOUCHED,
		       "a refused posix_memalign() left %p, errno %d", ptr, errno);
		expect(H(memalign)(opaque(wrong[i]), 100) == NULL, "memalign accepts %zu",
		       wrong[i]);
		errno = UNTOUCHED;
		expect(H(aligned_alloc)(opaque(wrong[i]), 100) == NULL, "aligned_alloc accepts %zu",
		       wrong[i]);
		expect(errno == EINVAL, "aligned_alloc(%zu): errno %d", wrong[i], errno);
	}
	for (i = 0; i < COUNT(too_small); i++)
		expect(H(posix_memalign)(&ptr, opaque(too_small[i]), 100) == EINVAL &&
			       ptr == sentinel,
		       "posix_memalign accepts alignment %zu", too_small[i]);
	for (i = 0; i < COUNT(too_large); i++)
		expect(H(posix_memalign)(&ptr, 4096, opaque(too_large[i])) == ENOMEM &&
			       ptr == sentinel,
		       "posix_memalign of %zu bytes gives %p", too_large[i], ptr);
	errno = UNTOUCHED;
	expect_no_memory(H(aligned_alloc)(opaque((size_t)1 << 62), 8), 8, "aligned_alloc(2^62)");
	expect_no_memory(H(aligned_alloc)(opaque((size_t)1 << 63), 8), 8, "aligned_alloc(2^63)");
}
END_TEST

START_TEST(page_aligned)
{
	size_t size;

	for (size = 1; size < 50000; size += 777) {
		void *ptr = H(valloc)(size);

		expect((uintptr_t)ptr % SIZE_PAGE == 0, "valloc(%zu) gives %p", size, ptr);
		expect(H(malloc_usable_size)(ptr) == size_rounded_aligned(size, SIZE_PAGE),
		       "valloc(%zu): usable size %zu", size, H(malloc_usable_size)(ptr));
		H(free)(ptr);
		if (!heap_defines("pvalloc"))
			continue;
		ptr = H(pvalloc)(size);
		expect((uintptr_t)ptr % SIZE_PAGE == 0, "pvalloc(%zu) gives %p", size, ptr);
		expect(H(malloc_usable_size)(ptr) >= ((size + SIZE_PAGE - 1) & ~(SIZE_PAGE - 1)),
		       "pvalloc(%zu): usable size %zu", size, H(malloc_usable_size)(ptr));
		H(free)(ptr);
	}
}
END_TEST

/* -- sizes ------------------------------------------------------------------------------------- */

START_TEST(every_size_class)
{
	size_t sizes[SIZE_CLASS_COUNT], below = 0, i;

	size_classes(sizes);
	for (i = 0; sizes[i] <= (size_t)64 << 20; i++) {
		size_t asked[] = {below + 1, (below + sizes[i] + 1) / 2, sizes[i]}, k;

		for (k = 0; k < COUNT(asked); k++) {
			unsigned char *ptr = H(malloc)(asked[k]);

			expect(H(malloc_usable_size)(ptr) == sizes[i],
			       "malloc(%zu): usable size %zu, not %zu", asked[k],
			       H(malloc_usable_size)(ptr), sizes[i]);
			expect((uintptr_t)ptr % (asked[k] >= 16 ? 16 : 8) == 0,
			       "malloc(%zu) gives %p", asked[k], (void *)ptr);
			ptr[0] = ptr[sizes[i] - 1] = 1;
			H(free)(ptr);
		}
		below = sizes[i];
	}
}
END_TEST

/* -- contents ---------------------------------------------------------------------------------- */

START_TEST(calloc_is_zero_where_memory_was_used)
{
	size_t sizes[SIZE_CLASS_COUNT], i, k;
	void *used[16];

	size_classes(sizes);
	for (i = 0; sizes[i] <= (size_t)8 << 20; i++) {
		for (k = 0; k < 16; k++)
			used[k] = memset(H(malloc)(sizes[i]), 0xff, sizes[i]);
		for (k = 0; k < 16; k++)
			H(free)(used[k]);
		for (k = 0; k < 16; k++) {
			used[k] = H(calloc)(1, sizes[i]);
			expect(pattern_zero(used[k], sizes[i]) == sizes[i],
			       "calloc(1, %zu): byte %zu is not zero", sizes[i],
			       pattern_zero(used[k], sizes[i]));
		}
		for (k = 0; k < 16; k++)
			H(free)(used[k]);
	}
}
END_TEST

/* Fresh pages are zero already: calloc() of much takes no memory until it is used. */
START_TEST(calloc_does_not_touch_fresh_pages)
{
	size_t size = (size_t)1 << 30, before = resident_bytes();
	unsigned char *ptr = H(calloc)(1, size);

	expect(ptr != NULL, "calloc of 1 GiB failed");
	if (!TEST_SANITIZED)
		expect(resident_bytes() < before + (64 << 20), "calloc of 1 GiB took %zu bytes",
		       resident_bytes() - before);
	expect(ptr[0] == 0 && ptr[size / 2] == 0 && ptr[size - 1] == 0, "not zero");
	H(free)(ptr);
}
END_TEST

START_TEST(realloc_keeps_contents)
{
	static const size_t sizes[] = {1,     8,     9,     100,    1000,    4096,    14336,
				       14337, 16384, 40000, 100000, 1 << 20, 3 << 20, 20 << 20};
	size_t from, to;

	for (from = 0; from < COUNT(sizes); from++)
		for (to = 0; to < COUNT(sizes); to++) {
			unsigned char *ptr = H(malloc)(sizes[from]);
			size_t kept = sizes[from] < sizes[to] ? sizes[from] : sizes[to];

			pattern_fill(ptr, sizes[from], from);
			ptr = H(realloc)(ptr, sizes[to]);
			expect(pattern_check(ptr, sizes[from], kept, from) == kept,
			       "realloc from %zu to %zu lost byte %zu", sizes[from], sizes[to],
			       pattern_check(ptr, sizes[from], kept, from));
			expect(H(malloc_usable_size)(ptr) == size_rounded(sizes[to]),
			       "realloc from %zu to %zu: usable size %zu", sizes[from], sizes[to],
			       H(malloc_usable_size)(ptr));
			H(free)(ptr);
		}
}
END_TEST

/* Within its class an object stays where it is. */
START_TEST(realloc_in_the_same_class_stays)
{
	size_t sizes[SIZE_CLASS_COUNT], i;

	size_classes(sizes);
	for (i = 1; sizes[i] <= (size_t)4 << 20; i++) {
		void *ptr = H(malloc)(sizes[i]);
		uintptr_t address = (uintptr_t)ptr;

		ptr = H(realloc)(ptr, sizes[i - 1] + 1);
		expect((uintptr_t)ptr == address, "realloc from %zu to %zu moved", sizes[i],
		       sizes[i - 1] + 1);
		H(free)(ptr);
	}
}
END_TEST

/* Where it lies decides how fast it is. */
START_TEST(fast_paths_begin_cache_lines)
{
	const uintptr_t functions[] = {(uintptr_t)H(malloc), (uintptr_t)H(calloc),
				       (uintptr_t)H(realloc), (uintptr_t)H(free)};
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		expect(functions[i] % 64 == 0, "function %zu is at %#zx", i, functions[i]);
}
END_TEST

/* -- errno ------------------------------------------------------------------------------------- */

START_TEST(success_keeps_errno)
{
	static const size_t sizes[] = {1, 1000, 14336, 40000, 3 << 20, 100 << 20};
	size_t i;

	for (i = 0; i < COUNT(sizes); i++) {
		void *ptr;

		errno = UNTOUCHED;
		ptr = H(malloc)(sizes[i]);
		expect(errno == UNTOUCHED, "malloc(%zu): errno %d", sizes[i], errno);
		ptr = H(realloc)(ptr, sizes[i] * 2);
		expect(errno == UNTOUCHED, "realloc to %zu: errno %d", sizes[i] * 2, errno);
		H(free)(ptr);
		expect(errno == UNTOUCHED, "free of %zu bytes: errno %d", sizes[i] * 2, errno);
		ptr = H(calloc)(1, sizes[i]);
		H(free)(ptr);
		expect(errno == UNTOUCHED, "calloc(%zu) and free: errno %d", sizes[i], errno);
	}
}
END_TEST

/* -- realloc to nothing, which an option decides ----------------------------------------------- */

/* Run as a program of its own, with the option set: what became of the object. */
static int realloc_to_nothing(void)
{
	char *ptr = H(malloc)(100);
	void *result;

	errno = UNTOUCHED;
	result = H(realloc)(ptr, opaque(0));
	if (errno != UNTOUCHED)
		return 3;
	if (result == NULL)
		return 1;
	return H(malloc_usable_size)(result) == 8 ? 2 : 4;
}

static void say(const char *text)
{
	expect(write(STDERR_FILENO, "told: ", 6) == 6 &&
		       write(STDERR_FILENO, text, strlen(text)) > 0,
	       "cannot write");
}

/* The same in a program that wants to be told instead of ending. */
static int realloc_to_nothing_told(void)
{
	void (*hook)(const char *text) = say;

	expect(H(mallctl)("experimental.hooks.safety_check_abort", NULL, NULL, (void *)&hook,
			  sizeof(hook)) == 0,
	       "no hook");
	return realloc_to_nothing();
}

static void run_realloc_to_nothing(const char *conf, const char *how, struct child_end *end)
{
	char self[] = "/proc/self/exe", argument[40];
	char *argv[] = {self, argument, NULL};

	snprintf(argument, sizeof(argument), "realloc-to-nothing%s", how);

	setenv("MALLOC_CONF", conf, 1);
	child_exec(argv, NULL, 20, end);
	unsetenv("MALLOC_CONF");
	expect(!end->timed_out, "%s: %s", conf, child_describe(end));
}

START_TEST(realloc_to_nothing_by_option)
{
	struct child_end end;

	run_realloc_to_nothing("", "", &end);
	expect(end.signal == 0 && end.status == 1, "default: %s", child_describe(&end));
	run_realloc_to_nothing("zero_realloc:free", "", &end);
	expect(end.signal == 0 && end.status == 1, "free: %s", child_describe(&end));
	run_realloc_to_nothing("zero_realloc:alloc", "", &end);
	expect(end.signal == 0 && end.status == 2, "alloc: %s", child_describe(&end));
	run_realloc_to_nothing("zero_realloc:abort", "", &end);
	expect(end.signal == SIGABRT, "abort: %s", child_describe(&end));
	expect(strcmp(end.output,
		      "Called realloc(non-null-ptr, 0) with zero_realloc:abort set\n") == 0,
	       "abort says: %s", end.output);
	run_realloc_to_nothing("zero_realloc:abort", "-told", &end);
	expect(end.signal == 0 && end.status == 1, "abort with a hook: %s", child_describe(&end));
	expect(strcmp(end.output, "told: Called realloc(non-null-ptr, 0) with zero_realloc:abort "
				  "set\n") == 0,
	       "the hook is told: %s", end.output);
}
END_TEST

START_TEST(realloc_to_nothing_is_counted)
{
	size_t before = heap_get_size("stats.zero_reallocs"), after;
	unsigned i;

	for (i = 0; i < 5; i++)
		expect(H(realloc)(H(malloc)(100), opaque(0)) == NULL, "not freed");
	if (heap_defines("free_sized"))
		expect(H(reallocarray)(H(malloc)(100), opaque(0), 8) == NULL, "not freed");
	else
		i--;
	after = heap_get_size("stats.zero_reallocs");
	expect(after == before + i + 1, "counted %zu of %u", after - before, i + 1);
}
END_TEST

/* -- frees that are told the size -------------------------------------------------------------- */

START_TEST(sized_free)
{
	size_t size, alignment;

	if (!heap_defines("free_sized"))
		return;
	for (size = 1; size < (size_t)8 << 20; size = size * 5 / 4 + 1) {
		H(free_sized)(memset(H(malloc)(size), 1, size), size);
		H(free_sized)(memset(H(calloc)(1, size), 1, size), size);
		for (alignment = 8; alignment <= 65536; alignment *= 8)
			H(free_aligned_sized)
		(memset(H(aligned_alloc)(alignment, size), 1, size), alignment, size);
	}
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "realloc-to-nothing") == 0)
		return realloc_to_nothing();
	if (argc > 1 && strcmp(argv[1], "realloc-to-nothing-told") == 0)
		return realloc_to_nothing_told();
	return suite_run("api_malloc",
			 (const TTest *[]){size_of_nothing, free_of_nothing, size_of_too_much,
					   products_that_overflow, failed_realloc_leaves_the_object,
					   alignments, wrong_alignments, page_aligned,
					   every_size_class, calloc_is_zero_where_memory_was_used,
					   calloc_does_not_touch_fresh_pages,
					   realloc_keeps_contents, realloc_in_the_same_class_stays,
					   fast_paths_begin_cache_lines, success_keeps_errno,
					   realloc_to_nothing_by_option,
					   realloc_to_nothing_is_counted, sized_free, NULL});
}
