/* log_file.h - the register log as a file: run --log-registers FILE.
 *
 * Ten little-endian 32-bit words an instruction: EAX ECX EDX EBX ESP EBP ESI EDI EIP EFLAGS, before it. */
#ifndef TUI_LOG_FILE_H
#define TUI_LOG_FILE_H

#include <stdio.h>

#include "sim/reglog.h"

enum { LOG_FILE_RECORDS = 2048 };
struct log_file { FILE *file; struct reg_record buffer[LOG_FILE_RECORDS]; };

/* NULL: errno tells. */
struct log_file *log_file_new(const char *path);
/* Before and after each stretch of running.  after: false when the file cannot take it (errno). */
void log_file_before(struct log_file *l, struct hw *m);
MUST_CHECK bool log_file_after(struct log_file *l, struct hw *m);
MUST_CHECK bool log_file_close(struct log_file *l);

#endif
