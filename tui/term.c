#include "tui/term.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct hw *volatile watched;
static volatile int *volatile flag;
static volatile sig_atomic_t came;
static const char *volatile restore_bytes;
static struct termios before;
static volatile sig_atomic_t remembered;

void term_remember(void)
{
    remembered = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
}

/* Only what a signal handler may call. */
void term_restore(void)
{
    const char *bytes = restore_bytes;
    restore_bytes = NULL;
    if (bytes && write(STDOUT_FILENO, bytes, strlen(bytes)) < 0)
        return;
    if (bytes && remembered)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void term_screen_restore(const char *bytes)
{
    restore_bytes = bytes;
}

void term_die(int number)
{
    term_restore();
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number);
}

static void on_crash(int number)
{
    term_die(number);
}

static void on_end(int number)
{
    struct hw *running = watched;
    if (number == SIGINT && flag) {
        *flag = 1;
    } else {
        if (came || (!running && !flag)) /* nobody would look at it */
            term_die(number);
        came = number;
        if (flag)
            *flag = 1;
    }
    if (running)
        machine_interrupt(running);
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = handler;
    a.sa_flags = flags;
    sigaction(number, &a, NULL);
}

void term_install(void)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
    static const int crashes[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE };
    term_remember();
    for (unsigned i = 0; i < COUNT(ends); i++)
        handle(ends[i], on_end, 0);
    for (unsigned i = 0; i < COUNT(crashes); i++)
        handle(crashes[i], on_crash, (int)SA_RESETHAND);
    signal(SIGPIPE, SIG_DFL);
    atexit(term_restore);
}

int term_signal(void)
{
    return came;
}

void term_watch_interrupts(struct hw *running, volatile int *interrupted)
{
    watched = running;
    flag = interrupted;
}

bool term_has_screen(void)
{
    const char *term = getenv("TERM");
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}
