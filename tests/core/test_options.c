/* test_options.c - texts from several sources: who wins, what is said about wrong ones, word by
 * word as programs that watch for the messages know them. */
#include "options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "expect.h"
#include "moonheap/moonheap.h"
#include "suite.h"

static char said[16384];

static void listen(void *opaque, const char *text)
{
	(void)opaque;
	strncat(said, text, sizeof said - strlen(said) - 1);
	errno = ENOTTY; /* what a careless program does must not reach its own errno */
}

/* Applies texts of the environment and, if not NULL, of the program; collects what is said. */
static void apply_two(const char *program, const char *environment)
{
	const char *const texts[OPTION_SOURCES] = {
		[OPTION_SOURCE_PROGRAM] = program,
		[OPTION_SOURCE_ENVIRONMENT] = environment,
	};
	said[0] = '\0';
	API(malloc_message) = listen;
	options_apply(texts);
	API(malloc_message) = NULL;
}

static void apply(const char *text)
{
	apply_two(NULL, text);
}

struct message_case {
	const char *text;
	const char *said; /* with | for each "<jemalloc>: " and the line's end */
};

/* What is said, with prefix and end of each line written as |. */
static const char *said_short(void)
{
	static char text[sizeof said];
	static const char prefix[] = "<jemalloc>: ";
	const char *at = said;
	size_t length = 0;
	while (*at != '\0') {
		const char *end = strchr(at, '\n');
		expect(strncmp(at, prefix, strlen(prefix)) == 0, "no prefix in: %s", at);
		expect(end != NULL, "a line does not end: %s", at);
		at += strlen(prefix);
		length += (size_t)snprintf(text + length, sizeof text - length, "|%.*s",
					   (int)(end - at), at);
		at = end + 1;
	}
	text[length] = '\0';
	return text;
}

