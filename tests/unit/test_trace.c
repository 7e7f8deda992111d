/* test_trace.c - events in words: every kind's sentence, and each way to tell an argument. */
#include "lessons/trace.h"

#include <jansson.h>
#include <string.h>

#include "bt/event.h"
#include "sim/api/isa.h"
#include "sim/api/vmx.h"
#include "sim/api/window.h"
#include "tests/unit/unit.h"
#include "vmm/event.h"
#include "vt/event.h"

static const struct spoken { unsigned kind; u32 arg[4]; const char *words; } spoken[] = {
    { HW_FAULT, { VEC_UD, 0, 0, OP_UD }, "#UD was raised by ud2" },
    { HW_FAULT, { VEC_UD, 0, 0, OP_COUNT }, "#UD was raised" },
    { HW_FAULT, { VEC_GP, 0x33, 0, OP_MOV }, "#GP (error code 0x33) was raised by mov" },
    { HW_FAULT, { VEC_PF, 2, 0x5000, OP_POPF },
      "#PF (error code 0x2) was raised at address 0x00005000 by popf" },
    { HW_TLB_FLUSH, { 0, 0x5000 }, "the whole TLB was flushed" },
    { HW_TLB_FLUSH, { 1, 0x5000 }, "the TLB forgot the page at 0x00005000" },
    { VMM_DROP, { 0, 0x5000 }, "all shadow entries were dropped" },
    { VMM_DROP, { 1, 0x5000 }, "the shadow entry of 0x00005000 was dropped" },
    { BT_FLUSH, { 7, 0, 0x5000 }, "translation cache emptied as asked; generation 7" },
    { BT_FLUSH, { 7, 1, 0x5000 }, "translation cache emptied because it was full; generation 7" },
    { BT_FLUSH, { 7, 2, 0x5000 }, "translation cache emptied because code at 0x00005000 changed; generation 7" },
    { BT_TRANSLATE, { 7, 0x5000, 1, 0x6000 }, "unit 7: 1 guest instruction at 0x00005000 translated to 0x00006000" },
    { BT_TRANSLATE, { 7, 0x5000, 3, 0x6000 }, "unit 7: 3 guest instructions at 0x00005000 translated to 0x00006000" },
    { VMM_DESC, { 1 }, "shadow descriptor tables copied again, 1 entry" },
    { VMM_DESC, { 0 }, "shadow descriptor tables copied again, 0 entries" },
    { HW_DISK, { 9, 2 }, "the disk's sector 9 was written" },
    { HW_DISK, { 9, 5 }, "the disk's sector 9 was written" }, /* beyond the last: the last */
    { HW_CONSOLE, { 't' }, "the byte 0x74 't' left for the outside" },
    { HW_CONSOLE, { 10 }, "the byte 0x0a left for the outside" },
    { HW_NATIVE, { VEC_GP }, "control reached the monitor's window, slot 0xd (#GP)" },
    { HW_NATIVE, { 0x20 }, "control reached the monitor's window, slot 0x20" },
    { HW_NATIVE, { SLOT_HOST_RIP }, "control reached the monitor's window, slot 0x100 (VM exit)" },
    { HW_NATIVE, { SLOT_SYSENTER }, "control reached the monitor's window, slot 0x101 (SYSENTER)" },
    { HW_VMENTRY, { 0x5000, 0x20 }, "VM entry at 0x00005000, injecting nothing" },
    { HW_VMENTRY, { 0x5000, INTR_INFO(0x20, EVENT_EXTERNAL) },
      "VM entry at 0x00005000, injecting external interrupt vector 0x20" },
    { HW_VMENTRY, { 0x5000, INTR_INFO(VEC_PF, EVENT_HARD_EXCEPTION) },
      "VM entry at 0x00005000, injecting exception #PF" },
    { HW_VMENTRY, { 0x5000, INTR_INFO(0x80, EVENT_SOFT_INT) },
      "VM entry at 0x00005000, injecting INT n vector 0x80" },
    { HW_UNDEFINED, { 0x00c1280f, 0, 0, 0x82000000 }, "0f 28 is no instruction of this processor" },
    { BT_CALLOUT, { OP_POPF, 0x5000 }, "popf at 0x00005000 called out of the cache to the monitor" },
    { BT_CALLOUT, { OP_COUNT, 0x5000, 2, 0x9090ff0f },
      "(bad) 0f ff at 0x00005000 called out of the cache to the monitor" },
    { BT_CALLOUT, { OP_COUNT, 0x5000 },
      "an instruction that cannot be read at 0x00005000 called out of the cache to the monitor" },
    { HW_IF, { 0, 1, OP_POPF }, "IF changed 0 to 1 by popf" },
};

