/* Lessons: the manifest's errors word by word; every shipped lesson starts unsolved and can be solved. */
#include "lessons/lesson.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lessons/manifest.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/stepvisor-lesson-XXXXXX";

static struct lesson *load(const char *manifest, char *error, size_t n)
{
    char path[64];
    snprintf(path, sizeof path, "%s/lesson.toml", folder);
    FILE *f = fopen(path, "w");
    assert(f);
    fputs(manifest, f);
    fclose(f);
    return lesson_load(folder, error, n);
}

static void refused(const char *manifest, const char *wanted)
{
    char error[600] = "", expected[600];
    struct lesson *l = load(manifest, error, sizeof error);
    CU_ASSERT_PTR_NULL(l);
    snprintf(expected, sizeof expected, "%s/lesson.toml:%s", folder, wanted);
    CU_ASSERT_STRING_EQUAL(error, expected);
    if (strcmp(error, expected) != 0)
        printf("\n  got:  %s\n  want: %s\n", error, expected);
}

#define HEAD "format_version = 1\nname = \"n\"\ntitle = \"t\"\nguest = \"g\"\nafter = \"a\"\n"
#define STEP "[[step]]\nid = \"i\"\ntitle = \"t\"\ntext = \"x\"\nengine = \"bt\"\n"

static void bad_manifests(void)
{
    refused("titel = \"x\"\n", "1: no such key 'titel'; did you mean 'title'?\n  titel = \"x\"\n  ^");
    refused("format_version = 1\nname = x\n",
            "2: a value is a \"string\", a number or a [\"list\"]\n  name = x\n         ^");
    refused("name = \"no end\n", "1: this string has no end\n  name = \"no end\n         ^");
    refused("name \"x\"\n", "1: = is missing after the key\n  name \"x\"\n       ^");
    refused("name = 3\n", "1: 'name' is a string\n  name = 3\n         ^");
    refused("name = \"a\" b\n",
            "1: nothing more may stand on this line\n  name = \"a\" b\n             ^");
    refused("name = \"a\"\nname = \"b\"\n", "2: 'name' was given before\n  name = \"b\"\n  ^");
    refused("name = \"a\\q\"\n",
            "1: a backslash goes before \" \\ n or t\n  name = \"a\\q\"\n            ^");
    refused("[[stop]]\n", "1: the only table is [[step]]\n  [[stop]]\n  ^");
    refused("[[step]\n", "1: ]] is missing here\n  [[step]\n        ^");
    refused("= 1\n", "1: a key or [[step]] is expected here\n  = 1\n  ^");
    refused(HEAD, "1: the lesson has no '[[step]]'\n  format_version = 1\n  ^");
    refused("name = \"n\"\n", "1: format_version = 1 is missing\n  name = \"n\"\n  ^");
}

static void bad_steps(void)
{
    refused(HEAD "[[step]]\nid = \"i\"\n", "6: this step has no 'title'\n  [[step]]\n  ^");
    refused(HEAD STEP "ask = \"?\"\n", "6: this step has no 'answer'\n  [[step]]\n  ^");
    refused(HEAD STEP "ask = \"?\"\nanswer = \"1\"\nright = \"r\"\nwrong = \"w\"\n",
            "6: this step has no 'hint'\n  [[step]]\n  ^");
    refused(HEAD STEP "check = \"1\"\nhint = [\"h\"]\n",
            "6: this step has no 'solution'\n  [[step]]\n  ^");
    refused(HEAD STEP "reveal = \"step\"\n",
            "6: this step answers, but does not 'ask'\n  [[step]]\n  ^");
    refused(HEAD "[[step]]\nid = \"i\"\ntitle = \"t\"\ntext = \"x\"\nengine = \"by\"\n",
            "6: no engine is called 'by'\n  [[step]]\n  ^");
    refused(HEAD STEP STEP, "11: the id 'i' is taken by line 6\n  [[step]]\n  ^");
    refused(HEAD STEP "hint = [\"a\" \"b\"]\n",
            "11: a comma or ] is missing here\n  hint = [\"a\" \"b\"]\n              ^");
    refused(HEAD STEP "hint = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n",
            "11: 'hint' holds at most 4 strings\n  hint = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n"
            "         ^");
    refused(HEAD STEP "chioce = [\"a\"]\n",
            "11: no such key 'chioce'; did you mean 'choice'?\n  chioce = [\"a\"]\n  ^");
    refused(HEAD "[[step]]\nid = \"a very long name for a step\"\n",
            "7: 'id' is longer than 23 bytes\n  id = \"a very long name for a step\"\n       ^");
}

