#include "tui/play.h"

#include "lessons/suggest.h"
#include "tui/paths.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LESSONS_MAX = 100 };

static const struct lesson_step *step_of(const struct session *s)
{
    return &s->lesson->step[s->progress.step];
}

static void save(struct session *s)
{
    if (s->lesson_state[0] && !lesson_progress_save(&s->progress, s->lesson_state))
        session_complain(s, NULL, -1, "%s: the lesson's place cannot be kept there",
                         s->lesson_state);
}

/* "popf" is "01-popf" too. */
static bool same_lesson(const char *directory, const char *name)
{
    const char *bare = directory + strspn(directory, "0123456789");
    return !strcmp(directory, name) || (*bare == '-' && !strcmp(bare + 1, name));
}

static bool find_lesson(struct session *s, const char *name, char *path, size_t size)
{
    char names[LESSONS_MAX][40], root[512];
    const char *known[LESSONS_MAX];
    if (!paths_lessons(root, sizeof root)) {
        session_complain(s, NULL, -1, "no folder with lessons was found (set STEPVISOR_LESSONS)");
        return false;
    }
    int count = lesson_list(root, names, LESSONS_MAX);
    for (int i = 0; i < count; i++) {
        if (same_lesson(names[i], name)) {
            snprintf(path, size, "%s/%s", root, names[i]);
            return true;
        }
        known[i] = names[i] + strspn(names[i], "0123456789-");
    }
    const char *near = suggest(name, known, (size_t)count);
    session_complain(s, NULL, -1, "no lesson \"%s\"%s%s%s", name, near ? "; did you mean \"" : "",
                     near ? near : "; see lesson list", near ? "\"?" : "");
    return false;
}

void play_list(struct session *s)
{
    char names[LESSONS_MAX][40], root[512], path[5200], state[600], error[256];
    if (!paths_lessons(root, sizeof root)) {
        session_complain(s, NULL, -1, "no folder with lessons was found (set STEPVISOR_LESSONS)");
        return;
    }
    int count = lesson_list(root, names, LESSONS_MAX);
    for (int i = 0; i < count; i++) {
        struct lesson_progress p = { 0 };
        snprintf(path, sizeof path, "%s/%s", root, names[i]);
        struct lesson *l = lesson_load(path, error, sizeof error);
        if (!l) {
            session_complain(s, NULL, -1, "%s", error);
            continue;
        }
        bool known = paths_lesson_state(l->name, state, sizeof state) &&
                     lesson_progress_load(&p, state);
        session_say(s, "%-12s %s%s\n", l->name, l->title, !known ? "" : p.done ? "  [done]"
                    : "  [begun]");
        lesson_free(l);
    }
}

/* Commands of the manifest, and where they led. */
static bool perform(struct session *s, const char *commands)
{
    char error[256];
    if (!commands[0])
        return true;
    session_before_move(s);
    int own = s->debug->breakpoint_count; /* the student's stop nothing that the lesson shows */
    s->debug->breakpoint_count = 0;
    bool ok = lesson_do(s->debug, commands, error, sizeof error);
    s->debug->breakpoint_count = own;
    if (!ok) {
        session_complain(s, NULL, -1, "%s", error);
        return false;
    }
    session_after_move(s, s->debug->last);
    return true;
}

/* Engine and commands of the step just entered. */
static bool enter(struct session *s)
{
    const struct lesson_step *step = step_of(s);
    enum engine_id engine = s->engine;
    text_clear(&s->lesson_words);
    if (step->engine[0] && !engine_by_name(step->engine, &engine)) {
        session_complain(s, NULL, -1, "the lesson asks for an engine \"%s\"", step->engine);
        return false;
    }
    if (step->engine[0] && !session_engine(s, engine, true))
        return false;
    if (!perform(s, step->run))
        return false;
    s->lesson_asked = step->ask[0] != 0;
    s->lesson_place = world_step(s->debug->timeline->world);
    s->lesson_engine = s->engine;
    return true;
}

