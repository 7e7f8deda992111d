/* term.h - signals, and the terminal given back on every way out. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "sim/machine.h"

/* Handlers for SIGINT, SIGTERM, SIGHUP (noted; term_signal says which) and for crashes (terminal restored,
 * then the signal's own end).  A second ending signal ends at once. */
void term_install(void);
int term_signal(void);            /* SIGTERM or SIGHUP that came, or SIGINT when nobody catches it; 0 */
/* SIGINT stops this machine, and sets *interrupted when that is not NULL (else it ends the program). */
void term_watch_interrupts(struct hw *running, volatile int *interrupted);
/* What restores the screen: bytes for the terminal, async-signal-safe; NULL: no screen now. */
void term_screen_restore(const char *bytes);
/* Remember how the terminal was, put it back. */
void term_remember(void);
void term_restore(void);
/* Can a screen be opened here? */
bool term_has_screen(void);
/* End as the signal would have. */
_Noreturn void term_die(int signal_number);

#endif
