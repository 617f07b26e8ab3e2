/* test_ctl_process.c - what is one in the process: versions, background threads, explicit caches,
 * size classes. */
#include "ctl_row.h"

#include <stdlib.h>
#include "ctl_read.h"
#include "jemalloc/jemalloc.h"
#include "options.h"
#include "suite.h"

START_TEST(versions_are_those_of_the_headers)
{
	expect(strcmp(CTL_READ(const char *, "version"), JEMALLOC_VERSION) == 0, "version");
	expect(strcmp(CTL_READ(const char *, "moonheap.version"), MOONHEAP_VERSION) == 0,
	       "moonheap");
}
END_TEST

START_TEST(background_threads)
{
	expect(!CTL_READ(bool, "background_thread"), "on from the start");
	ctl_expect(CTL_WRITE(bool, "background_thread", true), 0, "on");
	expect(CTL_READ(bool, "background_thread"), "on");
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.background_thread.num_threads") >= 1, "no thread");
	ctl_expect(CTL_WRITE(bool, "background_thread", true), 0, "on again");
	ctl_expect(CTL_WRITE(bool, "background_thread", false), 0, "off");
	expect(!CTL_READ(bool, "background_thread"), "off");
	ctl_refresh();
	expect(CTL_READ(size_t, "stats.background_thread.num_threads") == 0, "a thread is left");
}
END_TEST

START_TEST(most_background_threads)
{
	size_t most = CTL_READ(size_t, "opt.max_background_threads");
	expect(CTL_READ(size_t, "max_background_threads") == most, "the option");
	ctl_expect(CTL_WRITE(size_t, "max_background_threads", 1), 0, "1");
	expect(CTL_READ(size_t, "max_background_threads") == 1, "1");
	ctl_expect(CTL_WRITE(size_t, "max_background_threads", most + 1), EINVAL, "too many");
	ctl_expect(CTL_WRITE(size_t, "max_background_threads", 0), EINVAL, "none");
	expect(CTL_READ(size_t, "max_background_threads") == 1, "a refused write counts");
}
END_TEST

START_TEST(explicit_thread_caches)
{
	unsigned one, two;
	size_t length = sizeof(one);
	ctl_expect(ctl_by_name("tcache.create", &one, &length, NULL, 0), 0, "one");
	ctl_expect(ctl_by_name("tcache.create", &two, &length, NULL, 0), 0, "two");
	expect(one != two, "both are %u", one);
	void *p = mh_mallocx(100, MALLOCX_TCACHE(one));
	expect(p != NULL, "no memory");
	mh_dallocx(p, MALLOCX_TCACHE(one));
	expect(mh_mallocx(100, MALLOCX_TCACHE(one)) == p, "the cache did not keep it");
	ctl_expect(CTL_WRITE(unsigned, "tcache.flush", one), 0, "flush");
	ctl_expect(CTL_WRITE(unsigned, "tcache.destroy", one), 0, "destroy");
	ctl_expect(CTL_WRITE(unsigned, "tcache.destroy", one), EFAULT, "twice");
	ctl_expect(CTL_WRITE(unsigned, "tcache.flush", one), EFAULT, "flush of none");
	ctl_expect(CTL_WRITE(unsigned, "tcache.flush", 123456), EFAULT, "no number of a cache");
	ctl_expect(ctl_by_name("tcache.create", &one, &length, NULL, 0), 0, "its number again");
	ctl_expect(CTL_WRITE(unsigned, "tcache.destroy", one), 0, "destroy");
	ctl_expect(CTL_WRITE(unsigned, "tcache.destroy", two), 0, "destroy");
}
END_TEST