/* The world as it is at the present step: all that earlier steps did is done again. */
static bool replay(struct session *s)
{
    int target = s->progress.step;
    void (*say)(void *, const char *) = s->say;
    bool ok = true;
    for (s->progress.step = 0; ok && s->progress.step < target; s->progress.step++) {
        s->say = session_say_nothing;
        ok = enter(s) && perform(s, step_of(s)->reveal);
        s->say = say;
    }
    s->progress.step = target;
    return ok && enter(s);
}

/* Back from wherever the student looked around: the reveal goes on from where the question was asked. */
static bool return_to_question(struct session *s)
{
    if (s->engine != s->lesson_engine || s->edited)
        return replay(s);
    if (world_step(s->debug->timeline->world) != s->lesson_place)
        debug_goto(s->debug, s->lesson_place);
    return true;
}

bool play_start(struct session *s, const char *name)
{
    char path[5200], guest[1024], error[256];
    if (!find_lesson(s, name, path, sizeof path))
        return false;
    struct lesson *l = lesson_load(path, error, sizeof error);
    if (!l) {
        session_complain(s, NULL, -1, "%s", error);
        return false;
    }
    lesson_guest_path(l, guest, sizeof guest);
    if (!session_open(s, guest)) {
        lesson_free(l);
        return false;
    }
    if (s->lesson)
        lesson_free(s->lesson);
    s->lesson = l;
    s->progress = (struct lesson_progress){ 0 };
    if (paths_lesson_state(l->name, s->lesson_state, sizeof s->lesson_state) && !s->demonstrates)
        lesson_progress_load(&s->progress, s->lesson_state);
    else
        s->lesson_state[0] = 0;
    if (s->progress.done || s->progress.step >= l->steps)
        s->progress = (struct lesson_progress){ 0 };
    session_say(s, "%s\n", l->title);
    return replay(s);
}

void play_leave(struct session *s)
{
    if (s->lesson)
        lesson_free(s->lesson);
    s->lesson = NULL;
    s->lesson_asked = false;
    text_clear(&s->lesson_words);
}

void play_say_step(struct session *s)
{
    const struct lesson_step *step = step_of(s);
    session_say(s, "\n== %s (step %d of %d) ==\n%s\n", step->title, s->progress.step + 1,
                s->lesson->steps, step->text);
    if (!step->ask[0])
        return;
    session_say(s, "\n%s\n", step->ask);
    for (int i = 0; i < step->choices; i++)
        session_say(s, "  %d) %s\n", i + 1, step->choice[i]);
}

/* Could it be one at all?  Asked before the reveal, so that a slip of the finger reveals nothing. */
static bool acceptable(struct session *s, const char *typed)
{
    const struct lesson_step *step = step_of(s);
    u64 value;
    if (!step->choices)
        return session_eval(s, typed, &value);
    if (play_is_answer(s, typed))
        return true;
    session_complain(s, NULL, -1, "answer with a number from 1 to %d", step->choices);
    return false;
}

/* Kept when the step is left: who comes back to it is asked again, and has answered once. */
static void judged(struct session *s, bool right)
{
    const struct lesson_step *step = step_of(s);
    s->lesson_asked = false;
    s->progress.answered++;
    s->progress.right += right;
    text_clear(&s->lesson_words);
    const char *words = right ? step->right : step->wrong;
    text_addf(&s->lesson_words, "%s", words[0] ? words : right ? "Right." : "Not so.");
    session_say(s, "%s\n", text_get(&s->lesson_words));
}

bool play_answer(struct session *s, const char *typed)
{
    char error[160];
    bool right;
    if (!s->lesson || !s->lesson_asked) {
        session_complain(s, NULL, -1, "no question waits for an answer");
        return false;
    }
    if (!acceptable(s, typed))
        return false;
    const struct lesson_step *step = step_of(s);
    if (!return_to_question(s) || !perform(s, step->reveal))
        return false;
    if (!lesson_judge(s->lesson, s->progress.step, typed, s->debug, &right, error, sizeof error)) {
        session_complain(s, NULL, -1, "%s", error);
        return false;
    }
    judged(s, right);
    return true;
}

