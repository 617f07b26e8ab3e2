/* effects.c - each effect is there, and its test misses it once it is taken away: see effect.h.
 *
 *   effects                     all of them, as cases of Check
 *   effects here                names those that this system cannot show; exit status 77: some
 *   effects NAME [without]      one, in this process; exit status 0: it is there, 41: it is not,
 *                               77: cannot tell. Anything else, a crash or a failed expect(), says
 *                               nothing about the effect, and so is no proof that it was missed.
 *   effects allocate KIBIBYTES  what effect_said() listens to
 */
#include "effect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "child.h"
#include "ctl_row.h"
#include "expect.h"
#include "heap_under_test.h"
#include "option.h"
#include "suite.h"

#define THERE    0
#define MISSED   41
#define NOT_HERE 77

static struct effect *effects;
static int count;

void effect_add(struct effect *effect)
{
	effect->next = effects;
	effects = effect;
	count++;
}

/* -- in the process that shows it -------------------------------------------------------------- */

static int set_nothing(const struct ctl_call *call UNUSED, const union ctl_value *value UNUSED)
{
	return 0;
}

static int do_nothing(const struct ctl_call *call UNUSED, const union ctl_value *argument UNUSED,
		      union ctl_value *result)
{
	if (result != NULL)
		*result = (union ctl_value){.u64 = 0};
	return 0;
}

static int do_nothing_raw(const struct ctl_call *call UNUSED,
			  const struct ctl_buffers *caller UNUSED)
{
	return 0;
}

static void take_away(const char *path)
{
	struct ctl_row *row = NULL;
	for (size_t i = 0; i < moonheap_ctl_count() && row == NULL; i++)
		if (strcmp(ctl_rows[i].about.path, path) == 0)
			row = &ctl_rows[i];
	expect(row != NULL, "there is no row %s", path);
	row->condition = NULL;
	if (row->source == CTL_VALUE)
		row->from.value.set = set_nothing;
	else if (row->source == CTL_ACTION)
		row->from.act = do_nothing;
	else if (row->source == CTL_RAW)
		row->from.raw.call = do_nothing_raw;
	else
		expect(false, "%s has no effect", path);
}

static bool is_of_option(const struct effect *effect)
{
	return strncmp(effect->name, "opt.", 4) == 0;
}

static const struct effect *find(const char *name)
{
	const struct effect *effect = effects;
	while (effect != NULL && strcmp(effect->name, name) != 0)
		effect = effect->next;
	expect(effect != NULL, "nothing shows the effect of %s", name);
	return effect;
}

static int show(const char *name, bool without)
{
	const struct effect *effect = find(name);
	if (without && !is_of_option(effect))
		take_away(name);
	return effect->shows() ? THERE : MISSED;
}

_Noreturn void effect_not_here(void)
{
	_exit(NOT_HERE);
}

bool effect_ends_with(int (*body)(void *argument), void *argument, const char *words)
{
	struct child_end end;
	child_run(body, argument, 20, &end);
	return end.signal != 0 && strstr(end.output, words) != NULL;
}

const char *effect_said(const char *more, unsigned kibibytes)
{
	static struct child_end end;
	static char self[] = "/proc/self/exe", word[] = "allocate";
	const char *conf = getenv("MALLOC_CONF");
	char entry[600], number[16];
	snprintf(entry, sizeof(entry), "MALLOC_CONF=%s%s%s", conf, *conf && *more ? "," : "", more);
	snprintf(number, sizeof(number), "%u", kibibytes);
	char *argv[] = {self, word, number, NULL}, *environment[] = {entry, NULL};
	child_exec(argv, environment, 20, &end);
	return end.output;
}

static int allocate(unsigned kibibytes)
{
	for (unsigned i = 0; i < kibibytes; i++)
		H(free)(H(malloc)(1024));
	return 0;
}

/* -- in the process that asks for it ----------------------------------------------------------- */

