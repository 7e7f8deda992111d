#include "tui/log_file.h"

#include <stdlib.h>
#include <string.h>

struct log_file *log_file_new(const char *path)
{
    struct log_file *l = aligned_alloc(64, sizeof *l + 64 - sizeof *l % 64);
    if (!l)
        return NULL;
    memset(l, 0, sizeof *l);
    l->file = fopen(path, "wb");
    if (l->file)
        return l;
    free(l);
    return NULL;
}

void log_file_before(struct log_file *l, struct hw *m)
{
    machine_log(m, l->buffer, LOG_FILE_RECORDS);
}

bool log_file_after(struct log_file *l, struct hw *m)
{
    u32 words[10], n = machine_logged(m);
    for (u32 i = 0; i < n; i++) {
        const struct reg_record *r = &l->buffer[i];
        memcpy(words, r->reg, sizeof r->reg);
        words[8] = r->eip;
        words[9] = reg_record_eflags(r);
        fwrite(words, sizeof words, 1, l->file);
    }
    return !ferror(l->file);
}

bool log_file_close(struct log_file *l)
{
    bool ok = fclose(l->file) == 0;
    free(l);
    return ok;
}
