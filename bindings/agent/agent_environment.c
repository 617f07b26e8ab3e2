#include "agent_environment.h"

#include <stddef.h>
#include <string.h>

/* The value when the entry is NAME=value, else NULL. */
static char *value_of(char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=' ? entry + n + 1 : NULL;
}

static void remove_all(char **environment, const char *name)
{
	char **to = environment;

	for (char **from = environment; *from != NULL; from++)
		if (value_of(*from, name) == NULL)
			*to++ = *from;
	*to = NULL;
}

/* "MOONHEAP_RUN_PRELOAD=value" has room for "LD_PRELOAD=value" at its end. */
static void restore_preload(char **environment, char *value)
{
	static const char name[] = "LD_PRELOAD=";
	char *entry = value - strlen(name);

	memcpy(entry, name, strlen(name));
	for (char **at = environment; *at != NULL; at++) {
		if (value_of(*at, "LD_PRELOAD") == NULL || *at == entry)
			continue;
		*at = entry;
		return;
	}
}

struct agent_environment agent_environment_take(char **environment)
{
	struct agent_environment taken = {0};
	char *preload = NULL;

	for (char **at = environment; *at != NULL; at++) {
		char *value;
		if ((value = value_of(*at, "MOONHEAP_AGENT")) != NULL)
			taken.agent = value;
		else if ((value = value_of(*at, "MOONHEAP_AGENT_MEMORY")) != NULL)
			taken.memory_mib = value;
		else if ((value = value_of(*at, "MOONHEAP_RUNTIME_DIR")) != NULL)
			taken.runtime_dir = value;
		else if ((value = value_of(*at, "XDG_RUNTIME_DIR")) != NULL)
			taken.xdg_runtime_dir = value;
		else if ((value = value_of(*at, "MOONHEAP_RUN_PRELOAD")) != NULL)
			preload = value;
	}
	if (taken.agent == NULL)
		return taken;
	remove_all(environment, "MOONHEAP_AGENT");
	remove_all(environment, "MOONHEAP_AGENT_MEMORY");
	remove_all(environment, "MOONHEAP_RUN_PRELOAD");
	if (preload == NULL)
		return taken; /* not started by 'moonheap run': LD_PRELOAD is the user's */
	if (preload[0] == '\0')
		remove_all(environment, "LD_PRELOAD");
	else
		restore_preload(environment, preload);
	return taken;
}
