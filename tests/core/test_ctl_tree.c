/* test_ctl_tree.c - names and MIBs: what resolves, what does not, and how far. */
#include "ctl_tree.h"

#include <stdlib.h>
#include "ctl_read.h"
#include "suite.h"

static int to_mib(const char *name, size_t *mib, size_t *depth)
{
	*depth = MOONHEAP_CTL_DEPTH_MAX;
	return ctl_name_to_mib(name, mib, depth);
}

static void expect_no_name(const char *name)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth, value, length = sizeof(value);
	ctl_expect(to_mib(name, mib, &depth), ENOENT, name);
	expect(depth == MOONHEAP_CTL_DEPTH_MAX, "%s: the capacity became %zu", name, depth);
	ctl_expect(ctl_by_name(name, &value, &length, NULL, 0), ENOENT, name);
}

/* Programs know these: they exist under this name, whatever else the table holds. */
START_TEST(names_that_programs_use)
{
	static const char *const names[] = {
		"version",
		"epoch",
		"background_thread",
		"max_background_threads",
		"thread.arena",
		"thread.allocatedp",
		"thread.tcache.flush",
		"tcache.create",
		"arena.0.purge",
		"arena.4096.purge",
		"arenas.narenas",
		"arenas.nbins",
		"arenas.bin.0.size",
		"arenas.lextent.0.size",
		"arenas.create",
		"opt.narenas",
		"opt.dirty_decay_ms",
		"config.stats",
		"prof.active",
		"stats.allocated",
		"stats.active",
		"stats.resident",
		"stats.mapped",
		"stats.retained",
		"stats.metadata",
		"stats.arenas.0.pdirty",
		"stats.arenas.0.small.allocated",
		"stats.arenas.0.bins.0.curregs",
		"stats.arenas.0.lextents.0.curlextents",
		"stats.arenas.0.extents.0.ndirty",
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth;
		ctl_expect(to_mib(names[i], mib, &depth), 0, names[i]);
	}
}
END_TEST

START_TEST(wrong_names)
{
	static const char *const wrong[] = {"",
					    ".",
					    "nothing",
					    "Epoch",
					    "epoc",
					    "epochs",
					    ".epoch",
					    "epoch.",
					    "epoch.x",
					    "epoch.0",
					    "stats..allocated",
					    "stats.",
					    "arenas.bin..size",
					    "arenas.bin.<bin>.size",
					    "arenas.bin.x.size",
					    "arenas.bin.-1.size",
					    "arenas.bin.+1.size",
					    "arenas.bin. 1.size",
					    "arenas.bin.0x1.size",
					    "arenas.bin.1x.size",
					    "arenas.bin.0.size.0",
					    "arenas.bin.18446744073709551616.size",
					    "stats.arenas.0.bins.0.mutex.num_ops.more.and.more"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		expect_no_name(wrong[i]);
}
END_TEST

START_TEST(interior_names_have_a_mib_and_no_value)
{
	static const char *const interior[] = {"stats",          "stats.arenas",
					       "stats.arenas.0", "stats.arenas.0.bins.3",
					       "arenas.bin",     "arena.0"};
	for (size_t i = 0; i < ARRAY_LEN(interior); i++) {
		size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth, value, length = sizeof(value);
		ctl_expect(to_mib(interior[i], mib, &depth), 0, interior[i]);
		size_t components = 1;
		for (const char *dot = interior[i]; (dot = strchr(dot, '.')) != NULL; dot++)
			components++;
		expect(depth == components, "%s has %zu components", interior[i], depth);
		ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), ENOENT, interior[i]);
		ctl_expect(ctl_by_name(interior[i], &value, &length, NULL, 0), ENOENT, interior[i]);
	}
}
END_TEST

