/* test_ctl_creator.c - arenas and explicit thread caches say who made them; the caches that exist
 * are listed, and no others. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "ctl_read.h"
#include "moonheap/moonheap.h"
#include "suite.h"

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static unsigned make(const char *action)
{
	unsigned index;
	size_t length = sizeof(index);
	ctl_expect(ctl_by_name(action, &index, &length, NULL, 0), 0, action);
	return index;
}

static int end(const char *action, unsigned index)
{
	return ctl_by_name(action, NULL, NULL, &index, sizeof(index));
}

static unsigned this_thread(void)
{
	return (unsigned)syscall(SYS_gettid);
}

struct made {
	const char *name; /* of the thread */
	unsigned thread;
	unsigned arena, tcache;
	uint64_t before, after;
};

static void *make_both(void *opaque)
{
	struct made *made = opaque;
	prctl(PR_SET_NAME, made->name);
	made->thread = this_thread();
	made->before = now_ns();
	made->arena = make("arenas.create");
	made->tcache = make("tcache.create");
	made->after = now_ns();
	return NULL;
}

static struct made made_by(const char *name)
{
	struct made made = {.name = name};
	pthread_t thread;
	expect(pthread_create(&thread, NULL, make_both, &made) == 0, "no thread");
	pthread_join(thread, NULL);
	return made;
}

static void expect_made(const struct made *made, const char *what, unsigned index)
{
	char name[64];
#define LEAF(leaf) (snprintf(name, sizeof(name), "moonheap.%s.%u.%s", what, index, leaf), name)
	expect(CTL_READ(unsigned, LEAF("creator.thread")) == made->thread, "%s", name);
	expect(strcmp(CTL_READ(const char *, LEAF("creator.thread_name")), made->name) == 0, "%s",
	       name);
	expect(CTL_READ(const char *, LEAF("creator.caller")) != NULL, "%s", name);
	uint64_t at = CTL_READ(uint64_t, LEAF("created_ns"));
	expect(at >= made->before && at <= made->after, "%s: %llu", name, (unsigned long long)at);
#undef LEAF
}

START_TEST(arenas_and_caches_know_their_maker)
{
	struct made one = made_by("one"), two = made_by("another");
	expect_made(&one, "arena", one.arena);
	expect_made(&two, "arena", two.arena);
	expect_made(&one, "tcache", one.tcache);
	expect_made(&two, "tcache", two.tcache);
	expect(CTL_READ(bool, ctl_named("moonheap.arena.%u.is_manual", one.arena)), "not manual");

	/* Who gets the number next is another maker. */
	ctl_expect(ctl_do(ctl_named("arena.%u.destroy", one.arena)), 0, "destroy");
	ctl_expect(end("tcache.destroy", one.tcache), 0, "tcache.destroy");
	struct made three = made_by("three");
	expect(three.arena == one.arena && three.tcache == one.tcache, "other numbers");
	expect_made(&three, "arena", one.arena);
	expect_made(&three, "tcache", one.tcache);
}
END_TEST

START_TEST(the_first_arena_came_by_itself)
{
	expect(CTL_READ(unsigned, "moonheap.arena.0.creator.thread") == 0, "thread");
	expect(CTL_READ(const char *, "moonheap.arena.0.creator.thread_name")[0] == '\0', "name");
	expect(CTL_READ(const char *, "moonheap.arena.0.creator.caller")[0] == '\0', "caller");
	expect(!CTL_READ(bool, "moonheap.arena.0.is_manual"), "manual");
	uint64_t uptime = CTL_READ(uint64_t, "stats.arenas.0.uptime"), now = now_ns();
	expect(CTL_READ(uint64_t, "moonheap.arena.0.created_ns") + uptime <= now, "created_ns");
}
END_TEST

/* Arenas of the library's own accord are made by the thread that needs one first. */
static void *bind_to_next(void *opaque)
{
	unsigned index = 1;
	prctl(PR_SET_NAME, "needy");
	ctl_expect(ctl_by_name("thread.arena", NULL, NULL, &index, sizeof(index)), 0,
		   "thread.arena");
	return opaque;
}

START_TEST(an_automatic_arena_is_made_by_who_needs_it)
{
	pthread_t thread;
	if (CTL_READ(unsigned, "opt.narenas") < 2)
		return;
	ctl_expect(ctl_by_name("moonheap.arena.1.creator.thread", &(unsigned){0},
			       &(size_t){sizeof(unsigned)}, NULL, 0),
		   EFAULT, "of an arena that was not started");
	expect(pthread_create(&thread, NULL, bind_to_next, NULL) == 0, "no thread");
	pthread_join(thread, NULL);
	expect(strcmp(CTL_READ(const char *, "moonheap.arena.1.creator.thread_name"), "needy") == 0,
	       "made by %s", CTL_READ(const char *, "moonheap.arena.1.creator.thread_name"));
	expect(CTL_READ(const char *, "moonheap.arena.1.creator.caller")[0] == '\0', "caller");
	expect(!CTL_READ(bool, "moonheap.arena.1.is_manual"), "manual");
}
END_TEST

START_TEST(arenas_that_are_none_have_no_maker)
{
	unsigned thread;
	size_t length = sizeof(thread);
	ctl_expect(ctl_by_name("moonheap.arena.4096.creator.thread", &thread, &length, NULL, 0),
		   EFAULT, "all arenas");
	ctl_expect(ctl_by_name("moonheap.arena.4095.creator.thread", &thread, &length, NULL, 0),
		   ENOENT, "no arena");
}
END_TEST

/* -- the list of explicit caches -- */