bool play_demonstrate(struct session *s)
{
    const struct lesson_step *step = step_of(s);
    u64 value;
    char typed[32], error[160];
    bool right;
    if (!perform(s, step->reveal))
        return false;
    if (!session_eval(s, step->answer, &value))
        return false;
    if (step->choices)
        snprintf(typed, sizeof typed, "%llu", (unsigned long long)value);
    else
        snprintf(typed, sizeof typed, "0x%llx", (unsigned long long)value);
    session_say(s, "(demonstration) the answer: %s\n", typed);
    if (!lesson_judge(s->lesson, s->progress.step, typed, s->debug, &right, error, sizeof error)) {
        session_complain(s, NULL, -1, "%s", error);
        return false;
    }
    judged(s, right);
    return right;
}

/* A task whose last hint is the command itself can be shown. */
bool play_demonstrate_task(struct session *s)
{
    const struct lesson_step *step = step_of(s);
    const char *command = step->hints ? step->hint[step->hints - 1] : "", *why;
    char error[256];
    if (!lesson_do(s->debug, command, error, sizeof error) || !play_can_go_on(s, &why))
        return false;
    session_say(s, "(demonstration) %s\n", command);
    session_after_move(s, s->debug->last);
    return true;
}

static const char finished[] = "the lesson is finished; lesson reset begins it anew";

bool play_hint(struct session *s)
{
    if (!s->lesson || s->progress.done) {
        session_complain(s, NULL, -1, s->lesson ? finished : "no lesson is open");
        return false;
    }
    const struct lesson_step *step = step_of(s);
    if (!step->hints) {
        session_say(s, "this step has no hints\n");
        return true;
    }
    int which = s->hint_step == s->progress.step + 1 ? s->hint_next : 0;
    if (which >= step->hints)
        which = step->hints - 1;
    text_clear(&s->lesson_words);
    text_addf(&s->lesson_words, "Hint %d of %d: %s", which + 1, step->hints, step->hint[which]);
    session_say(s, "%s\n", text_get(&s->lesson_words));
    s->hint_step = s->progress.step + 1;
    s->hint_next = which + 1;
    s->progress.hints_used++;
    save(s);
    return true;
}

bool play_can_go_on(const struct session *s, const char **why)
{
    char error[160];
    bool passed;
    *why = s->lesson_asked ? "the question is not answered yet: answer X (key A)"
           : "the step's task is not done yet; hint (key H) helps";
    if (s->lesson_asked)
        return false;
    return lesson_checked(s->lesson, s->progress.step, s->debug, &passed, error, sizeof error) &&
           passed;
}

static bool advance(struct session *s)
{
    if (s->progress.step + 1 < s->lesson->steps) {
        s->progress.step++;
        save(s);
        return enter(s);
    }
    s->progress.done = true;
    text_clear(&s->lesson_words); /* they belong to the last step */
    save(s);
    return true;
}

bool play_skip(struct session *s)
{
    return advance(s);
}

bool play_next(struct session *s)
{
    const char *why;
    if (!s->lesson) {
        session_complain(s, NULL, -1, "no lesson is open");
        return false;
    }
    if (s->progress.done || !play_can_go_on(s, &why)) {
        session_complain(s, NULL, -1, "%s", s->progress.done ? finished : why);
        return false;
    }
    return advance(s);
}

bool play_reset(struct session *s)
{
    if (!s->lesson) {
        session_complain(s, NULL, -1, "no lesson is open");
        return false;
    }
    s->progress = (struct lesson_progress){ 0 };
    save(s);
    return replay(s);
}

bool play_is_answer(const struct session *s, const char *line)
{
    if (!s->lesson || !s->lesson_asked)
        return false;
    const struct lesson_step *step = step_of(s);
    if (!step->choices)
        return isdigit((unsigned char)line[0]) || line[0] == '-';
    int c = tolower((unsigned char)line[0]);
    if (!c || line[1])
        return false;
    return (c >= 'a' && c < 'a' + step->choices) || (c >= '1' && c < '1' + step->choices);
}
