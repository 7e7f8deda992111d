/* process.h - the host's process: batches go in by shared memory, results come back. */
#ifndef TESTS_SILICON_PROCESS_H
#define TESTS_SILICON_PROCESS_H

#include <sys/types.h>

#include "tests/silicon/silicon.h"

struct process {
    const char *program;
    struct shared *shared;
    int memory_fd, command_fd, answer_fd;
    pid_t pid;
};

/* NULL, or why the host cannot do it. */
const char *process_open(struct process *p, const char *program);
void process_close(struct process *p);
void process_start(struct process *p, unsigned batch);
/* Waits for the batch.  A program that never ends, or ends the process, has VECTOR_LOST as its result;
 * the process is then made anew and goes on behind it. */
void process_wait(struct process *p, unsigned batch);

#endif