static int note_child(const char *child, int is_leaf, void *opaque)
{
	char *text = opaque;
	expect(!is_leaf, "%s is a leaf", child);
	strcat(strcat(text, child), " ");
	return 0;
}

static void expect_listed(const char *wanted)
{
	char text[256] = "";
	int result = moonheap_ctl_children("moonheap.tcache", note_child, text);
	expect(result == 0 && strcmp(text, wanted) == 0, "listed are %s, not %s", text, wanted);
}

START_TEST(those_that_exist_are_listed)
{
	expect_listed("");
	unsigned a = make("tcache.create"), b = make("tcache.create"), c = make("tcache.create");
	expect(a == 0 && b == 1 && c == 2, "%u %u %u", a, b, c);
	expect_listed("0 1 2 ");
	ctl_expect(end("tcache.destroy", b), 0, "tcache.destroy");
	expect_listed("0 2 ");
	unsigned arena;
	size_t length = sizeof(arena);
	ctl_expect(ctl_by_name("moonheap.tcache.1.arena", &arena, &length, NULL, 0), ENOENT,
		   "destroyed");
	ctl_expect(ctl_by_name("moonheap.tcache.3.arena", &arena, &length, NULL, 0), ENOENT,
		   "never made");
	expect(moonheap_ctl_describe("moonheap.tcache.2.bytes") != NULL, "not described");
	expect(moonheap_ctl_describe("moonheap.tcache.1.bytes") == NULL, "described");
	expect(make("tcache.create") == b, "another number");
	expect_listed("0 1 2 ");
}
END_TEST

START_TEST(what_waits_in_a_cache_is_told)
{
	unsigned tcache = make("tcache.create");
	const char *bytes = ctl_named("moonheap.tcache.%u.bytes", tcache);
	int flags = (int)MALLOCX_TCACHE(tcache);
	expect(CTL_READ(size_t, bytes) == 0, "not empty");
	void *p = mh_mallocx(1000, flags);
	size_t rest = CTL_READ(size_t, bytes);
	expect(rest % 1024 == 0, "%zu bytes", rest);
	mh_dallocx(p, flags);
	expect(CTL_READ(size_t, bytes) == rest + 1024, "%zu bytes", CTL_READ(size_t, bytes));
	ctl_expect(end("tcache.flush", tcache), 0, "tcache.flush");
	expect(CTL_READ(size_t, bytes) == 0, "not empty");
	expect(CTL_READ(unsigned, ctl_named("moonheap.tcache.%u.arena", tcache)) ==
		       CTL_READ(unsigned, "thread.arena"),
	       "of another arena");
}
END_TEST

START_TEST(a_cache_can_be_named)
{
	unsigned tcache = make("tcache.create");
	const char *name = ctl_named("moonheap.tcache.%u.name", tcache);
	expect(CTL_READ(const char *, name)[0] == '\0', "named by itself");
	ctl_expect(CTL_WRITE(char *, name, "requests"), 0, "name");
	expect(strcmp(CTL_READ(const char *, name), "requests") == 0, "%s",
	       CTL_READ(const char *, name));
	ctl_expect(CTL_WRITE(char *, name, "a name of more than thirty-one letters"), 0,
		   "a long name");
	expect(strcmp(CTL_READ(const char *, name), "a name of more than thirty-one ") == 0, "%s",
	       CTL_READ(const char *, name));
	ctl_expect(CTL_WRITE(char *, name, NULL), EINVAL, "NULL");
	ctl_expect(end("tcache.destroy", tcache), 0, "tcache.destroy");
	ctl_expect(CTL_WRITE(char *, name, "late"), ENOENT, "destroyed");
	expect(make("tcache.create") == tcache, "another number");
	expect(CTL_READ(const char *, name)[0] == '\0', "the name of the one before");
}
END_TEST

/* -- caches come and go while somebody looks -- */

static bool stop; /* atomic */

static int read_leaf(const char *name, const size_t *mib, size_t miblen,
		     const struct moonheap_ctl_row *row, void *opaque)
{
	uint64_t value;
	size_t length = moonheap_ctl_type_size(row->type);
	(void)name;
	(void)opaque;
	ctl_by_mib(mib, miblen, &value, &length, NULL, 0); /* may be gone by now */
	return 0;
}

static void *look_often(void *opaque)
{
	struct moonheap_ctl_value values[100];
	struct moonheap_ctl_snapshot about;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		moonheap_ctl_walk_mib("moonheap.tcache", read_leaf, NULL);
		moonheap_ctl_snapshot("moonheap.tcache", 0, values, 100, &about);
	}
	return opaque;
}

START_TEST(caches_come_and_go_under_readers)
{
	pthread_t reader;
	expect(pthread_create(&reader, NULL, look_often, NULL) == 0, "no thread");
	for (unsigned long i = 0; i < test_scaled(TEST_SANITIZED ? 500 : 3000); i++) {
		unsigned a = make("tcache.create"), b = make("tcache.create");
		int flags = (int)MALLOCX_TCACHE(a);
		mh_dallocx(mh_mallocx(100, flags), flags);
		ctl_expect(end("tcache.destroy", a), 0, "tcache.destroy");
		ctl_expect(end("tcache.destroy", b), 0, "tcache.destroy");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	expect_listed("");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {arenas_and_caches_know_their_maker,
				      the_first_arena_came_by_itself,
				      an_automatic_arena_is_made_by_who_needs_it,
				      arenas_that_are_none_have_no_maker,
				      those_that_exist_are_listed,
				      what_waits_in_a_cache_is_told,
				      a_cache_can_be_named,
				      caches_come_and_go_under_readers,
				      NULL};
	return suite_run("ctl_creator", cases);
}