START_TEST(too_little_room_stores_the_beginning)
{
	size_t whole[MOONHEAP_CTL_DEPTH_MAX], depth;
	ctl_expect(to_mib("arenas.bin.2.size", whole, &depth), 0, "arenas.bin.2.size");
	expect(depth == 4 && whole[2] == 2, "arenas.bin.2.size");
	for (size_t room = 0; room < 4; room++) {
		size_t part[MOONHEAP_CTL_DEPTH_MAX] = {77, 77, 77, 77, 77, 77, 77}, stored = room;
		ctl_expect(ctl_name_to_mib("arenas.bin.2.size", part, &stored), 0, "a part");
		expect(stored == room && part[room] == 77, "%zu components", stored);
		expect(memcmp(part, whole, room * sizeof(part[0])) == 0, "other numbers");
	}
	/* What lies behind the room is not looked at, but a leaf has nothing behind it. */
	size_t one[1], stored = 1;
	ctl_expect(ctl_name_to_mib("arenas.nonsense", one, &stored), 0, "arenas.nonsense");
	stored = 1;
	ctl_expect(ctl_name_to_mib("epoch.nonsense", one, &stored), ENOENT, "epoch.nonsense");
}
END_TEST

START_TEST(indices_of_a_mib_are_the_callers)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth, value = 0, length = sizeof(value);
	ctl_expect(to_mib("arenas.bin.0.size", mib, &depth), 0, "arenas.bin.0.size");
	unsigned nbins = CTL_READ(unsigned, "arenas.nbins");
	for (unsigned i = 0; i < nbins; i++) {
		size_t before = value;
		mib[2] = i;
		ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), 0, "a bin");
		expect(value > before, "bin %u has regions of %zu bytes", i, value);
	}
	for (size_t too_much = nbins; too_much != 0; too_much = too_much * 2) {
		mib[2] = too_much;
		ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), ENOENT, "no bin");
	}
}
END_TEST

START_TEST(wrong_mibs)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX + 1] = {0}, depth, value, length = sizeof(value);
	ctl_expect(to_mib("stats.arenas.0.bins.0.curregs", mib, &depth), 0, "curregs");
	ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), 0, "curregs");
	for (size_t i = 0; i <= MOONHEAP_CTL_DEPTH_MAX + 1; i++)
		if (i != depth)
			ctl_expect(ctl_by_mib(mib, i, &value, &length, NULL, 0), ENOENT, "length");
	for (size_t i = 0; i < depth; i++) {
		size_t right = mib[i];
		for (size_t number = 1; number != 0; number *= 2) {
			bool is_index = i == 2 || i == 4;
			if (number == right || (is_index && number < 64))
				continue;
			mib[i] = number;
			if (i == 2 && number == 4096)
				continue; /* all arenas */
			if (i == depth - 1 && number < ctl_rows_count)
				continue; /* may be a sibling */
			ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), ENOENT,
				   "no row");
		}
		mib[i] = SIZE_MAX;
		ctl_expect(ctl_by_mib(mib, depth, &value, &length, NULL, 0), ENOENT, "SIZE_MAX");
		mib[i] = right;
	}
}
END_TEST

START_TEST(nothing_to_work_with_is_an_error)
{
	size_t mib[MOONHEAP_CTL_DEPTH_MAX], depth = MOONHEAP_CTL_DEPTH_MAX;
	ctl_expect(ctl_by_name(NULL, NULL, NULL, NULL, 0), EINVAL, "no name");
	ctl_expect(ctl_name_to_mib(NULL, mib, &depth), EINVAL, "no name");
	ctl_expect(ctl_name_to_mib("epoch", NULL, &depth), EINVAL, "no room");
	ctl_expect(ctl_name_to_mib("epoch", mib, NULL), EINVAL, "no capacity");
	ctl_expect(ctl_by_mib(NULL, 1, NULL, NULL, NULL, 0), EINVAL, "no MIB");
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {names_that_programs_use,
				      wrong_names,
				      interior_names_have_a_mib_and_no_value,
				      too_little_room_stores_the_beginning,
				      indices_of_a_mib_are_the_callers,
				      wrong_mibs,
				      nothing_to_work_with_is_an_error,
				      NULL};
	return suite_run("ctl_tree", cases);
}
