/* deepbind_plugin.h - what deepbind_plugin.so offers to deepbind.c, which opens it. */
#ifndef TESTS_HOSTS_DEEPBIND_PLUGIN_H
#define TESTS_HOSTS_DEEPBIND_PLUGIN_H

#include <stddef.h>

struct plugin {
	/* Objects by every way in which a library makes them: malloc and its family, and functions
	 * of the C library that return memory. NULL after the last. The caller frees them. */
	void *(*make)(unsigned way);
	/* Resizes and frees what the caller made. */
	void (*take)(void *object);
	/* The malloc that the plugin's own code calls. */
	void *(*malloc)(size_t size);
	/* Opens deepbind_inner.so, which only the plugin's own RUNPATH finds; NULL or an error. */
	const char *(*open_inner)(int flags);
	/* Made by the plugin's constructor, inside dlopen(). */
	char *from_constructor;
};

#endif
