#define _GNU_SOURCE
#include "tests/silicon/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 5000 /* ms for a batch */, NOT_READY = 77 };

/* One processor for all programs: selector SEL_CPU tells its number. */
static void stay_here(struct shared *s)
{
    cpu_set_t one;
    s->cpu = (u32)sched_getcpu();
    CPU_ZERO(&one);
    CPU_SET(s->cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

static void become_host(const struct process *p, int command, int answer)
{
    stay_here(p->shared);
    int high[3] = { fcntl(p->memory_fd, F_DUPFD, 20), fcntl(command, F_DUPFD, 20), fcntl(answer, F_DUPFD, 20) };
    dup2(high[0], HOST_SHARED_FD);
    dup2(high[1], HOST_COMMAND_FD);
    dup2(high[2], HOST_ANSWER_FD);
    for (int i = 0; i < 3; i++)
        close(high[i]);
    execl(p->program, p->program, (char *)NULL);
    _exit(NOT_READY);
}

static bool answered(struct process *p)
{
    struct pollfd wait = { .fd = p->answer_fd, .events = POLLIN };
    char byte;
    return poll(&wait, 1, PATIENCE) == 1 && read(p->answer_fd, &byte, 1) == 1;
}

static bool spawn(struct process *p)
{
    int command[2], answer[2];
    if (pipe2(command, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0)
        return false;
    p->pid = fork();
    if (p->pid == 0)
        become_host(p, command[0], answer[1]);
    close(command[0]);
    close(answer[1]);
    p->command_fd = command[1];
    p->answer_fd = answer[0];
    return p->pid > 0 && answered(p);
}

static void end(struct process *p)
{
    close(p->command_fd);
    close(p->answer_fd);
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    p->pid = -1;
}

const char *process_open(struct process *p, const char *program)
{
    *p = (struct process){ .program = program, .memory_fd = memfd_create("silicon", MFD_CLOEXEC), .pid = -1 };
    size_t size = (sizeof(struct shared) + 4095) / 4096 * 4096;
    signal(SIGPIPE, SIG_IGN);
    if (access(program, X_OK) != 0)
        return "no 32-bit program was built for this host";
    if (p->memory_fd < 0 || ftruncate(p->memory_fd, (off_t)size) != 0)
        return "no shared memory";
    p->shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, p->memory_fd, 0);
    if (p->shared == MAP_FAILED)
        return "no shared memory";
    return spawn(p) ? NULL : "this host does not run 32-bit x86 programs as needed";
}

void process_close(struct process *p) { end(p); }

void process_start(struct process *p, unsigned batch)
{
    char byte = (char)batch;
    if (write(p->command_fd, &byte, 1) != 1)
        p->shared->batch[batch].done = 0; /* process_wait will see that nobody answers */
}

void process_wait(struct process *p, unsigned batch)
{
    struct batch *b = &p->shared->batch[batch];
    while (!answered(p)) {
        u32 at = b->done;
        for (u32 i = 0; i <= at; i++)
            b->job[i].skip |= 2; /* has its result */
        b->result[at] = (struct result){ .vector = VECTOR_LOST };
        end(p);
        if (!spawn(p))
            return;
        process_start(p, batch);
    }
    for (u32 i = 0; i < b->count; i++)
        b->job[i].skip &= 1;
}
