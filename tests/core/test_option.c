/* test_option.c - one value at a time: what each kind of option takes, keeps and shows. */
#include "option.h"

#include <stdlib.h>
#include <string.h>
#include "expect.h"
#include "suite.h"

static struct options values;

static enum option_outcome set(enum option_index index, const char *text)
{
	return option_set(&values, index, text, strlen(text));
}

static void expect_outcome(enum option_index index, const char *text, enum option_outcome outcome)
{
	enum option_outcome got = set(index, text);
	expect(got == outcome, "%s:%s gives %d", option_rows[index].name, text, got);
}

START_TEST(rows_are_alphabetical_and_explained)
{
	static const char *const helps[OPTIONS] = {
#define OPTION(name, kind, type, ctl, unit, accepts, initial, place, help)          help,
#define OPTION_UNLISTED(name, kind, type, ctl, unit, accepts, initial, place, help) help,
#define OPTION_ALIAS(name, kind, target, accepts, help)                             help,
#include "options.def"
	};
	for (unsigned i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];
		expect(i == 0 || strcmp(option_rows[i - 1].name, row->name) < 0, "%s out of order",
		       row->name);
		expect(strlen(helps[i]) > 10, "%s has no help", row->name);
		expect(strlen(helps[i]) < 100, "the help of %s is not one line", row->name);
		expect(memchr(row->name, '\0', sizeof row->name) != NULL, "option %u is cut", i);
		expect(option_find(row->name, strlen(row->name)) == i, "%s is not found",
		       row->name);
		expect(option_find(row->name, strlen(row->name) - 1) != i, "%s by prefix",
		       row->name);
		expect(row->listed || row->place == 0, "%s in the report has no opt row",
		       row->name);
		for (unsigned k = 0; k < i; k++) {
			expect(row->place == 0 || row->place == OPTION_PLACE_OWN ||
				       row->place != option_rows[k].place,
			       "%s and %s in one place", row->name, option_rows[k].name);
		}
	}
	expect(option_find("", 0) == OPTIONS, "the empty name is an option");
	expect(option_find("abort_confx", 11) == OPTIONS, "a longer name is an option");
}
END_TEST

