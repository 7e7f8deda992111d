/* options.h - the command line as a value. */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H

#include "sim/api/base.h"
#include "vmm/engine.h"
#include <stdio.h>

#define STEPVISOR_VERSION "0.1"

/* What a shell is told: docs/command-line.md */
enum exit_code { EXIT_CODE_OK, EXIT_CODE_FAILED = 1 /* a check failed, engines differ */,
                 EXIT_CODE_USAGE = 2, EXIT_CODE_GUEST = 3 /* shut down, in a loop */, EXIT_CODE_LIMIT = 124,
                 EXIT_CODE_INTERNAL = 125, EXIT_CODE_CANNOT_LOAD = 126, EXIT_CODE_NO_FILE = 127,
                 EXIT_CODE_SIGNAL = 128 };
#define EXIT_CODES "0 success, 1 a check failed or engines differ, 2 usage, 3 the guest shut down or\n" \
    "repeats itself for ever, 124 a limit was reached, 125 internal error, 126 cannot load,\n" \
    "127 no such file, 128+n signal; run ends with the guest's own code."

enum verb {
#define VERB(id, name, args, text) VERB_##id,
#include "tui/options.def"
    VERB_COUNT
};
enum option {
#define OPT(id, name, other, arg, text) OPT_##id,
#include "tui/options.def"
    OPTION_COUNT
};

struct time_arg { bool given, is_step; u64 value; };
struct startup { bool is_file; const char *text; }; /* -x FILE or -ex CMD, in their order */
enum { STARTUP_MAX = 64 };

struct options {
    enum verb verb;
    const char *guest, *view, *lesson;
    bool given[OPTION_COUNT];
    const char *value[OPTION_COUNT]; /* last one given */
    enum engine_id engine;
    struct time_arg until, at;
    u64 every, ram, load, entry, keys_at, input_at;
    struct startup startup[STARTUP_MAX];
    int startup_count;
    const char *view_args[8];
    int view_arg_count;
};

/* False: `error` is one clear line. */
bool options_parse(struct options *o, int argc, char **argv, char *error, size_t error_size);
bool options_time(const char *text, struct time_arg *out);
void options_help(FILE *out);
void options_spelled(int id, char *out, size_t size); /* an option as it is typed: "-m SIZE", "--json" */

#endif