static void a_good_manifest(void)
{
    char error[600] = "";
    struct lesson *l = load("# a comment\n" HEAD STEP "text_is = 1\n", error, sizeof error);
    CU_ASSERT_PTR_NULL(l);
    l = load(HEAD "\n[[step]] # one\nid = \"i\"\ntitle = \"a \\\"b\\\"\"\ntext = \"\"\"\ntwo\nlines\n\"\"\"\n"
             "engine = \"bt\"\nhint = [\n  \"a\", # first\n  \"b\",\n]\n", error, sizeof error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    CU_ASSERT_EQUAL(l->steps, 1);
    CU_ASSERT_EQUAL(l->step[0].line, 7);
    CU_ASSERT_STRING_EQUAL(l->step[0].title, "a \"b\"");
    CU_ASSERT_STRING_EQUAL(l->step[0].text, "two\nlines");
    CU_ASSERT_EQUAL(l->step[0].hints, 2);
    CU_ASSERT_STRING_EQUAL(l->step[0].hint[1], "b");
    lesson_free(l);
}

static void progress_survives(void)
{
    char path[64];
    struct lesson_progress p = { .step = 3, .answered = 2, .right = 1, .hints_used = 4, .seed = 7 };
    struct lesson_progress q;
    snprintf(path, sizeof path, "%s/progress", folder);
    CU_ASSERT_FALSE(lesson_progress_load(&q, path));
    CU_ASSERT_TRUE(lesson_progress_save(&p, path));
    CU_ASSERT_TRUE(lesson_progress_load(&q, path));
    CU_ASSERT_EQUAL(q.step, 3);
    CU_ASSERT_EQUAL(q.hints_used, 4);
    CU_ASSERT_EQUAL(q.seed, 7);
    CU_ASSERT_FALSE(q.done);
    FILE *f = fopen(path, "w");
    fputs("step 99 nonsense\n", f);
    fclose(f);
    CU_ASSERT_FALSE(lesson_progress_load(&q, path));
    CU_ASSERT_EQUAL(q.step, 0);
    unlink(path);
}

/* ---- every shipped lesson ---- */

static void told(bool ok, const struct lesson *l, int step, const char *what)
{
    if (!ok)
        printf("\n  %s, step '%s': %s", l->name, l->step[step].id, what);
    CU_ASSERT_TRUE(ok);
}

static void fits(const struct lesson *l, int step, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        told(n <= 76, l, step, "a line is longer than 76 columns");
        text += n + (text[n] == '\n');
    }
}

static struct debug *start(const struct lesson *l, const struct image *image, int step)
{
    struct world_config config = { .image = image };
    char error[300];
    bool ok = engine_by_name(l->step[step].engine, &config.engine);
    assert(ok);
    struct world *w = world_new(&config, error, sizeof error);
    assert(w);
    return debug_new(timeline_new(w));
}