START_TEST(flags_take_two_words)
{
	option_reset(&values);
	expect_outcome(OPTION_zero, "true", OPTION_SET);
	expect(values.zero, "zero was not set");
	expect_outcome(OPTION_zero, "false", OPTION_SET);
	expect(!values.zero, "zero was not cleared");
	static const char *const wrong[] = {"", "t", "True", "truely", "1", "true ", "yes"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_outcome(OPTION_zero, wrong[i], OPTION_INVALID);
	expect(!values.zero, "a wrong word has set zero");
}
END_TEST

START_TEST(numbers_outside_are_refused_or_clipped)
{
	option_reset(&values);
	expect_outcome(OPTION_dirty_decay_ms, "-1", OPTION_SET);
	expect(values.dirty_decay_ms == -1, "%zd", values.dirty_decay_ms);
	expect_outcome(OPTION_dirty_decay_ms, "-2", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_dirty_decay_ms, "18446744072000", OPTION_SET);
	expect(values.dirty_decay_ms == DECAY_MS_MAX, "%zd", values.dirty_decay_ms);
	expect_outcome(OPTION_dirty_decay_ms, "18446744072001", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_dirty_decay_ms, "99999999999999999999999", OPTION_INVALID);
	expect_outcome(OPTION_dirty_decay_ms, "5ms", OPTION_INVALID);
	expect_outcome(OPTION_dirty_decay_ms, "", OPTION_INVALID);
	expect(values.dirty_decay_ms == DECAY_MS_MAX, "a wrong number was kept");
	expect_outcome(OPTION_dirty_decay_ms, " \t0x10", OPTION_SET);
	expect(values.dirty_decay_ms == 16, "%zd", values.dirty_decay_ms);

	expect_outcome(OPTION_lg_extent_max_active_fit, "64", OPTION_SET);
	expect_outcome(OPTION_lg_extent_max_active_fit, "65", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_lg_extent_max_active_fit, "-1", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_lg_tcache_nslots_mul, "-16", OPTION_SET);
	expect(values.lg_tcache_nslots_mul == -16, "%zd", values.lg_tcache_nslots_mul);
	expect_outcome(OPTION_lg_tcache_nslots_mul, "17", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_mutex_max_spin, "9223372036854775808", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_mutex_max_spin, "9223372036854775807", OPTION_SET);

	expect_outcome(OPTION_tcache_nslots_large, "0", OPTION_SET);
	expect(values.tcache_nslots_large == 1, "%u", values.tcache_nslots_large);
	expect_outcome(OPTION_tcache_nslots_large, "5000000000", OPTION_SET);
	expect(values.tcache_nslots_large == 2048, "%u", values.tcache_nslots_large);
	expect_outcome(OPTION_hpa_sec_max_bytes, "4095", OPTION_SET);
	expect(values.hpa_sec_max_bytes == 4096, "%zu", values.hpa_sec_max_bytes);
	expect_outcome(OPTION_hpa_sec_max_bytes, "-1", OPTION_SET);
	expect(values.hpa_sec_max_bytes == SIZE_MAX, "%zu", values.hpa_sec_max_bytes);
	expect_outcome(OPTION_tcache_max, "-1", OPTION_SET);
	expect(values.tcache_max == TCACHE_MAX_LIMIT, "%zu", values.tcache_max);
	expect_outcome(OPTION_tcache_max, "0", OPTION_SET);
	expect(values.tcache_max == 0, "%zu", values.tcache_max);
}
END_TEST

START_TEST(the_alias_sets_its_target)
{
	option_reset(&values);
	expect_outcome(OPTION_lg_tcache_max, "10", OPTION_SET);
	expect(values.tcache_max == 1024, "%zu", values.tcache_max);
	expect_outcome(OPTION_lg_tcache_max, "99", OPTION_SET);
	expect(values.tcache_max == TCACHE_MAX_LIMIT, "%zu", values.tcache_max);
	expect_outcome(OPTION_lg_tcache_max, "x", OPTION_INVALID);
	expect_outcome(OPTION_hpa_purge_threshold_ratio, "0.5", OPTION_SET);
	expect(values.hpa_purge_threshold == THP_BYTES / 2, "%zu", values.hpa_purge_threshold);
	expect_outcome(OPTION_hpa_purge_threshold_ratio, "0", OPTION_SET);
	expect(values.hpa_purge_threshold == 0, "%zu", values.hpa_purge_threshold);
	expect_outcome(OPTION_hpa_purge_threshold_ratio, "1.5", OPTION_INVALID);
}
END_TEST

START_TEST(narenas_is_cut_to_its_width)
{
	option_reset(&values);
	expect_outcome(OPTION_narenas, "0", OPTION_OUT_OF_RANGE);
	expect_outcome(OPTION_narenas, "7", OPTION_SET);
	expect(values.narenas == 7, "%u", values.narenas);
	expect_outcome(OPTION_narenas, "4294967299", OPTION_SET);
	expect(values.narenas == 3, "%u", values.narenas);
	expect_outcome(OPTION_narenas, "default", OPTION_SET);
	expect(values.narenas == NARENAS_DEFAULT, "%u", values.narenas);
	expect_outcome(OPTION_narenas_ratio, "0.5", OPTION_SET);
	expect(values.narenas_ratio == 1u << 15, "%u", values.narenas_ratio);
	expect_outcome(OPTION_narenas_ratio, "70000", OPTION_INVALID);
}
END_TEST

START_TEST(words_are_shown_as_they_were_given)
{
	static const char *const junk[] = {"true", "alloc", "free", "false"};
	static const unsigned bits[] = {JUNK_BOTH, JUNK_ALLOC, JUNK_FREE, JUNK_NONE};
	option_reset(&values);
	for (size_t i = 0; i < ARRAY_LEN(junk); i++) {
		expect_outcome(OPTION_junk, junk[i], OPTION_SET);
		expect(values.junk == bits[i], "%s is %u", junk[i], values.junk);
		const char *shown = NULL;
		expect(option_value(&values, OPTION_junk, &shown) == &shown, "no word");
		expect(strcmp(shown, junk[i]) == 0, "%s is shown as %s", junk[i], shown);
	}
	expect_outcome(OPTION_junk, "fre", OPTION_INVALID);
	expect_outcome(OPTION_zero_realloc, "true", OPTION_INVALID); /* a word of another option */
	expect_outcome(OPTION_zero_realloc, "abort", OPTION_SET);
	const char *shown = NULL;
	option_value(&values, OPTION_zero_realloc, &shown);
	expect(strcmp(shown, "abort") == 0, "%s", shown);
	expect((JUNK_ALLOC | JUNK_FREE) == JUNK_BOTH, "junk is not made of bits");
}
END_TEST

START_TEST(letters_accumulate_each_once)
{
	option_reset(&values);
	expect(strcmp(values.stats_print_opts, "") == 0, "\"%s\"", values.stats_print_opts);
	expect_outcome(OPTION_stats_print_opts, "JJgmZq:", OPTION_SET);
	expect(strcmp(values.stats_print_opts, "Jgm") == 0, "\"%s\"", values.stats_print_opts);
	expect_outcome(OPTION_stats_print_opts, "mJgmdablxeh", OPTION_SET);
	expect(strcmp(values.stats_print_opts, "Jgmdablxeh") == 0, "\"%s\"",
	       values.stats_print_opts);
	expect(option_set(&values, OPTION_stats_print_opts, "\0\0", 2) == OPTION_SET, "NUL");
	expect(strlen(values.stats_print_opts) == 10, "\"%s\"", values.stats_print_opts);
}
END_TEST

START_TEST(size_ranges_are_kept_in_plain_decimals)
{
	option_reset(&values);
	expect(values.slab_sizes == NULL, "a default of slab_sizes");
	expect_outcome(OPTION_slab_sizes, "0x10-0100: 3", OPTION_SET);
	expect(strcmp(values.slab_sizes, "16-64:3") == 0, "%s", values.slab_sizes);
	expect_outcome(OPTION_slab_sizes, "1-2:3|4-5:6|", OPTION_SET);
	expect(strcmp(values.slab_sizes, "16-64:3|1-2:3|4-5:6") == 0, "%s", values.slab_sizes);
	expect_outcome(OPTION_slab_sizes, "7-8:9|foo|1-1:1", OPTION_INVALID_SETTINGS);
	expect(strcmp(values.slab_sizes, "16-64:3|1-2:3|4-5:6|7-8:9") == 0, "%s",
	       values.slab_sizes);
	expect_outcome(OPTION_slab_sizes, "default", OPTION_SET);
	expect(values.slab_sizes == NULL, "%s", values.slab_sizes);

	static const char *const wrong[] = {"",      "|",       "1",       "1-2",
					    "1:2-3", "-:",      "1-2:",    "-2:3",
					    "1-:3",  "1-2:3:4", "a-2:3",   "1-2:3||",
					    "1-2:x", "1-2:3|x", "1--2:3x", "1-2:3|default"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_outcome(OPTION_slab_sizes, wrong[i], OPTION_INVALID_SETTINGS);
}
END_TEST

START_TEST(ranges_have_a_range)
{
	struct option_range range;
	option_reset(&values);
	expect_outcome(OPTION_bin_shards, "8-64:1|1-18446744073709551615:64", OPTION_SET);
	expect_outcome(OPTION_bin_shards, "100-200:2|8-64:0|8-8:3", OPTION_INVALID_SETTINGS);
	expect_outcome(OPTION_bin_shards, "8-64:65", OPTION_INVALID_SETTINGS);
	expect_outcome(OPTION_bin_shards, "8-64:-1", OPTION_INVALID_SETTINGS);
	static const struct option_range expected[] = {
		{8, 64, 1}, {1, UINT64_MAX, 64}, {100, 200, 2}};
	const char *text = values.bin_shards;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		expect(option_next_range(&text, &range) &&
			       memcmp(&range, &expected[i], sizeof range) == 0,
		       "segment %zu of %s", i, values.bin_shards);
	expect(!option_next_range(&text, &range), "more than three in %s", values.bin_shards);
}
END_TEST

/* More segments than there is room for: an error, and what fits stays whole. */
START_TEST(size_ranges_end_where_the_room_ends)
{
	enum option_outcome outcome = OPTION_SET;
	size_t n = 0;
	option_reset(&values);
	while (outcome == OPTION_SET && n++ < 10000)
		outcome = set(OPTION_slab_sizes, "10000000000000000000-18446744073709551615:1");
	expect(outcome == OPTION_INVALID_SETTINGS, "%zu segments were taken", n);
	size_t length = strlen(values.slab_sizes);
	expect(length > 900 && strcmp(values.slab_sizes + length - 6, "1615:1") == 0, "cut: %s",
	       values.slab_sizes);
}
END_TEST

START_TEST(an_answer_is_shown_but_not_taken)
{
	option_reset(&values);
	expect_outcome(OPTION_thp, "not supported", OPTION_INVALID);
	expect(values.thp == THP_DEFAULT, "a refused word has set thp");
	values.thp = THP_NOT_SUPPORTED;
	const char *shown = NULL;
	option_value(&values, OPTION_thp, &shown);
	expect(strcmp(shown, "not supported") == 0, "shown as %s", shown);
}
END_TEST

START_TEST(values_have_the_type_of_their_row)
{
	option_reset(&values);
	for (unsigned i = 0; i < OPTIONS; i++) {
		const char *const *text;
		const char *word;
		if (option_rows[i].type != MOONHEAP_CTL_STRING)
			continue;
		text = option_value(&options_default, (enum option_index)i, &word);
		expect(text != NULL, "%s shows nothing", option_rows[i].name);
		expect(*text != NULL || !option_rows[i].listed, "%s is NULL", option_rows[i].name);
	}
	const char *none = NULL;
	expect(*(const bool *)option_value(&options_default, OPTION_retain, &none), "retain");
	expect(*(const ssize_t *)option_value(&options_default, OPTION_dirty_decay_ms, &none) ==
		       10000,
	       "dirty_decay_ms");
	expect(*(const unsigned *)option_value(&options_default, OPTION_tcache_nslots_large,
					       &none) == 20,
	       "tcache_nslots_large");
	expect(none == NULL, "a number is a word");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		rows_are_alphabetical_and_explained,
		flags_take_two_words,
		numbers_outside_are_refused_or_clipped,
		the_alias_sets_its_target,
		narenas_is_cut_to_its_width,
		words_are_shown_as_they_were_given,
		letters_accumulate_each_once,
		size_ranges_are_kept_in_plain_decimals,
		size_ranges_end_where_the_room_ends,
		ranges_have_a_range,
		an_answer_is_shown_but_not_taken,
		values_have_the_type_of_their_row,
		NULL,
	};
	return suite_run("option", cases);
}
