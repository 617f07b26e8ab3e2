/* agent.h - the agent in a program that was not started by 'moonheap run'.
 *
 * Link or dlopen libmoonheap-agent.so and call this when the program is ready; the agent then
 * waits, asleep, for 'moonheap attach'. It is the library's only symbol.
 */
#ifndef MOONHEAP_AGENT_H
#define MOONHEAP_AGENT_H

#ifdef __cplusplus
extern "C" {
#endif

/* Start the agent's thread and its socket (docs/protocol.md says where). 0, or an errno: EALREADY
 * when it runs, EPERM in a privileged program, what the socket's directory refused. */
int moonheap_agent_start(void);

#ifdef __cplusplus
}
#endif

#endif
