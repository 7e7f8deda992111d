#include "tui/command.h"

#include "tui/move.h"
#include <string.h>

/* An optional count; false: said. */
static bool take_count(struct session *s, const char *args, u64 *count)
{
    *count = 1;
    if (args[0] && !session_eval(s, args, count))
        return false;
    if (*count <= INT64_MAX)
        return true;
    session_complain(s, args, 0, "a count is not negative");
    return false;
}

static enum command_result moved(struct session *s, struct why_stopped why)
{
    session_after_move(s, why);
    return COMMAND_OK;
}

static enum command_result counted(struct session *s, const char *args,
                                   struct why_stopped (*move)(struct debug *, u64))
{
    u64 count;
    if (!take_count(s, args, &count))
        return COMMAND_FAILED;
    session_before_move(s);
    return moved(s, move(s->debug, count));
}

static enum command_result plainly(struct session *s, const char *args,
                                   struct why_stopped (*move)(struct debug *), enum command_id id)
{
    if (args[0])
        return command_usage(s, id);
    session_before_move(s);
    return moved(s, move(s->debug));
}

enum command_result cmd_STEP(struct session *s, const char *args)
{
    return counted(s, args, s->backwards ? debug_reverse_step : debug_step);
}

enum command_result cmd_STEPI(struct session *s, const char *args)
{
    return counted(s, args, s->backwards ? debug_reverse_stepi : debug_stepi);
}

enum command_result cmd_NEXT(struct session *s, const char *args)
{
    return counted(s, args, s->backwards ? debug_reverse_next : debug_next);
}

enum command_result cmd_REVERSE_STEP(struct session *s, const char *args)
{
    return counted(s, args, s->backwards ? debug_step : debug_reverse_step);
}

enum command_result cmd_REVERSE_STEPI(struct session *s, const char *args)
{
    return counted(s, args, s->backwards ? debug_stepi : debug_reverse_stepi);
}

enum command_result cmd_REVERSE_NEXT(struct session *s, const char *args)
{
    return counted(s, args, s->backwards ? debug_next : debug_reverse_next);
}

enum command_result cmd_FINISH(struct session *s, const char *args)
{
    return plainly(s, args, s->backwards ? debug_reverse_finish : debug_finish, CMD_FINISH);
}

enum command_result cmd_REVERSE_FINISH(struct session *s, const char *args)
{
    return plainly(s, args, s->backwards ? debug_finish : debug_reverse_finish, CMD_REVERSE_FINISH);
}

enum command_result cmd_NEXT_EVENT(struct session *s, const char *args)
{
    return plainly(s, args, debug_next_event, CMD_NEXT_EVENT);
}

enum command_result cmd_PREVIOUS_EVENT(struct session *s, const char *args)
{
    return plainly(s, args, debug_previous_event, CMD_PREVIOUS_EVENT);
}

enum command_result cmd_REVERSE_CONTINUE(struct session *s, const char *args)
{
    if (args[0])
        return command_usage(s, CMD_REVERSE_CONTINUE);
    s->previous_place = world_step(s->debug->timeline->world);
    session_before_move(s);
    return moved(s, s->backwards ? move_continue(s, UINT64_MAX) : debug_reverse_continue(s->debug));
}

enum command_result cmd_CONTINUE(struct session *s, const char *args)
{
    u64 count;
    struct why_stopped why = { .why = WHY_NONE };
    if (!take_count(s, args, &count))
        return COMMAND_FAILED;
    s->previous_place = world_step(s->debug->timeline->world);
    session_before_move(s);
    for (u64 i = 0; i < count; i++) {
        why = s->backwards ? debug_reverse_continue(s->debug) : move_continue(s, UINT64_MAX);
        if (why.why != WHY_BREAKPOINT)
            break;
    }
    return moved(s, why);
}

enum command_result cmd_UNTIL(struct session *s, const char *args)
{
    struct time_arg time;
    u32 address;
    bool is_time = !strncmp(args, "tick:", 5);
    if (!args[0] || (is_time && !options_time(args, &time)))
        return command_usage(s, CMD_UNTIL);
    if (!is_time && !session_address(s, args + (args[0] == '*'), &address))
        return COMMAND_FAILED;
    session_before_move(s);
    return moved(s, is_time ? move_continue(s, time.value)
                            : debug_until(s->debug, address));
}

