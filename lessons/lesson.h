/* lesson.h - a lesson: a directory with a manifest, a guest and words; and a student's progress in it.
 *
 * The manifest (lesson.toml, a subset: key = "string" | number | [strings], [[step]] tables) names the
 * guest and holds the steps.  A step shows text, moves the world (engine, run to a condition), asks a
 * prediction before the reveal, checks answers by expressions over the live state, gives hints.  State is
 * kept outside the lesson tree ($XDG_STATE_HOME); the caller says where. */
#ifndef LESSONS_LESSON_H
#define LESSONS_LESSON_H

#include "lessons/debug.h"

enum { LESSON_STEPS = 40, LESSON_CHOICES = 6, LESSON_HINTS = 4 };
struct lesson_step {
    char id[24], title[80];
    char text[1600];                  /* shown on entering the step */
    char engine[12];                  /* start a world of this engine here; empty: keep */
    char run[160];                    /* commands run on entering, ';' between: "until timer; step" */
    char ask[240];                    /* the question; empty: nothing asked */
    char choice[LESSON_CHOICES][120]; /* multiple choice; none: a number is asked */
    int choices;
    char answer[120];                 /* expression over the live state AFTER `reveal` was run; with
                                         choices: the right one, counted from 1 as the student sees them */
    char reveal[160];                 /* commands run after the prediction was given */
    char right[600], wrong[600];      /* said after the answer */
    char check[160];                  /* must be true to go on (the student acts in the debugger first) */
    char solution[160];               /* of a check: commands that make it true (shown to nobody, tested) */
    char hint[LESSON_HINTS][240];
    int hints;
    int line;                         /* in the manifest */
};
struct lesson {
    char name[40], title[100], directory[256], guest[128], after[1600], needs[80];
    int format_version;
    struct lesson_step step[LESSON_STEPS];
    int steps;
};
struct lesson_progress { int step; int answered; int right; int hints_used; u32 seed; bool done; };

/* Errors: "lessons/01-popf/lesson.toml:17: no such key" with the line and a caret below. */
struct lesson *lesson_load(const char *directory, char *error, size_t error_size);
void lesson_free(struct lesson *l);
/* The guest's file: `guest` is relative to the lesson's directory. */
void lesson_guest_path(const struct lesson *l, char *out, size_t size);
/* Run the debugger commands of `run` and `reveal`, ';' between them (lesson_run.c lists them). */
bool lesson_do(struct debug *d, const char *commands, char *error, size_t error_size);
/* Is the step's check true now?  A step without one is always passed. */
bool lesson_checked(const struct lesson *l, int step, const struct debug *d, bool *passed, char *error,
                    size_t error_size);
/* Names of lessons under a directory, sorted; returns the count. */
int lesson_list(const char *root, char names[][40], int max);
bool lesson_progress_load(struct lesson_progress *p, const char *state_file);
bool lesson_progress_save(const struct lesson_progress *p, const char *state_file);
/* Judge an answer typed by the student ("2", "b", "0x202") against the live state. */
bool lesson_judge(const struct lesson *l, int step, const char *typed, const struct debug *d, bool *right,
                  char *error, size_t error_size);

#endif
