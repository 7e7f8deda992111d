#include "tui/command.h"

#include "tui/play.h"
#include "tui/verbs.h"
#include <string.h>

enum command_result cmd_LESSON(struct session *s, const char *args)
{
    char what[32];
    const char *rest = next_word(args, what, sizeof what), *why;
    bool ok = true;
    if (!strcmp(what, "list")) {
        play_list(s);
        return COMMAND_OK;
    }
    if (!strcmp(what, "start") && rest[0]) {
        ok = play_start(s, rest);
    } else if (!strcmp(what, "reset")) {
        ok = play_reset(s);
    } else if (!strcmp(what, "check") && s->lesson) {
        ok = play_can_go_on(s, &why);
        session_say(s, "%s\n", ok ? "done; lesson next goes on" : why);
        return ok ? COMMAND_OK : COMMAND_FAILED;
    } else if (!strcmp(what, "next")) {
        ok = play_next(s);
    } else if (!strcmp(what, "hint")) {
        return cmd_HINT(s, rest);
    } else if (!strcmp(what, "answer")) {
        return cmd_ANSWER(s, rest);
    } else {
        return command_usage(s, CMD_LESSON);
    }
    if (ok && s->progress.done)
        session_say(s, "\n%s\n", s->lesson->after);
    else if (ok)
        play_say_step(s);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}

enum command_result cmd_HINT(struct session *s, const char *args)
{
    if (args[0])
        return command_usage(s, CMD_HINT);
    return play_hint(s) ? COMMAND_OK : COMMAND_FAILED;
}

enum command_result cmd_ANSWER(struct session *s, const char *args)
{
    if (!args[0])
        return command_usage(s, CMD_ANSWER);
    return play_answer(s, args) ? COMMAND_OK : COMMAND_FAILED;
}

enum command_result cmd_NMI(struct session *s, const char *args)
{
    if (args[0])
        return command_usage(s, CMD_NMI);
    timeline_nmi(s->debug->timeline);
    session_say(s, "IOCHK# is asserted\n");
    return COMMAND_OK;
}

enum command_result cmd_FILE(struct session *s, const char *args)
{
    if (!args[0])
        return command_usage(s, CMD_FILE);
    if (s->lesson && !s->progress.done) {
        session_complain(s, NULL, -1, "the lesson has a guest of its own, and is not finished");
        return COMMAND_FAILED;
    }
    if (!session_open(s, args))
        return COMMAND_FAILED;
    play_leave(s);
    session_say(s, "%s, %s\n", s->image->name, engine_name(s->engine));
    return COMMAND_OK;
}

enum command_result cmd_SOURCE(struct session *s, const char *args)
{
    return args[0] ? command_source(s, args) : command_usage(s, CMD_SOURCE);
}

enum command_result cmd_ECHO(struct session *s, const char *args)
{
    session_say(s, "%s\n", args);
    return COMMAND_OK;
}

enum command_result cmd_LOG(struct session *s, const char *args)
{
    if (strcmp(args, "on") && strcmp(args, "off"))
        return command_usage(s, CMD_LOG);
    s->log_on = args[1] == 'n';
    if (s->debug)
        s->told = world_step(s->debug->timeline->world);
    return COMMAND_OK;
}

enum command_result cmd_QUIT(struct session *s, const char *args)
{
    u64 code = 0;
    if (args[0] && (!parse_u64(args, &code) || code > 255))
        return command_usage(s, CMD_QUIT);
    s->quit = true;
    s->quit_code = (int)code;
    return COMMAND_OK;
}

enum command_result cmd_DIVERGE(struct session *s, const char *args)
{
    char list[64] = "", word[64];
    size_t len = 0;
    u64 every = 1;
    while (args[0]) {
        args = next_word(args, word, sizeof word);
        if (!strcmp(word, "every")) {
            args = next_word(args, word, sizeof word);
            if (!parse_u64(word, &every) || !every)
                return command_usage(s, CMD_DIVERGE);
        } else if (len + strlen(word) + 2 < sizeof list) {
            len += (size_t)snprintf(list + len, sizeof list - len, len ? ",%s" : "%s", word);
        }
    }
    if (!verbs_diverge(s, list[0] ? list : "native,bt,vt", every,
                       s->debug ? s->debug->timeline->world : NULL))
        return COMMAND_FAILED;
    verbs_say_divergence(s);
    return COMMAND_OK;
}
