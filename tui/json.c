#include "tui/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *value_of(const struct sheet *s, const struct item *f)
{
    const char *text = sheet_item_text(s, f);
    if (f->type == ITEM_NUMBER)
        return json_integer((json_int_t)f->number);
    if (f->type == ITEM_BOOL)
        return json_boolean(f->number);
    return f->number ? json_sprintf("0x%s", text) : json_string(text);
}

static void add_row(json_t *object, const struct sheet *s, const struct row *row)
{
    for (u32 i = 0; i < row->count; i++) {
        const struct item *f = &s->item[row->first + i];
        json_object_set_new(object, f->key, value_of(s, f));
        if (f->changed) {
            json_t *changed = json_object_get(object, "changed");
            if (!changed)
                json_object_set_new(object, "changed", changed = json_array());
            json_array_append_new(changed, json_string(f->key));
        }
    }
}

static json_t *section_value(const struct sheet *s, const struct section *section)
{
    bool pairs = section->shape == SHEET_PAIRS;
    json_t *all = pairs ? json_object() : json_array();
    for (u32 i = 0; i < section->count; i++) {
        const struct row *row = &s->row[section->first + i];
        if (pairs) {
            add_row(all, s, row);
        } else if (section->shape == SHEET_WORDS) {
            json_array_append_new(all, value_of(s, &s->item[row->first]));
        } else {
            json_t *object = json_object();
            if (row->mark != ' ')
                json_object_set_new(object, "mark", json_stringn(&row->mark, 1));
            add_row(object, s, row);
            json_array_append_new(all, object);
        }
    }
    return all;
}

static json_t *header(const char *schema, const struct json_where *where)
{
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_string(schema));
    json_object_set_new(o, "version", json_integer(1));
    json_object_set_new(o, "guest", json_string(where->guest));
    json_object_set_new(o, "engine", json_string(where->engine));
    return o;
}

static void finish(json_t *o, struct text *out)
{
    char *line = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    assert(line);
    text_addf(out, "%s\n", line);
    free(line);
    json_decref(o);
}

void json_view(const struct sheet *s, const struct json_where *where, struct text *out)
{
    json_t *o = header("stepvisor-view", where);
    json_object_set_new(o, "view", json_string(s->view));
    json_object_set_new(o, "step", json_integer((json_int_t)where->step));
    json_object_set_new(o, "tick", json_integer((json_int_t)where->tick));
    for (u32 i = 0; i < s->sections; i++)
        json_object_set_new(o, s->section[i].key, section_value(s, &s->section[i]));
    finish(o, out);
}

void json_trace_header(const struct json_where *where, struct text *out)
{
    finish(header("stepvisor-trace", where), out);
}
