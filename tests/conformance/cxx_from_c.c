/* cxx_from_c MODULE - a C program, which has no C++ library. The operators are there all the same,
 * since any library that it loads may need them; and once a C++ module is loaded, privately,
 * operator new throws to it. Exit status 0: all was right. */
#include "child.h"
#include "expect.h"
#include "heap_under_test.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

static void *find(void *library, const char *name)
{
	void *address = dlsym(library, name);

	expect(address != NULL, "%s: %s", name, dlerror());
	return address;
}

static int fail_without_anybody_to_catch(void *operator_new)
{
	void *(*allocate)(size_t);
	volatile size_t much = SIZE_MAX / 2;

	memcpy(&allocate, &operator_new, sizeof allocate);
	allocate(much);
	return 0;
}

int main(int argc, char **argv)
{
	void *(*operator_new)(size_t);
	void (*operator_delete)(void *);
	void *address, *module;
	int (*run)(void);
	struct child_end end;
	int result;

	expect(argc == 2, "usage: cxx_from_c MODULE");
	if (!heap_is_moonheap())
		return 77; /* other libraries bring the C++ library with them */
	expect(dlopen("libstdc++.so.6", RTLD_NOLOAD | RTLD_NOW) == NULL,
	       "the C++ library is here before anybody asked for it");
	address = find(RTLD_DEFAULT, "_Znwm");
	memcpy(&operator_new, &address, sizeof address);
	child_run(fail_without_anybody_to_catch, address, 20, &end);
	expect(end.signal == SIGABRT && end.output[0] != '\0', "operator new out of memory: %s: %s",
	       child_describe(&end), end.output);
	address = find(RTLD_DEFAULT, "_ZdlPv");
	memcpy(&operator_delete, &address, sizeof address);
	address = operator_new(100);
	expect(address != NULL, "operator new gives NULL");
	operator_delete(memset(address, 1, 100));
	module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	expect(module != NULL, "dlopen: %s", dlerror());
	address = find(module, "cxx_module_run");
	memcpy(&run, &address, sizeof address);
	result = run();
	expect(result == 0, "the module says %d", result);
	return 0;
}