enum command_result cmd_RUN(struct session *s, const char *args)
{
    if (args[0])
        return command_usage(s, CMD_RUN);
    s->previous_place = world_step(s->debug->timeline->world);
    session_before_move(s);
    debug_goto(s->debug, 0);
    return moved(s, (struct why_stopped){ .why = WHY_NONE });
}

enum command_result cmd_GOTO(struct session *s, const char *args)
{
    struct time_arg time;
    struct timeline *t = s->debug->timeline;
    if (!strncmp(args, "goto ", 5)) /* record goto N */
        args += 5;
    if (!strcmp(args, "begin") || !strcmp(args, "start"))
        time = (struct time_arg){ true, true, 0 };
    else if (!strcmp(args, "end"))
        time = (struct time_arg){ true, true, t->end };
    else if (!options_time(args, &time))
        return command_usage(s, CMD_GOTO);
    session_before_move(s);
    s->previous_place = world_step(t->world);
    if (!time.is_step)
        debug_goto_tick(s->debug, time.value);
    else
        debug_goto(s->debug, time.value);
    bool there = time.value <= (time.is_step ? world_step(t->world) : world_tick(t->world));
    return moved(s, (struct why_stopped){ .why = there ? WHY_NONE : WHY_END });
}

enum command_result cmd_WHEN(struct session *s, const char *args)
{
    if (args[0])
        return command_usage(s, CMD_WHEN);
    move_tell_where(s);
    return COMMAND_OK;
}

static struct bookmark *bookmark_of(struct session *s, const char *args)
{
    if (args[0] < 'a' || args[0] > 'z' || args[1])
        return NULL;
    return &s->bookmark[args[0] - 'a'];
}

enum command_result cmd_BOOKMARK(struct session *s, const char *args)
{
    char free_name[2] = "a";
    while (!args[0] && free_name[0] < 'z' && s->bookmark[free_name[0] - 'a'].set)
        free_name[0]++;
    struct bookmark *b = bookmark_of(s, args[0] ? args : free_name);
    if (!b)
        return command_usage(s, CMD_BOOKMARK);
    const struct world *w = s->debug->timeline->world;
    *b = (struct bookmark){ true, world_step(w), world_tick(w) };
    session_say(s, "bookmark %c is tick %llu, step %llu\n", (char)('a' + (b - s->bookmark)),
                (unsigned long long)b->tick, (unsigned long long)b->step);
    return COMMAND_OK;
}

enum command_result cmd_GOTO_BOOKMARK(struct session *s, const char *args)
{
    struct bookmark *b = bookmark_of(s, args);
    if (!b)
        return command_usage(s, CMD_GOTO_BOOKMARK);
    if (!b->set) {
        session_complain(s, NULL, -1, "there is no bookmark %s", args);
        return COMMAND_FAILED;
    }
    session_before_move(s);
    s->previous_place = world_step(s->debug->timeline->world);
    if (b->step == UINT64_MAX)
        debug_goto_tick(s->debug, b->tick);
    else
        debug_goto(s->debug, b->step);
    return moved(s, (struct why_stopped){ .why = WHY_NONE });
}

enum command_result cmd_ENGINE(struct session *s, const char *args)
{
    enum engine_id id;
    if (!args[0]) {
        session_say(s, "engine %s\n", engine_name(s->engine));
        return COMMAND_OK;
    }
    if (!engine_by_name(args, &id)) {
        session_complain(s, NULL, -1, "no engine \"%s\"; there are native direct bt vt interp", args);
        return COMMAND_FAILED;
    }
    bool edited = s->edited;
    if (!session_engine(s, id, false))
        return COMMAND_FAILED;
    if (edited)
        session_say(s, "what was set by hand is not in this history\n");
    session_say(s, "engine %s, at the same guest time\n", engine_name(id));
    return moved(s, (struct why_stopped){ .why = WHY_NONE });
}
