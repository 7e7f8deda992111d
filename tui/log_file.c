#include "tui/log_file.h"

#include <stdlib.h>
#include <string.h>

struct log_file *log_file_new(const char *path, struct hw *m)
{
    struct log_file *l = aligned_alloc(64, sizeof *l + 64 - sizeof *l % 64);
    if (!l)
        return NULL;
    memset(l, 0, sizeof *l);
    l->file = fopen(path, "wb");
    if (!l->file) {
        free(l);
        return NULL;
    }
    machine_log(m, &l->log);
    return l;
}

static void write_record(FILE *file, const struct reg_record *r)
{
    u32 words[10];
    memcpy(words, r->reg, sizeof r->reg);
    words[8] = r->eip;
    words[9] = reg_record_eflags(r);
    fwrite(words, sizeof words, 1, file);
}

bool log_file_write(struct log_file *l, struct hw *m)
{
    u32 n;
    while ((n = reglog_read(m, l->record, LOG_FILE_RECORDS)))
        for (u32 i = 0; i < n; i++)
            write_record(l->file, &l->record[i]);
    return !ferror(l->file);
}

bool log_file_close(struct log_file *l, struct hw *m)
{
    machine_log(m, NULL);
    bool ok = fclose(l->file) == 0;
    free(l);
    return ok;
}
