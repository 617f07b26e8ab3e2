/* agent_environment.h - what 'moonheap run' tells the agent, and the trace of it that is removed.
 *
 * 'moonheap run' starts a program with LD_PRELOAD set to the allocator and the agent, and with
 * MOONHEAP_* variables. The program's children are none of our business: before main() runs,
 * LD_PRELOAD is what the user had (kept in MOONHEAP_RUN_PRELOAD), and the other variables are gone.
 * Nothing is allocated for that.
 */
#ifndef MOONHEAP_AGENT_ENVIRONMENT_H
#define MOONHEAP_AGENT_ENVIRONMENT_H

/* The strings stay where the program's environment had them. */
struct agent_environment {
	const char *agent;       /* MOONHEAP_AGENT: "1" starts it */
	const char *memory_mib;  /* MOONHEAP_AGENT_MEMORY: a session's limit */
	const char *runtime_dir; /* MOONHEAP_RUNTIME_DIR */
	const char *xdg_runtime_dir;
};

/* Reads the variables from an environment and, when MOONHEAP_AGENT is among them, cleans it.
 * MOONHEAP_RUNTIME_DIR stays: it is the user's setting, and 'moonheap' run by a child needs it. */
struct agent_environment agent_environment_take(char **environment);

#endif