static void words(void)
{
    for (unsigned i = 0; i < COUNT(spoken); i++) {
        char out[320];
        struct event e = { .kind = (u16)spoken[i].kind };
        memcpy(e.arg, spoken[i].arg, sizeof e.arg);
        int len = event_sentence(&e, NULL, out, sizeof out);
        if (strcmp(out, spoken[i].words))
            printf("\n  %s\n  not %s ", out, spoken[i].words);
        CU_ASSERT_STRING_EQUAL(out, spoken[i].words);
        CU_ASSERT_EQUAL(len, (int)strlen(out));
    }
}

/* Whatever the arguments: no brace is left, no word is missing. */
static void every_kind(void)
{
    static const u32 values[] = { 0, 1, 2, 3, 0x100, UINT32_MAX };
    unsigned kinds = 0;
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++)
        for (unsigned i = 0; event_info(kind) && i < COUNT(values); i++, kinds++) {
            char out[320], json[1024];
            u32 v = values[i];
            struct event e = { .kind = (u16)kind, .arg = { v, v, v, v } };
            int len = event_sentence(&e, NULL, out, sizeof out);
            CU_ASSERT(len > 0 && len < (int)sizeof out);
            CU_ASSERT_PTR_NULL(strpbrk(out, "{}|"));
            CU_ASSERT_PTR_NULL(strstr(out, "  "));
            CU_ASSERT(event_json(&e, NULL, json, sizeof json) < (int)sizeof json);
            json_t *parsed = json_loads(json, 0, NULL);
            CU_ASSERT_PTR_NOT_NULL(parsed);
            json_decref(parsed);
        }
    CU_ASSERT(kinds > 80 * COUNT(values));
}

/* Arguments stand in the order of the sentence; those of a choice too, whichever was chosen. */
static void json(void)
{
    char out[1024];
    const struct event flush = { .kind = HW_TLB_FLUSH, .arg = { 0, 0x5000 } };
    event_json(&flush, NULL, out, sizeof out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"args\":[0,\"0x00005000\"],\"text\":\"the whole TLB was flushed\""));
    const struct event unit = { .kind = BT_TRANSLATE, .arg = { 7, 0x5000, 1, 0x6000 } };
    event_json(&unit, NULL, out, sizeof out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"args\":[7,1,\"0x00005000\",\"0x00006000\"]"));
    const struct event fault = { .kind = HW_FAULT, .arg = { VEC_GP, 0x33, 0, OP_COUNT } };
    event_json(&fault, NULL, out, sizeof out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"args\":[13,51,\"0x00000000\",null]"));
    const struct event unread = { .kind = BT_CALLOUT, .arg = { OP_COUNT, 0x5000 } };
    event_json(&unread, NULL, out, sizeof out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"args\":[null,\"0x00005000\"]"));
    const struct event none = { .kind = HW_UNDEFINED, .arg = { 0x00c1280f, 0, 0, 0x82000000 } };
    event_json(&none, NULL, out, sizeof out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"args\":[\"0f 28\"]"));
}

/* A sentence longer than the room is cut, and its length told. */
static void cut(void)
{
    char out[12];
    const struct event e = { .kind = HW_FAULT, .arg = { VEC_UD, 0, 0, OP_UD } };
    CU_ASSERT_EQUAL(event_sentence(&e, NULL, out, sizeof out), (int)strlen("#UD was raised by ud2"));
    CU_ASSERT_STRING_EQUAL(out, "#UD was rai");
}

static const struct unit_case cases[] = {
    { "sentences of events", words }, { "every kind has one", every_kind },
    { "the same in JSON", json }, { "a short buffer", cut },
};
UNIT_MAIN("trace", cases)
