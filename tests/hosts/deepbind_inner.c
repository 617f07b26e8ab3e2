/* deepbind_inner.so - a library that allocates while it is loaded, in a folder that only the
 * RUNPATH of deepbind_plugin.so names. */
#include <stdlib.h>
#include <string.h>

extern char *deepbind_inner;
char *deepbind_inner;

__attribute__((constructor)) static void start(void)
{
	deepbind_inner = strdup("inner");
}
