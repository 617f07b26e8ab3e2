/* place.h - where things are: the sockets of agents, our libraries and scripts, the user's history.
 *
 * The rules stand here alone. Each function writes an absolute path; false when there is none, or
 * it does not fit.
 */
#ifndef CONSOLE_PLACE_H
#define CONSOLE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The directory in which the agents of this user's processes listen, as docs/protocol.md says:
 * $MOONHEAP_RUNTIME_DIR, else $XDG_RUNTIME_DIR/moonheap, else /run/user/UID/moonheap if
 * /run/user/UID exists, else /run/moonheap for root, else /tmp/moonheap-UID. The environment is
 * ours and counts only for ourselves: pass it as false for other users. */
bool place_runtime_dir(uid_t uid, bool use_environment, char *path, size_t size);

/* A library of ours: beside the build tree's bin/, or in the installed library directory. When
 * there is none, path holds the last place where it was looked for. */
bool place_library(const char *name, char *path, size_t size);

/* The directory of the canned scripts: $MOONHEAP_SCRIPTS, the installed one, the source tree's. */
bool place_scripts(char *path, size_t size);

/* A file below $XDG_STATE_HOME/moonheap (~/.local/state/moonheap); the directory is made. */
bool place_state_file(const char *name, char *path, size_t size);

#endif
