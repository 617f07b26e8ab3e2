/* Raw calls of mallctl() and mallctlbymib(): any row or any name, every combination of buffers that
 * are there or not, lengths that fit or do not. Each buffer is exactly as long as it is said to be,
 * so that a byte too much is noticed. Only pointers that a program promises to be good are. */
#include "fuzz.h"

#include <moonheap/ctl.h>
#include <moonheap/hooks.h>
#include <moonheap/moonheap.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES_MAX  256
#define CALLS_AT_MOST   64
#define OBJECTS_AT_MOST 16

/* ---- what the input says ---- */

struct input {
	const uint8_t *next;
	size_t left;
};

static uint8_t take_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->next++;
}

static void take_bytes(struct input *input, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = take_byte(input);
}

/* ---- what a program vouches for ---- */

static void *no_memory(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
		       bool *zero, bool *commit, unsigned arena)
{
	(void)hooks, (void)address, (void)size, (void)alignment, (void)zero, (void)commit;
	(void)arena;
	return NULL;
}
static extent_hooks_t stingy_hooks = {.alloc = no_memory};

static void see_alloc(void *extra, int type, void *result, uintptr_t raw, uintptr_t *arguments)
{
	(void)extra, (void)type, (void)result, (void)raw, (void)arguments;
}
static void see_dalloc(void *extra, int type, void *address, uintptr_t *arguments)
{
	(void)extra, (void)type, (void)address, (void)arguments;
}
static void see_expand(void *extra, int type, void *address, size_t old_usable, size_t usable,
		       uintptr_t raw, uintptr_t *arguments)
{
	(void)extra, (void)type, (void)address, (void)old_usable, (void)usable, (void)raw;
	(void)arguments;
}
static void see_bytes(bool is_alloc, uint64_t allocated, uint64_t freed)
{
	(void)is_alloc, (void)allocated, (void)freed;
}
static void see_activity(void *opaque, uint64_t allocated, uint64_t freed)
{
	(void)opaque, (void)allocated, (void)freed;
}
static void see_finding(const char *text)
{
	fuzz_assert(text != NULL);
}

static void say_nothing(void *opaque, const char *text)
{
	(void)opaque;
	fuzz_assert(text != NULL);
}

static const char *some_text(uint8_t which)
{
	static const char long_text[] = "a name that is far too long for what it is to be the name "
					"of, whatever that may be, and longer still";
	static const char *const texts[] = {"disabled", "primary", "secondary", "",
					    "x",        "worker",  long_text};
	return texts[which % (sizeof(texts) / sizeof(*texts))];
}

static void *objects[OBJECTS_AT_MOST];

struct batch { /* of experimental.batch_alloc */
	void **objects;
	size_t count, size;
	int flags;
};

