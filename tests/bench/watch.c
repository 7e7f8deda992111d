/* watch - runs an emulator with a load and takes the time between the load's two marks.
 *
 *   watch SECONDS COMMAND...      at most so long
 *
 * One line: the processor time that the command used between the marks 02h and 03h on its standard
 * output (elapsed time, if that is less: it has several threads), milliseconds from its start to
 * the first mark, its peak memory in KiB, and what the guest printed next: name, checksum.  The
 * command is ended after that line. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MARK_BEGIN = 2, MARK_END = 3 };
struct seen { double begin, end, cpu_begin, cpu_end; long kib; char line[80]; unsigned len; };

static double read_clock(clockid_t clock)
{
    struct timespec t = { 0 };
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void) { return read_clock(CLOCK_MONOTONIC); }

static double processor_time(pid_t pid)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 ? read_clock(clock) : 0;
}

static long peak_kib(pid_t pid)
{
    char path[64], line[128];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "VmHWM: %ld", &kib);
    if (f)
        fclose(f);
    return kib;
}

static pid_t start(char **command, int *out)
{
    int fd[2];
    if (pipe(fd) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fd[1], 1);
        close(fd[0]);
        close(fd[1]);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    close(fd[1]);
    *out = fd[0];
    return pid;
}

/* true: the line after the second mark is complete */
static int take(struct seen *s, pid_t pid, char c)
{
    if (s->end) {
        if (c != '\n' && s->len < sizeof s->line - 1)
            s->line[s->len++] = c;
        return c == '\n';
    }
    if (c == MARK_BEGIN && !s->begin) {
        s->begin = now();
        s->cpu_begin = processor_time(pid);
    }
    if (c == MARK_END && s->begin) {
        s->end = now();
        s->cpu_end = processor_time(pid);
        s->kib = peak_kib(pid);
    }
    return 0;
}

static int observe(struct seen *s, pid_t pid, int fd, double deadline)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    for (;;) {
        char bytes[256];
        double left = deadline - now();
        if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) <= 0)
            return 0;
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            return 0;
        for (ssize_t i = 0; i < n; i++)
            if (take(s, pid, bytes[i]))
                return 1;
    }
}

int main(int argc, char **argv)
{
    struct seen s = { 0 };
    int fd;
    if (argc < 3) {
        fprintf(stderr, "usage: watch SECONDS COMMAND...\n");
        return 2;
    }
    double t0 = now();
    pid_t pid = start(argv + 2, &fd);
    if (pid < 0)
        return 1;
    int ok = observe(&s, pid, fd, t0 + atof(argv[1]));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (!ok)
        return 1;
    double elapsed = s.end - s.begin, used = s.cpu_end - s.cpu_begin;
    double seconds = used > 0 && used < elapsed ? used : elapsed;
    printf("%.6f %.2f %ld %s\n", seconds, (s.begin - t0) * 1e3, s.kib, s.line);
    return 0;
}
