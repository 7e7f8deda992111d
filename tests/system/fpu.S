# fpu.S - x87: who may (EM, TS, MP), #MF with NE = 1, stack faults, saved states, lazy switching by TS.
# SDM 1 8; SDM 3A 2.5 (CR0); SDM 2, each instruction by its name.
    .include "system.inc"
    .set MP, 2
    .set EM, 4
    .set TS, 8
    .set NE, 0x20
    begin

    .macro cr0_bits on, off=0
    mov %cr0, %eax
    and $~(MP + EM + TS + NE + (\off)), %eax
    or $(\on), %eax
    mov %eax, %cr0
    .endm
    .macro state                # status and tag word
    fnstenv env
    movzwl env + 4, %eax
    show %eax
    movzwl env + 8, %eax
    show %eax
    fldenv env
    .endm
    .macro control value
    movw $\value, word
    fldcw word
    .endm

    .irp bits, 0, MP, EM, TS, MP+TS, MP+EM
    .irp insn, "fninit", "fnstsw %ax", "fld1", "fwait", "fxsave area"
    rule "CR0 \bits: \insn", 1f
    cr0_bits NE
    fninit
    cr0_bits \bits + NE
1:  \insn
    passed
    cr0_bits NE
    .endr
    .endr
    rule "TS, ring 3", 1f
    cr0_bits TS + NE
    to_ring 3
1:  fnop
    passed
    clts
    rule "fisttp", 1f
1:  .byte 0xdb, 0x0d
    .long word
    passed
    cr0_bits NE + EM
    rule "fisttp, EM", 1f
1:  .byte 0xdb, 0x0d
    .long word
    passed
    cr0_bits NE

    # ---- #MF: at the next waiting instruction, and only there ----
    .macro zero_divide
    fninit
    control 0x37b
    fld1
    fldz
    fdivrp
    .endm
    .irp insn, "fwait", "fld1", "fnop", "fldcw word", "fldenv env", "frstor area", "fincstp", "flds bad"
    rule "1/0, then \insn", 1f
    zero_divide
1:  \insn
    passed
    .endr
    .irp insn, "fnstsw %ax", "fnstcw word", "fnclex", "fninit", "fnstenv env", "fnsave area", "fxsave area"
    rule "1/0, then \insn, then fwait", 1f
    zero_divide
    \insn
1:  fwait
    passed
    .endr
    rule "1/0: the operands stay"
    zero_divide
    fnstenv env
    fldenv env
    show_byte env + 4
    show_byte env + 5
    fnclex
    fstps real
    mov real, %eax
    show %eax
    passed
    rule "fldcw unmasks what is set", 1f
    fninit
    fld1
    fldz
    fdivrp
    control 0x37b
1:  fwait
    passed
    rule "ring 3", 1f
    fninit
    to_ring 3
    zero_divide
1:  fwait
    passed

    # ---- the stack ----
    rule "nine pushes"
    fninit
    .rept 9
    fld1
    .endr
    state
    passed
    rule "nine pushes, #IA", 1f
    fninit
    control 0x37e
    .rept 9
    fld1
    .endr
1:  fwait
    passed
    rule "a store of nothing"
    fninit
    fstps real
    mov real, %eax
    show %eax
    state
    passed
    rule "a store of nothing, #IA: memory stays", 1f
    fninit
    control 0x37e
    movl $0x1234, real
    fstps real
    mov real, %eax
    show %eax
1:  fwait
    passed
    rule "fxam: empty, 0, 1, -1, inf, NaN"
    fninit
    fxam
    state
    .irp value, 0, 0x3f800000, 0xbf800000, 0x7f800000, 0xffc00000
    fninit
    movl $\value, real
    flds real
    fxam
    fnstsw %ax
    and $0x4700, %eax
    show %eax
    .endr
    passed

    # ---- comparison and conditional moves ----
    rule "fcomi, fcmov"
    fninit
    fldz
    fld1
    fcomi %st(1), %st
    pushf
    fcmovnbe %st(1), %st
    pop %eax
    and $0x8d5, %eax
    show %eax
    fstps real
    mov real, %eax
    show %eax
    passed

    # ---- states ----
    .macro some_state
    fninit
    control 0x27f
    fldpi
    fld1
    fldl2e
    ffree %st(1)
    .endm
    .macro checksum at, bytes
    mov $\at, %esi
    mov $\bytes, %ecx
    xor %ebx, %ebx
    xor %eax, %eax
2:  lodsb
    rol $5, %ebx
    add %eax, %ebx
    loop 2b
    show %ebx
    .endm
    .irp pair, "fnsave area; frstor area", "data16 fnsave area; data16 frstor area", \
          "fxsave area; fxrstor area", "fnstenv area; fldenv area"
    rule "\pair"
    some_state
    \pair
    state
    fstps real
    mov real, %eax
    show %eax
    passed
    .endr
    rule "fnsave: the registers' bytes, and what it leaves"
    some_state
    fnsave area
    checksum area + 28, 80
    movzwl area, %eax
    show %eax
    movzwl area + 4, %eax
    show %eax
    movzwl area + 8, %eax
    show %eax
    state
    passed
    rule "fxsave: abridged tags, control, status"
    some_state
    fxsave area
    movzwl area, %eax
    show %eax
    movzwl area + 2, %eax
    show %eax
    show_byte area + 4
    checksum area + 32, 128
    passed
    rule "FIP, FCS, FDP, FDS, FOP", 1f
    fninit
    movl $0x3f800000, real
1:  flds real
    fnstcw word
    fnstenv env
    mov env + 12, %eax
    sub $1b, %eax
    show %eax
    mov env + 16, %eax
    show %eax
    mov env + 20, %eax
    sub $real, %eax
    show %eax
    movzwl env + 24, %eax
    show %eax
    passed
    rule "fxsave, misaligned"
1:  fxsave area + 8
    passed
    rule "fxrstor, misaligned"
    fxrstor area + 4
    passed
    rule "lock fld1", 1f
1:  .byte 0xf0
    fld1
    passed

    # ---- lazy switching: the handler of #NM gives each its own registers ----
    on_event lazy
    rule "lazy switching"
    cr0_bits NE + MP
    fninit
    fnsave other
    fldpi
    .rept 3
    cr0_bits NE + MP + TS
    fld1                        # in the other's
    cr0_bits NE + MP + TS
    fsts real                   # in the first's
    mov real, %eax
    show %eax
    .endr
    mov switches, %eax
    show %eax
    frstor other
    fnstsw %ax
    movzwl %ax, %eax
    show %eax
    passed
    on_event
    cr0_bits NE
    done

lazy:
    cmpl $7, e_vector
    jne report
    clts
    incl switches
    fnsave mine
    frstor other
    mov $mine, %esi
    mov $other, %edi
    mov $27, %ecx
    rep movsl
    jmp go_on

    .data
    .align 16
word:
    .long 0x37f
real:
    .long 0
switches:
    .long 0
    .set bad, 0xf0000000
    .bss
    .align 16
env:
    .skip 32
area:
    .skip 512
mine:
    .skip 128
other:
    .skip 128