static bool ends_in(const char *path, const char *end)
{
	size_t length = strlen(path), end_length = strlen(end);
	return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

/* Puts pointers that are good in the places of those that will be followed. */
static void make_good(const struct moonheap_ctl_row *row, uint8_t *value, size_t size)
{
	const uint8_t choice = size > 0 ? value[0] : 0;
	const bool is_there = choice & 1;
	const char *path = row->path;

	if (row->argument == MOONHEAP_CTL_STRING && size == sizeof(char *)) {
		const char *text = some_text(choice);
		memcpy(value, &text, size);
	} else if ((ends_in(path, ".extent_hooks") || ends_in(path, "arenas.create")) &&
		   size == sizeof(void *)) {
		extent_hooks_t *hooks = &stingy_hooks;
		memcpy(value, &hooks, size);
	} else if (ends_in(path, "arenas_create_ext") && size >= sizeof(void *)) {
		extent_hooks_t *hooks = is_there ? &stingy_hooks : NULL;
		memcpy(value, &hooks, sizeof(hooks));
	} else if (ends_in(path, "hooks.safety_check_abort") && size == sizeof(void *)) {
		void (*see)(const char *) = is_there ? see_finding : NULL;
		memcpy(value, &see, size);
	} else if (ends_in(path, "hooks.install") && size == 4 * sizeof(void *)) {
		const struct {
			void (*alloc)(void *, int, void *, uintptr_t, uintptr_t *);
			void (*dalloc)(void *, int, void *, uintptr_t *);
			void (*expand)(void *, int, void *, size_t, size_t, uintptr_t, uintptr_t *);
			void *extra;
		} hooks = {is_there ? see_alloc : NULL, choice & 2 ? see_dalloc : NULL,
			   choice & 4 ? see_expand : NULL, NULL};
		memcpy(value, &hooks, size);
	} else if (ends_in(path, "hooks.thread_event") && size >= sizeof(void *)) {
		void (*see)(bool, uint64_t, uint64_t) = is_there ? see_bytes : NULL;
		memcpy(value, &see, sizeof(see));
	} else if (ends_in(path, "activity_callback") && size >= sizeof(void *)) {
		void (*see)(void *, uint64_t, uint64_t) = is_there ? see_activity : NULL;
		memcpy(value, &see, sizeof(see));
	} else if (ends_in(path, "batch_alloc") && size == sizeof(struct batch)) {
		struct batch batch;
		memcpy(&batch, value, size);
		batch.objects = objects;
		batch.count %= OBJECTS_AT_MOST + 1;
		batch.size %= (size_t)1 << 20;
		memcpy(value, &batch, size);
	}
}

/* ---- one call ---- */

/* A path with its <indices> filled in. */
static void fill_in(const char *path, struct input *input, char *name)
{
	static const unsigned special[] = {4096, 4097, 4095, 4294967295u};
	size_t length = 0;
	while (*path != '\0' && length + 12 < NAME_BYTES_MAX) {
		if (*path != '<') {
			name[length++] = *path++;
			continue;
		}
		uint8_t byte = take_byte(input);
		length += (size_t)snprintf(name + length, NAME_BYTES_MAX - length, "%u",
					   byte >= 252 ? special[byte - 252] : byte);
		path = strchr(path, '>') + 1;
	}
	name[length] = '\0';
}

static void take_name(struct input *input, bool is_row, char *name)
{
	if (is_row) {
		size_t row = (size_t)take_byte(input) | (size_t)take_byte(input) << 8;
		fill_in(moonheap_ctl_row_at(row % moonheap_ctl_count())->path, input, name);
		return;
	}
	size_t length = take_byte(input);
	take_bytes(input, name, length);
	name[length] = '\0';
}

enum { BY_MIB = 1, HAS_OLD = 2, HAS_LENGTH = 4, HAS_NEW = 8, IS_NAME = 16, SPOILT = 32, FITS = 64 };

static void *take_buffer(size_t size)
{
	void *buffer = malloc(size);
	fuzz_assert(buffer != NULL);
	memset(buffer, 0xa5, size);
	return buffer;
}

/* What would change this program itself for good is undone at once. */
static void undo(const char *name, int status, void *old, size_t old_length)
{
	if (status != 0 || old == NULL)
		return;
	if (strcmp(name, "experimental.hooks.install") == 0 && old_length == sizeof(void *))
		mh_mallctl("experimental.hooks.remove", NULL, NULL, old, old_length);
	if (strcmp(name, "tcache.create") == 0 && old_length == sizeof(unsigned))
		mh_mallctl("tcache.destroy", NULL, NULL, old, old_length);
	if (strcmp(name, "experimental.batch_alloc") == 0)
		for (size_t i = 0; i < OBJECTS_AT_MOST; i++)
			mh_free(objects[i]);
	memset(objects, 0, sizeof(objects));
}

static void call(struct input *input)
{
	char name[NAME_BYTES_MAX], words[NAME_BYTES_MAX];
	uint8_t how = take_byte(input);
	take_name(input, !(how & IS_NAME), name);
	const struct moonheap_ctl_row *row = moonheap_ctl_describe(name);

	size_t old_length = take_byte(input), new_length = take_byte(input);
	if (row != NULL && (how & FITS)) {
		old_length = moonheap_ctl_type_size(row->type);
		new_length = moonheap_ctl_type_size(row->argument);
	}
	size_t length = old_length;
	void *old = how & HAS_OLD ? take_buffer(old_length) : NULL;
	uint8_t *new = how &HAS_NEW ? take_buffer(new_length) : NULL;
	if (new != NULL) {
		take_bytes(input, new, new_length);
		if (row != NULL)
			make_good(row, new, new_length);
	}

	int status;
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], miblen = MOONHEAP_CTL_DEPTH_MAX;
	if ((how & BY_MIB) && mh_mallctlnametomib(name, mib, &miblen) == 0) {
		fuzz_assert(miblen <= MOONHEAP_CTL_DEPTH_MAX);
		if (how & SPOILT) { /* no row of its own any more: nothing is written through it */
			mib[take_byte(input) % miblen] += take_byte(input);
			miblen -= take_byte(input) % miblen;
			new_length = 0;
		}
		status = mh_mallctlbymib(mib, miblen, old, how & HAS_LENGTH ? &length : NULL, new,
					 new_length);
	} else {
		status = mh_mallctl(name, old, how & HAS_LENGTH ? &length : NULL, new, new_length);
	}
	fuzz_assert(status >= 0 && status < 256);
	fuzz_assert(!(how & HAS_LENGTH) || old == NULL || length <= old_length);
	size_t said = moonheap_ctl_strerror(status, name, how & HAS_LENGTH ? &length : NULL,
					    new_length, words, sizeof(words));
	fuzz_assert(said < sizeof(words) && words[said] == '\0');
	undo(name, status, old, length);
	free(old);
	free(new);
}

/* ---- as it was ---- */

static extent_hooks_t *usual_hooks;

static void reset(void)
{
	unsigned first = 0, narenas = 0;
	bool on = true, off = false;
	size_t length = sizeof(unsigned);

	mh_mallctl("thread.arena", NULL, NULL, &first, sizeof(first));
	mh_mallctl("thread.tcache.enabled", NULL, NULL, &on, sizeof(on));
	mh_mallctl("background_thread", NULL, NULL, &off, sizeof(off));
	mh_mallctl("arenas.narenas", &narenas, &length, NULL, 0);
	for (unsigned i = 0; i < narenas; i++) {
		char name[NAME_BYTES_MAX];
		snprintf(name, sizeof(name), "arena.%u.extent_hooks", i);
		mh_mallctl(name, NULL, NULL, &usual_hooks, sizeof(usual_hooks));
		snprintf(name, sizeof(name), "arena.%u.destroy", i);
		mh_mallctl(name, NULL, NULL, NULL,
			   0); /* refused for those that every process has */
	}
}

static void *allocate(void)
{
	void *p = mh_malloc(100);
	fuzz_assert(p != NULL);
	memset(p, 1, 100);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	mh_malloc_message = say_nothing;
	if (usual_hooks == NULL) {
		size_t length = sizeof(usual_hooks);
		fuzz_assert(mh_mallctl("arena.0.extent_hooks", &usual_hooks, &length, NULL, 0) ==
			    0);
	}
	for (unsigned i = 0; i < CALLS_AT_MOST && input.left > 0; i++)
		call(&input);
	reset();
	mh_free(allocate());
	return 0;
}
