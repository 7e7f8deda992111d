#include "tui/keys.h"

const struct key keys[KEYS_COUNT] = {
#define KEY(id, shown, code, command, help) [KEYS_##id] = { shown, code, command, help },
#include "tui/keys.def"
};

int key_by_code(int code)
{
    for (int i = 0; i < KEYS_COUNT; i++)
        if (code && keys[i].code == code)
            return i;
    return -1;
}
