/* pty.c - the program in a pseudo terminal: sizes, signals, odd terminals.
 *
 *   pty PROGRAM GUEST ENDLESS-GUEST
 * One line a case, the count at the end; exit status 0 when all passed.  Every case asks at the end that
 * the terminal is as it was: its modes, and the alternate screen left when it was entered. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

static int cases, failed;

struct run { pid_t pid; int master, slave; struct termios before; char *out; size_t len, room; int failed_before; };

static void fail(const char *name, const char *why)
{
    printf("FAIL  %s: %s\n", name, why);
    failed++;
}

static void start(struct run *r, int width, int height, char *const argv[], char *const env[])
{
    struct winsize size = { .ws_row = (unsigned short)height, .ws_col = (unsigned short)width };
    *r = (struct run){ .failed_before = failed };
    if (openpty(&r->master, &r->slave, NULL, NULL, &size)) {
        perror("openpty");
        exit(2);
    }
    tcgetattr(r->slave, &r->before);
    r->pid = fork();
    if (!r->pid) {
        struct rlimit no_core = { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core);
        close(r->master);
        login_tty(r->slave);
        for (int i = 0; env[i]; i++)
            if (strchr(env[i], '='))
                putenv(env[i]);
            else
                unsetenv(env[i]);
        execv(argv[0], argv);
        _exit(127);
    }
}

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Take what it prints until it has been silent for so long (0: only what is there), three times that
 * at most: a running guest is drawn all the time. */
static void drain(struct run *r, int milliseconds)
{
    struct pollfd p = { .fd = r->master, .events = POLLIN };
    long end = now() + 3 * milliseconds;
    while (now() <= end && poll(&p, 1, milliseconds) > 0 && p.revents & POLLIN) {
        if (r->room < r->len + 65536) {
            r->room = r->len + 262144;
            r->out = realloc(r->out, r->room);
        }
        ssize_t n = read(r->master, r->out + r->len, 65535);
        if (n <= 0)
            break;
        r->len += (size_t)n;
        r->out[r->len] = 0;
    }
}

static void type(struct run *r, const char *keys)
{
    if (write(r->master, keys, strlen(keys)) < 0)
        perror("write");
    drain(r, 60);
}

static void resize(struct run *r, int width, int height)
{
    struct winsize size = { .ws_row = (unsigned short)height, .ws_col = (unsigned short)width };
    ioctl(r->master, TIOCSWINSZ, &size);
    drain(r, 60);
}

static const char *last_of(const struct run *r, const char *bytes)
{
    return r->len ? memmem(r->out, r->len, bytes, strlen(bytes)) : NULL;
}

static bool wait_end(struct run *r, int *status)
{
    for (int i = 0; i < 200; i++) {
        drain(r, 25);
        if (waitpid(r->pid, status, WNOHANG) == r->pid)
            return true;
    }
    kill(r->pid, SIGKILL);
    waitpid(r->pid, status, 0);
    return false;
}

/* It must end like this: exit code, or minus a signal. */
static void finish(struct run *r, const char *name, int want)
{
    int status = 0;
    struct termios after;
    cases++;
    if (!wait_end(r, &status))
        fail(name, "it did not end");
    int code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    drain(r, 0);
    tcgetattr(r->slave, &after);
    if (failed == r->failed_before && code != want) {
        char why[64];
        snprintf(why, sizeof why, "ended with %d, not %d", code, want);
        fail(name, why);
    }
    if (after.c_lflag != r->before.c_lflag || after.c_iflag != r->before.c_iflag ||
        after.c_oflag != r->before.c_oflag)
        fail(name, "the terminal's modes are not what they were");
    const char *enter = last_of(r, "\033[?1049h"), *leave = last_of(r, "\033[?1049l");
    if (enter && (!leave || leave < enter))
        fail(name, "the alternate screen was not left");
    if (failed == r->failed_before)
        printf("ok    %s\n", name);
    close(r->master);
    close(r->slave);
    free(r->out);
}

static char *xterm[] = { "TERM=xterm", "NO_COLOR", "COLUMNS", "LINES", NULL };
static const char *program, *guest, *endless;

static void open_guest(struct run *r, int width, int height, char *const env[], const char *file)
{
    char *argv[] = { (char *)program, (char *)file, "--engine", "bt", NULL };
    start(r, width, height, argv, env);
    drain(r, 400);
}

static const int sizes[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 5, 5 }, { 20, 5 }, { 39, 24 },
    { 40, 9 }, { 40, 10 }, { 41, 13 }, { 60, 18 }, { 79, 23 }, { 80, 24 }, { 81, 20 }, { 100, 30 },
    { 120, 40 }, { 159, 12 }, { 160, 50 }, { 300, 100 }, { 1, 100 }, { 300, 1 }, { 80, 24 } };

