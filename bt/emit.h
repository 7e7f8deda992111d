/* emit.h - the bytes of emitted code and their weights, built before they go into the cache.
 *
 * Nothing here touches flags: the guest's arithmetic flags live in the hardware's.  Pure: no
 * vmm. */
#ifndef BT_EMIT_H
#define BT_EMIT_H

#include "bt/layout.h"
#include "sim/api/insn.h"

enum { CODE_MAX = 1024 };
struct code {
    u32 at;             /* cache offset of byte 0 */
    u32 n;
    u8 byte[CODE_MAX], weight[CODE_MAX];
};

static inline u32 code_here(const struct code *c) { return c->at + c->n; }
void code_start(struct code *c, u32 at);
/* The cache instruction about to be emitted completes one guest instruction. */
void emit_weight(struct code *c, unsigned weight);
void emit_bytes(struct code *c, const u8 *bytes, u32 n);
void emit8(struct code *c, unsigned byte);
void emit32(struct code *c, u32 value);

void emit_int(struct code *c, unsigned vector);
void emit_jmp(struct code *c, u32 target);              /* e9 rel32, to a cache offset */
void emit_jcc(struct code *c, unsigned cc, u32 target); /* 0f 8x rel32 */
void emit_jmp_slot(struct code *c, u32 gs_at);          /* jmp *gs:[at] */
void emit_push_imm(struct code *c, u32 value);
void emit_gs_byte(struct code *c, u32 gs_at, u8 value); /* mov byte gs:[at], value */
void emit_gs_word(struct code *c, u32 gs_at, u32 value);/* mov dword gs:[at], value */
void emit_spill(struct code *c);                        /* eax, ecx to scratch */
/* mov eax, r/m32: the operand of a jmp or call, whose bytes are given */
void emit_load_target(struct code *c, const struct insn *in, const u8 *bytes);
void emit_launch(struct code *c);                       /* movzx ecx,al ; jmp *gs:[rtc+4*ecx] */
void emit_sti(struct code *c);
/* A confirmation block: eax is where the guest goes; is it `expected`?  Then to `target`, else
 * miss. The lengths of its parts are facts that recovery relies on. */
void emit_confirm(struct code *c, u32 expected, u32 target);
enum { CONFIRM_MISS = 8, CONFIRM_RELOAD_ECX = 10, CONFIRM_RELOAD_EAX = 17, CONFIRM_JUMP = 23,
       CONFIRM_CONTINUE = 28, CONFIRM_SIZE = 30 };
enum { SPILL_SIZE = 13 /* mov gs:,eax ; mov gs:,ecx */, LAUNCH_SIZE = 11, GS_WORD_SIZE = 11,
       THUNK_JUMP = 7, THUNK_SIZE = 9, JUMP_SIZE = 5, JCC_SIZE = 6, INT_SIZE = 2,
       PUSH_SIZE = 5 };
/* Offsets of what follows each instruction of the sti sequence. */
enum { STI_DOORBELL = 6, STI_LOAD = 12, STI_PREV = 18, STI_SET = 26, STI_SIZE = 32 };

#endif