static void answer(const struct lesson *l, int step, struct debug *d)
{
    const struct lesson_step *s = &l->step[step];
    char error[300] = "", typed[32];
    bool right = false;
    unsigned accepted = 0, most = s->choices ? (unsigned)s->choices : 40;
    told(lesson_do(d, s->reveal, error, sizeof error), l, step, error);
    for (unsigned i = s->choices ? 1 : 0; i <= most; i++) {
        snprintf(typed, sizeof typed, "%u", i);
        told(lesson_judge(l, step, typed, d, &right, error, sizeof error), l, step, error);
        accepted += right;
    }
    told(accepted == 1, l, step, "exactly one answer must be right");
    told(!lesson_judge(l, step, "eax", d, &right, error, sizeof error), l, step, "a name passes");
}

static void play(const struct lesson *l, const struct image *image)
{
    struct debug *d = NULL;
    char error[300] = "";
    for (int i = 0; i < l->steps; i++) {
        const struct lesson_step *s = &l->step[i];
        bool passed = false;
        if (s->engine[0]) {
            if (d)
                debug_free(d);
            d = start(l, image, i);
        }
        fits(l, i, s->text);
        fits(l, i, s->right);
        fits(l, i, s->wrong);
        told(lesson_do(d, s->run, error, sizeof error), l, i, error);
        if (s->check[0]) {
            told(lesson_checked(l, i, d, &passed, error, sizeof error), l, i, error);
            told(!passed, l, i, "it is solved before it starts");
            told(lesson_do(d, s->solution, error, sizeof error), l, i, error);
            told(lesson_checked(l, i, d, &passed, error, sizeof error), l, i, error);
            told(passed, l, i, "its solution does not solve it");
        }
        if (s->ask[0])
            answer(l, i, d);
    }
    if (d)
        debug_free(d);
}

static void every_shipped_lesson(void)
{
    char names[64][40], path[2600], guest[400], error[600] = "";
    int count = lesson_list("lessons", names, 64);
    CU_ASSERT_TRUE(count >= 1);
    for (int i = 0; i < count; i++) {
        struct image image;
        snprintf(path, sizeof path, "lessons/%s", names[i]);
        struct lesson *l = lesson_load(path, error, sizeof error);
        if (!l)
            printf("\n  %s", error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(l);
        CU_ASSERT_STRING_EQUAL(l->name, names[i]);
        lesson_guest_path(l, guest, sizeof guest);
        bool ok = image_load(&image, guest, NULL, error, sizeof error);
        told(ok, l, 0, error);
        fits(l, 0, l->after);
        if (ok) {
            play(l, &image);
            image_free(&image);
        }
        lesson_free(l);
    }
}

static void commands(void)
{
    char error[300];
    struct lesson *l = lesson_load("lessons/01-popf", error, sizeof error);
    struct image image;
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    char guest[400];
    lesson_guest_path(l, guest, sizeof guest);
    CU_ASSERT_TRUE_FATAL(image_load(&image, guest, NULL, error, sizeof error));
    struct debug *d = start(l, &image, 0);
    CU_ASSERT_FALSE(lesson_do(d, "stpe", error, sizeof error));
    CU_ASSERT_STRING_EQUAL(error, "a lesson has no command 'stpe'; did you mean 'step'?");
    CU_ASSERT_FALSE(lesson_do(d, "until", error, sizeof error));
    CU_ASSERT_STRING_EQUAL(error, "'until' needs an argument");
    CU_ASSERT_TRUE(lesson_do(d, "step 3; step; reverse-step 2", error, sizeof error));
    CU_ASSERT_EQUAL(world_step(d->timeline->world), 2);
    debug_free(d);
    image_free(&image);
    lesson_free(l);
}

static const struct unit_case cases[] = {
    { "bad manifests", bad_manifests },
    { "bad steps", bad_steps },
    { "a good manifest", a_good_manifest },
    { "progress survives", progress_survives },
    { "commands", commands },
    { "every shipped lesson", every_shipped_lesson },
};

int main(void)
{
    char path[64];
    if (!mkdtemp(folder))
        return 2;
    int result = unit_run("lesson", cases, COUNT(cases));
    snprintf(path, sizeof path, "%s/lesson.toml", folder);
    unlink(path);
    rmdir(folder);
    return result;
}