static void test_resize(void)
{
    struct run r;
    open_guest(&r, 80, 24, xterm, guest);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        resize(&r, sizes[i][0], sizes[i][1]);
        type(&r, "s\t5O?qOe+_3\tj2kS");
    }
    type(&r, "Q");
    finish(&r, "resize from 1x1 to 300x100 with keys", 0);
}

static void test_sizes(void)
{
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i += 3) {
        struct run r;
        char name[64];
        snprintf(name, sizeof name, "start at %dx%d", sizes[i][0], sizes[i][1]);
        open_guest(&r, sizes[i][0], sizes[i][1], xterm, guest);
        type(&r, "see");
        type(&r, "Q");
        finish(&r, name, 0);
    }
}

static void test_signals(void)
{
    static const int signals[] = { SIGTERM, SIGHUP, SIGSEGV, SIGABRT };
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct run r;
        char name[64];
        snprintf(name, sizeof name, "%s restores the terminal", strsignal(signals[i]));
        open_guest(&r, 80, 24, xterm, guest);
        type(&r, "s");
        kill(r.pid, signals[i]);
        finish(&r, name, -signals[i]);
    }
}

static void test_interrupt(void)
{
    struct run r;
    open_guest(&r, 80, 24, xterm, endless);
    type(&r, "c");
    drain(&r, 300);
    type(&r, "\003");
    drain(&r, 500);
    if (!last_of(&r, "interrupted"))
        fail("Ctrl-C", "nothing says that the guest was interrupted");
    type(&r, "s");
    type(&r, "Q");
    finish(&r, "Ctrl-C stops a running guest", 0);
    open_guest(&r, 80, 24, xterm, endless);
    type(&r, "c");
    drain(&r, 300);
    kill(r.pid, SIGTERM);
    finish(&r, "SIGTERM ends a running guest", -SIGTERM);
}

static void test_odd_terminals(void)
{
    static char *dumb[] = { "TERM=dumb", NULL }, *nonsense[] = { "TERM=no-such-terminal", NULL },
                *none[] = { "TERM", NULL }, *plain[] = { "TERM=xterm", "STEPVISOR_PLAIN=1", NULL };
    char *const *environments[] = { dumb, nonsense, none, plain };
    static const char *const names[] = { "TERM=dumb", "an unknown TERM", "no TERM",
                                         "STEPVISOR_PLAIN=1" };
    for (int i = 0; i < 4; i++) {
        struct run r;
        open_guest(&r, 80, 24, environments[i], guest);
        type(&r, "step 2\rwhen\r");
        drain(&r, 300);
        if (!last_of(&r, "tick 2"))
            fail(names[i], "no plain mode");
        type(&r, "quit 5\r");
        finish(&r, names[i], 5);
    }
}

/* A colour is set: CSI .. 3N .. m. */
static bool has_color(const struct run *r)
{
    for (const char *p = r->out; (p = strstr(p, "\033[")); ) {
        p += 2;
        size_t len = strspn(p, "0123456789;");
        if (p[len] != 'm')
            continue;
        for (size_t i = 0; i + 1 < len; i++)
            if ((i == 0 || p[i - 1] == ';') && p[i] == '3' && p[i + 1] >= '0' && p[i + 1] <= '7')
                return true;
    }
    return false;
}

static void test_no_color(void)
{
    static char *env[] = { "TERM=xterm", "NO_COLOR=1", NULL };
    struct run r;
    open_guest(&r, 80, 24, env, guest);
    type(&r, "sse");
    if (has_color(&r))
        fail("NO_COLOR", "there are colours");
    type(&r, "Q");
    finish(&r, "NO_COLOR", 0);
    open_guest(&r, 80, 24, xterm, guest);
    type(&r, "sse");
    if (!has_color(&r))
        fail("colours", "there are none without NO_COLOR");
    type(&r, "Q");
    finish(&r, "colours", 0);
}

static void test_prompt(void)
{
    struct run r;
    open_guest(&r, 80, 24, xterm, guest);
    type(&r, ":print 6*7\r");
    drain(&r, 200);
    if (!last_of(&r, "42 = 0x2a"))
        fail("prompt", "print did not print");
    type(&r, ":bogus\r");
    if (!last_of(&r, "no command"))
        fail("prompt", "no error for an unknown command");
    type(&r, ":abc\033");
    drain(&r, 100);
    type(&r, ":quit 9\r");
    finish(&r, "the command line at the bottom", 9);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: pty PROGRAM GUEST ENDLESS-GUEST\n", stderr);
        return 2;
    }
    program = argv[1], guest = argv[2], endless = argv[3];
    test_sizes();
    test_resize();
    test_signals();
    test_interrupt();
    test_odd_terminals();
    test_no_color();
    test_prompt();
    printf("pty: %d cases, %d failed\n", cases, failed);
    return failed != 0;
}
