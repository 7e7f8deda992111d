/* tui.h - the debugger on a screen. */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include "tui/options.h"

int tui_debug(const struct options *o);
int tui_lesson(const struct options *o);

#endif
