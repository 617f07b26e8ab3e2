#include "option_texts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "moonheap/moonheap.h"
#include "os.h"
#include "os_call.h"

/* A build can bring options of its own. */
#ifndef MALLOC_CONF_BUILD
#define MALLOC_CONF_BUILD ""
#endif

/* The program may define these itself; its definitions then win over ours. */
EXPORT __attribute__((weak)) const char *API(malloc_conf) = NULL;
EXPORT __attribute__((weak)) const char *API(malloc_conf_2_conf_harder) = NULL;

const char *options_texts[OPTION_SOURCES];

/* Whether an entry "NAME=value" of the environment has this name: then the value, else NULL. */
static ALWAYS_RUN const char *value_of(const char *entry, const char *name)
{
	size_t length = strlen(name);
	return strncmp(entry, name, length) == 0 && entry[length] == '=' ? entry + length + 1
									 : NULL;
}

/* The same environment, asked from the kernel. */
static const char *environment_of_process(const char *name)
{
	static APART char block[128 * 1024];
	size_t length = os_read_file("/proc/self/environ", block, sizeof block - 1);
	const char *value = NULL;
	for (const char *entry = block; entry < block + length && value == NULL;
	     entry += strlen(entry) + 1)
		value = value_of(entry, name);
	return value;
}

/* The value of a variable of the environment. Nothing of the C library may be relied upon yet but
 * the pointer, and not even that before its own start-up ran: a function in .preinit_array may be
 * the first to allocate. */
static ALWAYS_RUN const char *environment(const char *name)
{
	const char *value = NULL;
	if (environ == NULL)
		return environment_of_process(name);
	for (char **entry = environ; *entry != NULL && value == NULL; entry++)
		value = value_of(*entry, name);
	return value;
}

/* The target of the link; the target need not exist. */
static ALWAYS_RUN const char *link_target(const char *path)
{
	static APART char target[PATH_MAX];
	int saved_errno = errno;
	ssize_t length = os_call(readlink, -1, readlink(path, target, sizeof target - 1));
	errno = saved_errno;
	if (length < 0)
		return NULL;
	target[length] = '\0';
	return target;
}

/* A copy, cut where it is very long: programs write over their environment. */
static ALWAYS_RUN const char *keep(const char *text)
{
	static APART char kept[4096];
	if (text == NULL)
		return NULL;
	size_t length = strlen(text);
	memcpy(kept, text, length < sizeof kept ? length : sizeof kept - 1);
	return kept;
}

/* A program that runs with more rights than its user has listens to nobody but itself. */
ALWAYS_RUN void option_texts_fetch(const char *texts[OPTION_SOURCES])
{
	bool is_privileged = os_is_privileged();
	const char *const found[OPTION_SOURCES] = {
		[OPTION_SOURCE_BUILD] = MALLOC_CONF_BUILD,
		[OPTION_SOURCE_PROGRAM] = API(malloc_conf),
		[OPTION_SOURCE_LINK] = is_privileged ? NULL : link_target(OPTION_LINK),
		[OPTION_SOURCE_ENVIRONMENT] = is_privileged ? NULL : environment(OPTION_VARIABLE),
		[OPTION_SOURCE_HARDER] = API(malloc_conf_2_conf_harder),
	};
	memcpy(texts, found, sizeof found);
	memcpy(options_texts, found, sizeof found);
	options_texts[OPTION_SOURCE_ENVIRONMENT] = keep(found[OPTION_SOURCE_ENVIRONMENT]);
}
