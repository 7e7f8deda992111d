/* session.h - one person debugging one guest: what commands change and views show. */
#ifndef TUI_SESSION_H
#define TUI_SESSION_H

#include "lessons/debug.h"
#include "lessons/lesson.h"
#include "lessons/lockstep.h"
#include "tui/disasm.h"
#include "tui/guest.h"
#include "tui/options.h"
#include "tui/sheet.h"
#include "tui/view.h"

enum { BOOKMARKS = 26, DISPLAYS = 16 };
struct bookmark { bool set; u64 step, tick; };
struct memory_format { u32 count; char letter; u32 size; }; /* x/NFU */
struct display { int number; char text[96]; char format; };

struct session {
    const struct options *options;
    struct image *image;
    char guest_path[256];
    enum engine_id engine;
    struct debug *debug;              /* NULL: no guest yet */
    volatile int interrupted;         /* set by Ctrl-C */

    /* where words go; the front end's */
    void (*say)(void *owner, const char *words);
    void *say_owner;
    void (*progress_shown)(void *owner); /* while the guest runs; NULL: nobody looks */
    bool on_screen;                   /* panels show where the guest is */
    int columns;                      /* where there is a screen: of what is said over it */
    int wide;                         /* columns of the widest table that was said over it */
    bool interactive;                 /* a person may be asked */

    struct sheet before[VIEW_COUNT];  /* each view at the previous stop */
    bool has_before;
    u64 before_step, before_cycles, before_events; /* there; of the log */
    char before_arg[NUM_VIEW_ARG];    /* the address that VIEW_PAGING was drawn for */
    bool edited;                      /* by set: another engine's world does not know of it */
    u64 told;                         /* log: events up to this step have been told */

    struct bookmark bookmark[BOOKMARKS];
    u64 previous_place;               /* '' */
    bool backwards;                   /* set exec-direction reverse */
    enum disasm_syntax syntax;
    struct memory_format format;
    u32 next_memory;
    struct display display[DISPLAYS];
    int display_count, next_display;
    char view_arg[NUM_VIEW_ARG];      /* of views that take one: the address of paging ... */
    int log_on;                       /* log: events are told as they come */

    struct divergence divergence;     /* of the last `diverge` */
    bool has_divergence;
    char divergence_engines[64];

    struct lesson *lesson;
    struct lesson_progress progress;
    char lesson_state[512];           /* where progress is kept */
    bool lesson_asked;                /* a question waits for `answer` */
    u64 lesson_place;                 /* step of history where it was asked */
    enum engine_id lesson_engine;     /* under this one */
    struct text lesson_words;         /* the last hint or judgement */
    int hint_step, hint_next;         /* of step hint_step - 1 the next hint */
    bool demonstrates;                /* answers by itself, keeps no place */

    char last_command[256];           /* what Enter repeats, "": nothing */
    bool repeated;                    /* by Enter */
    int depth;                        /* of source */
    bool quit;
    int quit_code;
};

void session_init(struct session *s, const struct options *o);
void session_free(struct session *s);
/* Load a guest and begin at its first step.  False: said. */
bool session_open(struct session *s, const char *path);
/* The same guest under this engine, from its beginning or brought to the present tick; breakpoints, typed
 * input and bookmarks stay.  False: said. */
bool session_engine(struct session *s, enum engine_id engine, bool from_start);
/* Before time moves: what views show now becomes what they compare with.  After it: say where. */
void session_before_move(struct session *s);
void session_after_move(struct session *s, struct why_stopped why);
void session_say_nothing(void *owner, const char *words);
void session_say(struct session *s, const char *format, ...) PRINTF_LIKE(2, 3);
/* One line of error, and when at >= 0 the text with a caret under its column. */
void session_complain(struct session *s, const char *text, int at, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Is there a guest?  False: said. */
bool session_has_guest(struct session *s);
/* Evaluate for the user; false: said, with caret. */
bool session_eval(struct session *s, const char *text, u64 *value);
/* The same, of an address: below 4 GB, or a small negative number. */
bool session_address(struct session *s, const char *text, u32 *address);
/* A view now, changes marked. */
void session_view(const struct session *s, enum view_id id, const char *arg, int width, int rows,
                  struct sheet *out);

#endif
