/* deepbind - libraries that are opened with RTLD_DEEPBIND share this malloc with everybody else,
 * and are found by the RUNPATH of who opens them, as if the dlopen() in between were not there. */
#include "child.h"
#include "deepbind_plugin.h"
#include "expect.h"
#include "heap_under_test.h"
#include "suite.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { FLAGS = RTLD_NOW | RTLD_DEEPBIND };

static struct plugin *open_plugin(void)
{
	/* No slash: found by this program's RUNPATH, or not at all. */
	void *library = dlopen("deepbind_plugin.so", FLAGS);
	struct plugin *plugin = library ? dlsym(library, "deepbind_plugin") : NULL;

	expect(plugin != NULL, "%s", dlerror());
	return plugin;
}

START_TEST(objects_change_sides)
{
	struct plugin *plugin = open_plugin();
	unsigned ways;
	void *object;

	for (ways = 0; (object = plugin->make(ways)) != NULL; ways++) {
		expect(malloc_usable_size(object) > 0, "way %u: an object of another heap", ways);
		free(object);
		plugin->take(plugin->make(ways));
	}
	expect(ways == 11, "the plugin failed in way %u", ways);
	plugin->take(malloc(10));
	plugin->take(strdup("from the program"));
	free(plugin->from_constructor);
}
END_TEST

START_TEST(the_callers_runpath_counts)
{
	struct plugin *plugin = open_plugin();
	const char *error = plugin->open_inner(FLAGS);

	expect(error == NULL, "the plugin cannot open what its RUNPATH names: %s", error);
	/* By now it is loaded, and found by its name; but not by our RUNPATH. */
	expect(dlopen("inner/deepbind_inner.so", FLAGS) == NULL, "found without a RUNPATH");
}
END_TEST

START_TEST(the_rest_is_as_ever)
{
	void *self = dlopen(NULL, RTLD_LAZY | RTLD_DEEPBIND);
	const char *error;

	expect(self != NULL && dlsym(self, "malloc") != NULL, "the program itself: %s", dlerror());
	expect(dlopen("no-such-library.so", FLAGS) == NULL, "opened what is not there");
	error = dlerror();
	expect(error != NULL && strstr(error, "no-such-library.so") != NULL, "dlerror: %s", error);
	expect(dlopen("deepbind_plugin.so", FLAGS | RTLD_NOLOAD) == NULL, "loaded already");
	open_plugin();
	expect(dlopen("deepbind_plugin.so", FLAGS | RTLD_NOLOAD) != NULL, "RTLD_NOLOAD: %s",
	       dlerror());
}
END_TEST

/* Runs in a process of its own, with dlopen_deepbind:true. */
static int plugin_has_another_malloc(void)
{
	struct plugin *plugin = open_plugin();

	return plugin->malloc != malloc ? 0 : 1;
}

START_TEST(the_flag_is_let_through_on_request)
{
	char *const argv[] = {"/proc/self/exe", "through", NULL};
	char preload[4096];
	char *const environment[] = {preload, "MALLOC_CONF=dlopen_deepbind:true", NULL};
	struct child_end end;

	expect(strlen(getenv("LD_PRELOAD")) < sizeof preload - 20, "LD_PRELOAD is too long");
	strcpy(stpcpy(preload, "LD_PRELOAD="), getenv("LD_PRELOAD"));
	expect(open_plugin()->malloc == malloc, "the plugin has a malloc of its own");
	child_exec(argv, environment, 20, &end);
	expect(end.signal == 0 && end.status == 0, "%s: %s", child_describe(&end), end.output);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "through") == 0)
		return plugin_has_another_malloc();
	if (!heap_is_moonheap())
		return 77; /* elsewhere this crashes */
	return suite_run("deepbind",
			 (const TTest *[]){objects_change_sides, the_callers_runpath_counts,
					   the_rest_is_as_ever, the_flag_is_let_through_on_request,
					   NULL});
}
