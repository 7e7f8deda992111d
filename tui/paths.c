#include "tui/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool fits(char *out, size_t size, const char *folder, const char *name)
{
    int n = snprintf(out, size, "%s/%s", folder, name);
    return n > 0 && (size_t)n < size;
}

bool paths_lessons(char *out, size_t size)
{
    const char *given = getenv("STEPVISOR_LESSONS");
    char self[512];
    if (given && *given)
        return (size_t)snprintf(out, size, "%s", given) < size && is_folder(out);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = 0;
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = 0;
        if ((fits(out, size, self, "lessons") && is_folder(out)) ||
            (fits(out, size, self, "../lessons") && is_folder(out)))
            return true;
    }
    return (size_t)snprintf(out, size, "lessons") < size && is_folder(out);
}

/* mkdir -p */
static bool make_folders(char *path)
{
    for (char *p = path + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            int bad = mkdir(path, 0777) && errno != EEXIST;
            *p = '/';
            if (bad)
                return false;
        }
    return !mkdir(path, 0777) || errno == EEXIST;
}

bool paths_state(char *out, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n;
    if (state && state[0] == '/')
        n = snprintf(out, size, "%s/stepvisor", state);
    else if (home && *home)
        n = snprintf(out, size, "%s/.local/state/stepvisor", home);
    else
        return false;
    return n > 0 && (size_t)n < size && make_folders(out);
}

bool paths_lesson_state(const char *lesson, char *out, size_t size)
{
    char folder[400];
    int n;
    if (!paths_state(folder, sizeof folder - 16))
        return false;
    strcat(folder, "/lessons");
    if (!make_folders(folder))
        return false;
    n = snprintf(out, size, "%s/%s", folder, lesson);
    return n > 0 && (size_t)n < size;
}
