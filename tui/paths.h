/* paths.h - where files are kept: lessons, and a person's own state. */
#ifndef TUI_PATHS_H
#define TUI_PATHS_H

#include "sim/api/base.h"

/* $STEPVISOR_LESSONS, ./lessons, or beside the program. */
bool paths_lessons(char *out, size_t size);
/* $XDG_STATE_HOME/stepvisor (made when it is not there); false: no home. */
bool paths_state(char *out, size_t size);
bool paths_lesson_state(const char *lesson, char *out, size_t size);

#endif
