/* image_asm.c - assembly sources: the host's tools make an executable in a temporary file. */
#include "lessons/image_impl.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; /* the tools get ours: PATH */

/* Code and data never share a page, so that writing data never looks like changing code. */
static const char linker_script[] =
    "ENTRY(_start)\n"
    "SECTIONS {\n"
    "  . = 0x100000;\n"
    "  .text : { KEEP(*(.multiboot)) *(.text .text.*) }\n"
    "  . = ALIGN(4096);\n"
    "  .data : { *(.rodata .rodata.*) *(.data .data.*) }\n"
    "  .bss : { *(.bss .bss.*) *(COMMON) }\n"
    "  /DISCARD/ : { *(.note .note.*) *(.comment) *(.eh_frame) }\n"
    "}\n";

static bool has_suffix(const char *path, const char *suffix)
{
    size_t len = strlen(path), tail = strlen(suffix);
    return len > tail && strcmp(path + len - tail, suffix) == 0;
}

bool image_is_source(const char *path)
{
    return has_suffix(path, ".S") || has_suffix(path, ".s") || has_suffix(path, ".asm");
}

static bool temporary(char path[64], const void *bytes, size_t len, const struct complaint *c)
{
    strcpy(path, "/tmp/stepvisor-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return complain(c, "no temporary file: %s", strerror(errno));
    bool ok = write(fd, bytes, len) == (ssize_t)len;
    close(fd);
    return ok || complain(c, "cannot write %s", path);
}

static size_t read_all(int fd, char *text, size_t size)
{
    char rest[512];
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, rest, sizeof rest)) > 0) {
        size_t take = used + (size_t)got < size ? (size_t)got : size - 1 - used;
        memcpy(text + used, rest, take);
        used += take;
    }
    text[used] = 0;
    return used;
}

/* Runs a program and collects what it prints; its exit status, -1: there is no such program. */
static int run(char *const argv[], char *output, size_t size)
{
    posix_spawn_file_actions_t actions;
    int pipe_fd[2], status = 0;
    pid_t pid;
    if (pipe(pipe_fd) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], 2);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[0]);
    posix_spawn_file_actions_addclose(&actions, pipe_fd[1]);
    int failed = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fd[1]);
    if (!failed)
        read_all(pipe_fd[0], output, size);
    close(pipe_fd[0]);
    if (failed || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status)
           : WIFEXITED(status) ? -1 : 1;
}

/* The line that says what is wrong: file:line: Error: ..., or what the linker misses. */
static const char *telling_line(char *output)
{
    const char *first = NULL, *linker = NULL;
    char *rest = NULL;
    for (char *line = strtok_r(output, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strstr(line, "Error:") || (strstr(line, "error:") && !strstr(line, "collect2")))
            return line;
        if (!linker && strstr(line, "undefined reference"))
            linker = line;
        if (!first)
            first = line;
    }
    return linker ? linker : first ? first : "failed without a word";
}

static bool complain_tool(const struct complaint *c, const char *tool, int status, char *output)
{
    if (status < 0)
        return complain(c, "cannot be assembled: there is no %s here", tool);
    snprintf(c->text, c->size, "%s", telling_line(output));
    return false;
}

static bool run_gcc(const char *path, const char *language, const char *script,
                    const char *elf_path, const struct complaint *c)
{
    char output[4096] = "", folder[4096], link[80];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) + 1 : 2;
    snprintf(folder, sizeof folder, "-I%.*s", length, slash ? path : "./");
    snprintf(link, sizeof link, "-Wl,-T,%s", script);
    char *argv[] = {
        "gcc", "-m32", "-march=i486", "-g", "-nostdlib", "-ffreestanding", "-static", "-no-pie",
        "-Wl,--build-id=none", link, folder, "-o", (char *)elf_path, "-x", (char *)language,
        (char *)path, NULL,
    };
    int status = run(argv, output, sizeof output);
    return status == 0 || complain_tool(c, "gcc", status, output);
}

/* NASM syntax needs nasm: false when there is none, and .asm is taken for GNU syntax. */
static bool run_nasm(const char *path, const char *object, int *status, char *output,
                     size_t size)
{
    char *argv[] = { "nasm", "-f", "elf32", "-o", (char *)object, (char *)path, NULL };
    *status = run(argv, output, size);
    return *status >= 0;
}

static bool assemble(const char *path, const char *script, const char *elf_path,
                     const struct complaint *c)
{
    char object[64], output[4096] = "";
    int status;
    if (!has_suffix(path, ".asm"))
        return run_gcc(path, "assembler-with-cpp", script, elf_path, c);
    if (!temporary(object, "", 0, c))
        return false;
    bool ok;
    if (!run_nasm(path, object, &status, output, sizeof output))
        ok = run_gcc(path, "assembler-with-cpp", script, elf_path, c);
    else if (status)
        ok = complain_tool(c, "nasm", status, output);
    else
        ok = run_gcc(object, "none", script, elf_path, c);
    unlink(object);
    return ok;
}

bool image_assemble(const char *path, char elf_path[64], const struct complaint *c)
{
    char script[64];
    if (access(path, R_OK) != 0)
        return complain(c, "%s", strerror(errno));
    if (!temporary(script, linker_script, sizeof linker_script - 1, c))
        return false;
    bool ok = temporary(elf_path, "", 0, c);
    if (ok && !assemble(path, script, elf_path, c)) {
        unlink(elf_path);
        ok = false;
    }
    unlink(script);
    return ok;
}