START_TEST(messages_are_word_by_word)
{
	static const struct message_case cases[] = {
		{"", ""},
		{"abort:true", ""},
		{"foo:bar", "|Invalid conf pair: foo:bar"},
		{":x", "|Invalid conf pair: :x"},
		{"abort", "|Conf string ends with key|Conf string ends with key"},
		{"abort:", "|Invalid conf value: abort:"},
		{"abort:true,", "|Conf string ends with comma|Conf string ends with comma"},
		{"foo:1,", "|Conf string ends with comma|Conf string ends with comma|Invalid conf "
			   "pair: foo:1"},
		{"abort;true", "|Malformed conf string|Malformed conf string"},
		{"ab ort:true", "|Malformed conf string|Malformed conf string"},
		{",abort:true", "|Malformed conf string|Malformed conf string"},
		{"foo:1,ba r:1",
		 "|Malformed conf string|Invalid conf pair: foo:1|Malformed conf string"},
		{"foo:1;bar:2", "|Invalid conf pair: foo:1;bar:2"},
		{"abort:maybe", "|Invalid conf value: abort:maybe"},
		{"abort:true:false", "|Invalid conf value: abort:true:false"},
		{"narenas:0", "|Out-of-range conf value: narenas:0"},
		{"dirty_decay_ms:-2", "|Out-of-range conf value: dirty_decay_ms:-2"},
		{"slab_sizes:1-4096", "|Invalid settings for slab_sizes: slab_sizes:1-4096"},
		{"bin_shards:8-64:99", "|Invalid settings for bin_shards: bin_shards:8-64:99"},
		{"bin_shards:8-64:64", ""},
		{"confirm_conf:maybe", "|Invalid conf value: confirm_conf:maybe"},
		{"tcache_max:999999999", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		apply(cases[i].text);
		expect(strcmp(said_short(), cases[i].said) == 0, "\"%s\" says %s", cases[i].text,
		       said_short());
	}
}
END_TEST

START_TEST(confirm_conf_shows_every_source)
{
	apply_two("zero:true", "narenas:0x3,confirm_conf:true,foo:1");
	static const char expected[] =
		"<jemalloc>: malloc_conf #1 (string specified via --with-malloc-conf): \"\"\n"
		"<jemalloc>: malloc_conf #2 (string pointed to by the global variable "
		"malloc_conf): "
		"\"zero:true\"\n"
		"<jemalloc>: -- Set conf value: zero:true\n"
		"<jemalloc>: malloc_conf #3 (\"name\" of the file referenced by the symbolic link "
		"named /etc/malloc.conf): \"\"\n"
		"<jemalloc>: malloc_conf #4 (value of the environment variable MALLOC_CONF): "
		"\"narenas:0x3,confirm_conf:true,foo:1\"\n"
		"<jemalloc>: -- Set conf value: narenas:0x3\n"
		"<jemalloc>: -- Set conf value: confirm_conf:true\n"
		"<jemalloc>: Invalid conf pair: foo:1\n"
		"<jemalloc>: malloc_conf #5 (string pointed to by the global variable "
		"malloc_conf_2_conf_harder): \"\"\n";
	expect(strcmp(said, expected) == 0, "%s", said);

	apply("confirm_conf:true,confirm_conf:false,zero:true");
	expect(strcmp(said_short(), "|-- Set conf value: confirm_conf:true") == 0, "%s", said);
	expect(options.zero, "zero was not set");
}
END_TEST

START_TEST(later_sources_win_option_by_option)
{
	apply_two("dirty_decay_ms:1,muzzy_decay_ms:2,stats_print_opts:g",
		  "dirty_decay_ms:3,dirty_decay_ms:4,stats_print_opts:J");
	expect(options.dirty_decay_ms == 4, "%zd", options.dirty_decay_ms);
	expect(options.muzzy_decay_ms == 2, "%zd", options.muzzy_decay_ms);
	expect(strcmp(options.stats_print_opts, "gJ") == 0, "%s", options.stats_print_opts);
	apply("zero:true");
	expect(options.dirty_decay_ms == 10000 && options.zero, "does not start from defaults");
	expect(strcmp(options.stats_print_opts, "") == 0, "%s", options.stats_print_opts);
	apply("lg_tcache_max:3,tcache_max:5000");
	expect(options.tcache_max == 5000, "%zu", options.tcache_max);
	apply("tcache_max:5000,lg_tcache_max:3");
	expect(options.tcache_max == 8, "%zu", options.tcache_max);
}
END_TEST

/* What follows something that cannot be trusted is dropped, what stands before it counts; the last
 * pair counts although a comma follows it. */
START_TEST(pairs_around_an_error_count)
{
	apply("zero:true;abort:true");
	expect(!options.zero && !options.abort, "a value with a semicolon");
	apply("zero:true,foo,abort:true");
	expect(options.zero && !options.abort, "zero %d abort %d", options.zero, options.abort);
	apply("zero:true,");
	expect(options.zero, "the last pair does not count");
}
END_TEST

START_TEST(long_texts_are_cut_not_broken)
{
	static char text[200000];
	memset(text, 'a', sizeof text - 1);
	apply(text);
	expect(strcmp(said_short(), "|Conf string ends with key|Conf string ends with key") == 0,
	       "%.100s", said);
	text[5] = ':';
	apply(text);
	expect(strncmp(said, "<jemalloc>: Invalid conf pair: aaaaa:aaa", 40) == 0, "%.100s", said);
	size_t length = strlen(said);
	expect(length < 4096 && strcmp(said + length - 4, "...\n") == 0, "%zu", length);
}
END_TEST

START_TEST(errno_is_kept)
{
	errno = EDOM;
	apply("foo:bar,confirm_conf:true");
	options_read();
	expect(errno == EDOM, "errno is %d", errno);
}
END_TEST

static int read_environment(void *text)
{
	setenv("MALLOC_CONF", text, 1);
	options_read();
	return options.zero && options.dirty_decay_ms == 77 ? 0 : 1;
}

START_TEST(the_environment_is_read)
{
	struct child_end end;
	child_run(read_environment, "zero:true,dirty_decay_ms:77", 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

static int read_program(void *text)
{
	unsetenv("MALLOC_CONF");
	API(malloc_conf) = text;
	options_read();
	return options.zero && options.dirty_decay_ms == 78 ? 0 : 1;
}

START_TEST(the_variable_of_the_program_is_read)
{
	struct child_end end;
	child_run(read_program, "zero:true,dirty_decay_ms:78", 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

static int apply_in_child(void *text)
{
	const char *const texts[OPTION_SOURCES] = {[OPTION_SOURCE_ENVIRONMENT] = text};
	options_apply(texts);
	return 0;
}

START_TEST(abort_conf_aborts_at_the_end_of_a_source)
{
	static const struct {
		const char *text;
		bool aborts;
	} cases[] = {
		{"foo:1,abort_conf:true", true},
		{"abort_conf:true,zero:maybe", true},
		{"abort_conf:true,zero", true},
		{"abort_conf:true,zero:true,", true},
		{"abort_conf:true,ze;ro:true", true},
		{"abort_conf:true,zero:true", false},
		{"abort_conf:true,foo:1,abort_conf:false", false},
		{"experimental_foo:1,experimental_infallible_new:maybe,abort_conf:true", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct child_end end;
		char text[128];
		snprintf(text, sizeof text, "%s", cases[i].text);
		child_run(apply_in_child, text, 20, &end);
		const char *last =
			strstr(end.output, "<jemalloc>: Abort (abort_conf:true) on invalid "
					   "conf value (see above).\n");
		expect((end.signal == SIGABRT) == cases[i].aborts, "%s: %s", text,
		       child_describe(&end));
		expect((last != NULL) == cases[i].aborts, "%s says %s", text, end.output);
	}
}
END_TEST

START_TEST(the_option_that_was_meant_is_named)
{
	apply("narena:4");
	expect(strstr(said,
		      "<jemalloc>: Invalid conf pair: narena:4\n<moonheap>: There is no option "
		      "\"narena\"; did you mean \"narenas\"?\n") == said,
	       "%s", said);
	apply("dirty_decay:4");
	expect(strstr(said, "did you mean \"dirty_decay_ms\"?\n") != NULL, "%s", said);
	apply("lg_dirty_mult:3"); /* of jemalloc 4 */
	expect(strstr(said, "There is no option \"lg_dirty_mult\" any more; in its place is "
			    "dirty_decay_ms\n") != NULL,
	       "%s", said);
	apply("lg_chunk:20");
	expect(strstr(said, "\"lg_chunk\" any more; nothing took its place\n") != NULL, "%s", said);
	static const char *const profiling[] = {"prof:true", "prof_leak:true", "lg_prof_sample:19"};
	for (size_t i = 0; i < ARRAY_LEN(profiling); i++) {
		apply(profiling[i]);
		expect(strstr(said, "\": this build has no heap profiling\n") != NULL, "%s", said);
		expect(strstr(said, "did you mean") == NULL, "%s", said);
	}
	apply("completely_different:4");
	expect(strstr(said, "did you mean") == NULL, "%s", said);
}
END_TEST

START_TEST(who_set_an_option)
{
	const char *const texts[OPTION_SOURCES] = {
		[OPTION_SOURCE_PROGRAM] = "zero:true,abort:true,lg_tcache_max:12",
		[OPTION_SOURCE_LINK] = "zero:maybe,narenas:2",
		[OPTION_SOURCE_ENVIRONMENT] = "abort:true",
	};
	options_apply(texts);
	expect(strcmp(options_source(OPTION_zero), "malloc_conf") == 0, "zero: %s",
	       options_source(OPTION_zero));
	expect(strcmp(options_source(OPTION_narenas), "/etc/malloc.conf") == 0, "narenas");
	expect(strcmp(options_source(OPTION_abort), "MALLOC_CONF") == 0, "abort");
	expect(strcmp(options_source(OPTION_tcache_max), "malloc_conf") == 0,
	       "by its other name: %s", options_source(OPTION_tcache_max));
	expect(strcmp(options_source(OPTION_xmalloc), "default") == 0, "xmalloc");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		messages_are_word_by_word,
		confirm_conf_shows_every_source,
		later_sources_win_option_by_option,
		pairs_around_an_error_count,
		long_texts_are_cut_not_broken,
		errno_is_kept,
		the_environment_is_read,
		the_variable_of_the_program_is_read,
		abort_conf_aborts_at_the_end_of_a_source,
		the_option_that_was_meant_is_named,
		who_set_an_option,
		NULL,
	};
	return suite_run("options", cases);
}
