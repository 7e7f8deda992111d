# x87.S - the FPU: the square root of 2 by Newton's method, and the state that FNSTENV stores.
#
# The multiboot loader leaves the FPU as RESET does: control word 0040, no exception masked, eight zeros
# in the registers.  fninit makes it usable.
#
# Watch: `info float` at each round of the loop; the fifth has all 64 bits right.  At the end the
# guest looks at FCS, the selector that the FPU kept of its last instruction: kernel code has privilege
# 0 in its low two bits.  Under `direct` the guest's kernel runs at CPL 1, and fnstenv shows it.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp
    fninit
    mov $5, %ebx
    fld1                        # x = 1
round:                          # x = (x + 2 / x) / 2
    flds two
    fdiv %st(1), %st
    faddp
    fmuls half
    dec %ebx
    jnz round
    print "sqrt 2: 1."
    fmuls billion
    fistpl number
    mov number, %eax
    sub $1000000000, %eax
    call put_dec
    mov $'\n', %al
    call putc
    print "FCS: privilege "
    fnstenv environment         # <-- 0; under direct: 1
    mov environment + 16, %eax
    and $3, %eax
    call put_dec
    mov $'\n', %al
    call putc
    exit 0

    library_print
    .data
two:     .float 2.0
half:    .float 0.5
billion: .float 1000000000.0
    .bss
    .align 4
number:  .skip 4
environment: .skip 28
