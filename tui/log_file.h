/* log_file.h - the register log as a file: run --log-registers FILE.
 *
 * Ten little-endian 32-bit words an instruction: EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS, before it. */
#ifndef TUI_LOG_FILE_H
#define TUI_LOG_FILE_H

#include <stdio.h>

#include "sim/reglog.h"

enum { LOG_FILE_RECORDS = 256 };
struct log_file { FILE *file; struct reg_record record[LOG_FILE_RECORDS]; struct reglog log; };

/* From now on.  NULL: errno tells. */
struct log_file *log_file_new(const char *path, struct hw *m);
/* After each stretch of running.  false: the file cannot take it (errno). */
MUST_CHECK bool log_file_write(struct log_file *l, struct hw *m);
/* And no longer. */
MUST_CHECK bool log_file_close(struct log_file *l, struct hw *m);

#endif