/* The options of an effect, as an entry of the environment; without: all but the one it is of. */
static void write_conf(const struct effect *effect, bool without, char *entry, size_t size)
{
	const char *option = effect->name + strlen("opt.");
	size_t length = (size_t)snprintf(entry, size, "MALLOC_CONF=");
	const char *separator = "";
	for (const char *pair = effect->conf; *pair != '\0';) {
		size_t end = strcspn(pair, ",");
		bool is_it = is_of_option(effect) && strncmp(pair, option, strlen(option)) == 0 &&
			     pair[strlen(option)] == ':';
		if (!is_it || !without) {
			length += (size_t)snprintf(entry + length, size - length, "%s%.*s",
						   separator, (int)end, pair);
			separator = ",";
		}
		pair += end + (pair[end] == ',');
	}
}

static void run(const struct effect *effect, bool without, struct child_end *end)
{
	static char self[] = "/proc/self/exe", word[] = "without";
	char name[128], entry[512];
	snprintf(name, sizeof(name), "%s", effect->name);
	write_conf(effect, without, entry, sizeof(entry));
	char *argv[] = {self, name, without ? word : NULL, NULL};
	char *environment[] = {entry, NULL};
	child_exec(argv, environment, 60, end);
}

static bool ends_with(const struct child_end *end, int status)
{
	return end->signal == 0 && !end->timed_out && end->status == status;
}

static int name_those_not_here(void)
{
	int status = EXIT_SUCCESS;
	for (const struct effect *effect = effects; effect != NULL; effect = effect->next) {
		struct child_end end;
		run(effect, false, &end);
		if (!ends_with(&end, NOT_HERE))
			continue;
		printf("skipped: this system cannot show the effect of %s\n", effect->name);
		status = NOT_HERE;
	}
	return status;
}

static const struct effect *effect_at(int i)
{
	const struct effect *effect = effects;
	while (i-- > 0)
		effect = effect->next;
	return effect;
}

START_TEST(it_is_there)
{
	const struct effect *effect = effect_at(_i);
	struct child_end end;
	run(effect, false, &end);
	expect(ends_with(&end, THERE) || ends_with(&end, NOT_HERE), "%s has no effect: %s; %s",
	       effect->name, child_describe(&end), end.output);
}
END_TEST

START_TEST(it_would_be_missed)
{
	const struct effect *effect = effect_at(_i);
	struct child_end end;
	run(effect, true, &end);
	if (ends_with(&end, NOT_HERE)) /* then it is not for want of the effect */
		run(effect, false, &end);
	else
		expect(!ends_with(&end, THERE), "the test of %s does not miss its effect",
		       effect->name);
	expect(ends_with(&end, MISSED) || ends_with(&end, NOT_HERE),
	       "without %s its test ends otherwise: %s; %s", effect->name, child_describe(&end),
	       end.output);
}
END_TEST

START_TEST(each_is_of_something)
{
	const struct effect *effect = effect_at(_i);
	expect(find(effect->name) == effect, "two tests of %s", effect->name);
	if (is_of_option(effect)) {
		const char *option = effect->name + strlen("opt.");
		expect(option_find(option, strlen(option)) != OPTIONS, "no option %s", option);
		char with[512], without[512];
		write_conf(effect, false, with, sizeof(with));
		write_conf(effect, true, without, sizeof(without));
		expect(strcmp(with, without) != 0, "%s is not set", effect->name);
		return;
	}
	const struct moonheap_ctl_row *row = moonheap_ctl_describe(effect->name);
	expect(row != NULL && row->access != MOONHEAP_CTL_READ, "%s does nothing", effect->name);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const cases[] = {each_is_of_something, it_is_there, it_would_be_missed, NULL};
	if (argc == 3 && strcmp(argv[1], "allocate") == 0)
		return allocate((unsigned)atoi(argv[2]));
	if (argc == 2 && strcmp(argv[1], "here") == 0)
		return name_those_not_here();
	if (argc >= 2)
		return show(argv[1], argc > 2);
	return suite_run_rows("effects", cases, count);
}
