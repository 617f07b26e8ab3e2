#include "place.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static bool put(char *path, size_t size, const char *format,
						      ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(path, size, format, arguments);
	va_end(arguments);
	return length >= 0 && (size_t)length < size;
}

static const char *absolute_from_environment(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && value[0] == '/' ? value : NULL;
}

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool place_runtime_dir(uid_t uid, bool use_environment, char *path, size_t size)
{
	if (use_environment) {
		const char *own = absolute_from_environment("MOONHEAP_RUNTIME_DIR");
		if (own != NULL)
			return put(path, size, "%s", own);
		const char *session = absolute_from_environment("XDG_RUNTIME_DIR");
		if (session != NULL)
			return put(path, size, "%s/moonheap", session);
	}
	if (put(path, size, "/run/user/%u", (unsigned)uid) && is_directory(path))
		return put(path, size, "/run/user/%u/moonheap", (unsigned)uid);
	if (uid == 0)
		return put(path, size, "/run/moonheap");
	return put(path, size, "/tmp/moonheap-%u", (unsigned)uid);
}

/* The directory that this program was started from, symbolic links resolved. */
static bool own_directory(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	if (length <= 0)
		return false;
	path[length] = '\0';
	char *slash = strrchr(path, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/* A build tree is told by CMake's cache beside bin/. */
static bool in_build_tree(const char *bin)
{
	char cache[PATH_MAX];
	return put(cache, sizeof cache, "%s/../CMakeCache.txt", bin) && access(cache, F_OK) == 0;
}

/* bin/../RELATIVE without the dots, so that the path reads well in a process list. */
static bool beside(const char *bin, const char *relative, char *path, size_t size)
{
	char joined[PATH_MAX], real[PATH_MAX];
	if (!put(joined, sizeof joined, "%s/%s", bin, relative))
		return false;
	return put(path, size, "%s", realpath(joined, real) != NULL ? real : joined);
}

/* Where the libraries are as seen from bin/: built, and installed. The two may be alike. */
static const char built_lib[] = "../lib";
static const char installed_lib[] = MOONHEAP_LIB_FROM_BIN;

bool place_library(const char *name, char *path, size_t size)
{
	char bin[PATH_MAX], relative[PATH_MAX];
	if (own_directory(bin, sizeof bin)) {
		bool building = in_build_tree(bin);
		const char *lib = building ? built_lib : installed_lib;
		snprintf(relative, sizeof relative, "%s/%s", lib, name);
		bool found = beside(bin, relative, path, size) && access(path, R_OK) == 0;
		if (found || building)
			return found;
	}
	return put(path, size, "%s/%s", MOONHEAP_LIBDIR, name) && access(path, R_OK) == 0;
}

bool place_scripts(char *path, size_t size)
{
	const char *own = getenv("MOONHEAP_SCRIPTS");
	if (own != NULL && own[0] != '\0')
		return put(path, size, "%s", own);
	char bin[PATH_MAX];
	if (own_directory(bin, sizeof bin)) {
		const char *relative =
			in_build_tree(bin) ? "../../scripts" : MOONHEAP_SCRIPTS_FROM_BIN;
		if (beside(bin, relative, path, size) && is_directory(path))
			return true;
	}
	return put(path, size, "%s", MOONHEAP_SCRIPTS_DIR) && is_directory(path);
}

/* mkdir -p, readable by nobody else. */
static bool make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash != NULL)
			*slash = '\0';
		bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
		if (slash == NULL)
			return made;
		*slash = '/';
		if (!made)
			return false;
	}
}

bool place_state_file(const char *name, char *path, size_t size)
{
	const char *state = absolute_from_environment("XDG_STATE_HOME");
	const char *home = absolute_from_environment("HOME");
	bool named = false;
	if (state != NULL)
		named = put(path, size, "%s/moonheap", state);
	else if (home != NULL)
		named = put(path, size, "%s/.local/state/moonheap", home);
	if (!named || !make_directories(path))
		return false;
	size_t length = strlen(path);
	return put(path + length, size - length, "/%s", name);
}