START_TEST(classes_are_what_malloc_uses)
{
	unsigned nbins = CTL_READ(unsigned, "arenas.nbins");
	unsigned nlarge = CTL_READ(unsigned, "arenas.nlextents");
	expect(nbins + nlarge == 232, "%u + %u classes", nbins, nlarge);
	for (unsigned i = 0; i < nbins; i++) {
		size_t size = CTL_READ(size_t, ctl_named("arenas.bin.%u.size", i));
		size_t slab = CTL_READ(size_t, ctl_named("arenas.bin.%u.slab_size", i));
		uint32_t nregs = CTL_READ(uint32_t, ctl_named("arenas.bin.%u.nregs", i));
		expect(mh_nallocx(size, 0) == size, "bin %u: %zu", i, size);
		expect(nregs == slab / size && slab % CTL_READ(size_t, "arenas.page") == 0, "%u",
		       i);
	}
	size_t before = CTL_READ(size_t, ctl_named("arenas.bin.%u.size", nbins - 1));
	for (unsigned i = 0; i < nlarge; i++) {
		size_t size = CTL_READ(size_t, ctl_named("arenas.lextent.%u.size", i));
		expect(size > before && mh_nallocx(size, 0) == size, "lextent %u: %zu", i, size);
		before = size;
	}
	size_t max = CTL_READ(size_t, "arenas.tcache_max");
	unsigned cached = CTL_READ(unsigned, "arenas.nhbins"), below = 0;
	for (unsigned i = 0; i < nbins; i++)
		below += CTL_READ(size_t, ctl_named("arenas.bin.%u.size", i)) <= max;
	for (unsigned i = 0; i < nlarge; i++)
		below += CTL_READ(size_t, ctl_named("arenas.lextent.%u.size", i)) <= max;
	expect(below == cached, "%u classes up to %zu, not %u", below, max, cached);
}
END_TEST

START_TEST(options_are_shown)
{
	expect(CTL_READ(unsigned, "opt.narenas") >= 1, "opt.narenas");
	expect(CTL_READ(ssize_t, "opt.dirty_decay_ms") >= -1, "opt.dirty_decay_ms");
	expect(CTL_READ(const char *, "opt.junk") != NULL, "opt.junk");
	expect(CTL_READ(bool, "config.stats"), "config.stats");
	expect(CTL_READ(const char *, "config.malloc_conf")[0] == '\0', "config.malloc_conf");
}
END_TEST

START_TEST(options_say_who_set_them)
{
	expect(strcmp(CTL_READ(const char *, "moonheap.opt.zero.source"), "default") == 0, "zero");
	options.given[OPTION_zero] = 1 + OPTION_SOURCE_ENVIRONMENT;
	expect(strcmp(CTL_READ(const char *, "moonheap.opt.zero.source"), "MALLOC_CONF") == 0,
	       "zero");
	expect(CTL_READ(size_t, "moonheap.opt.san_guard_large.value") == 0, "an unlisted one");
}
END_TEST

START_TEST(texts_of_options_are_shown)
{
	const char *text;
	size_t length = sizeof(text);
	static const char *const names[] = {"opt.malloc_conf.symlink", "opt.malloc_conf.env_var",
					    "opt.malloc_conf.global_var",
					    "opt.malloc_conf.global_var_2_conf_harder"};
	static const enum option_source sources[] = {OPTION_SOURCE_LINK, OPTION_SOURCE_ENVIRONMENT,
						     OPTION_SOURCE_PROGRAM, OPTION_SOURCE_HARDER};
	for (unsigned i = 0; i < 4; i++) {
		options_texts[sources[i]] = NULL;
		ctl_expect(ctl_by_name(names[i], &text, &length, NULL, 0), ENOENT, names[i]);
		options_texts[sources[i]] = names[i];
		expect(strcmp(CTL_READ(const char *, names[i]), names[i]) == 0, "%s", names[i]);
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {versions_are_those_of_the_headers,
				      background_threads,
				      most_background_threads,
				      explicit_thread_caches,
				      classes_are_what_malloc_uses,
				      options_are_shown,
				      options_say_who_set_them,
				      texts_of_options_are_shown,
				      NULL};
	return suite_run("ctl_process", cases);
}
