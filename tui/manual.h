/* manual.h - the manual page, made from the tables of options, commands, keys and views. */
#ifndef TUI_MANUAL_H
#define TUI_MANUAL_H

#include <stdio.h>

void manual_page(FILE *out);

#endif
