#include "tui/view.h"

#include "tui/play.h"
#include "tui/session.h"
#include <string.h>

void view_compare(const struct view_context *c, struct sheet *s)
{
    const struct session *x = c->session;
    const struct divergence *d = &x->divergence;
    if (!x->has_divergence) {
        sheet_section(s, SHEET_WORDS, "none", NULL);
        sheet_words(s, "nothing was compared yet: diverge [ENGINES]");
        return;
    }
    sheet_section(s, SHEET_PAIRS, "compared", NULL);
    sheet_row(s);
    sheet_text(s, "engines", "%s", x->divergence_engines);
    sheet_number(s, "ticks", d->ticks_compared);
    sheet_bool(s, "differ", d->found);
    sheet_section(s, SHEET_WORDS, "words", NULL);
    sheet_words(s, "%s", d->found ? d->sentence : "no difference");
    if (!d->found) {
        sheet_words(s, "%s", d->end);
        return;
    }
    sheet_section(s, SHEET_PAIRS, "difference", NULL);
    sheet_row(s);
    sheet_number(s, "tick", d->tick);
    sheet_hex(s, "eip", d->eip, 8);
    sheet_text(s, "instruction", "%s", d->instruction);
    sheet_row(s);
    sheet_text(s, "field", "%s", d->field);
    sheet_text(s, "expected", "%llx", (unsigned long long)d->expected);
    sheet_text(s, "actual", "%llx", (unsigned long long)d->actual);
}

/* Text of a manifest: lines of a paragraph are joined, indented ones stay as they are. */
static void paragraphs(struct sheet *s, const char *text)
{
    struct text words = { 0 };
    while (*text) {
        size_t len = strcspn(text, "\n");
        bool kept = *text == ' ', last = !text[len];
        text_addf(&words, "%s%.*s", words.len ? " " : "", (int)len, text);
        text += len + !last;
        if (kept || !*text || *text == '\n' || *text == ' ') {
            sheet_words(s, "%s", text_get(&words));
            text_clear(&words);
        }
        if (*text == '\n') {
            sheet_words(s, "%s", "");
            text++;
        }
    }
    text_free(&words);
}

static void question(const struct session *x, const struct lesson_step *step, struct sheet *s)
{
    sheet_section(s, SHEET_WORDS, "question", "question");
    paragraphs(s, step->ask);
    for (int i = 0; i < step->choices; i++)
        sheet_words(s, "%d)  %s", i + 1, step->choice[i]);
    sheet_words(s, "%s", x->lesson_asked ? "answer with: answer X (key A); hint gives a hint (key H)"
                                         : "answered; next: lesson next (key L)");
}

/* A step that asks nothing. */
static void how_to_go_on(const struct session *x, const struct lesson_step *step, struct sheet *s)
{
    const char *why;
    sheet_section(s, SHEET_WORDS, "task", step->check[0] ? "your task" : NULL);
    if (!play_can_go_on(x, &why))
        sheet_words(s, "do it, then: lesson next (key L); hint gives a hint (key H)");
    else
        sheet_words(s, "%sgo on: lesson next (key L)", step->check[0] ? "done; " : "");
}

void view_lesson(const struct view_context *c, struct sheet *s)
{
    const struct session *x = c->session;
    if (!x->lesson) {
        sheet_section(s, SHEET_WORDS, "none", NULL);
        sheet_words(s, "no lesson is open: lesson list, lesson start NAME");
        return;
    }
    int at = x->progress.step < x->lesson->steps ? x->progress.step : x->lesson->steps - 1;
    const struct lesson_step *step = &x->lesson->step[at];
    sheet_section(s, SHEET_PAIRS, "lesson", NULL);
    sheet_row(s);
    sheet_text(s, "lesson", "%s", x->lesson->title);
    sheet_attr(s, ATTR_BOLD);
    sheet_text(s, "step", "%d of %d", at + 1, x->lesson->steps);
    sheet_text(s, "right", "%d of %d", x->progress.right, x->progress.answered);
    sheet_section(s, SHEET_WORDS, "text", x->progress.done ? "The lesson is finished" : step->title);
    paragraphs(s, x->progress.done ? x->lesson->after : step->text);
    if (!x->progress.done && step->ask[0])
        question(x, step, s);
    else if (!x->progress.done)
        how_to_go_on(x, step, s);
    else
        sheet_words(s, "lesson reset begins it anew");
    if (x->lesson_words.len) {
        sheet_section(s, SHEET_WORDS, "said", NULL);
        paragraphs(s, text_get(&x->lesson_words));
    }
}
