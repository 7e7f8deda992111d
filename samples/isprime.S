# isprime.S - the function that Adams and Agesen translate in their section 3.2.
#
#   int isPrime(int a) { for (int i = 2; i < a; i++) if (a % i == 0) return 0; return 1; }
#
# Called with a = 49 in edi.  Byte for byte the paper's; `inc` is the two-byte form, as there.
#
# Watch, under `bt`: four translation units are made (isPrime, nexti, the block of inc, and
# notPrime); the block at `prime` never is.  nexti runs six times, chained to from the block of inc.
    .include "boot.inc"
    multiboot_header

_start:
    mov $stack_top, %esp
    mov $49, %edi
    call isPrime
    jmp report

    .balign 16
    .global isPrime
    .type isPrime, @function
isPrime:
    mov %edi, %ecx              # 89 f9
    mov $2, %esi                # be 02 00 00 00
    cmp %ecx, %esi              # 39 ce
    jge prime                   # 7d 0f
nexti:
    mov %ecx, %eax              # 89 c8
    cltd                        # 99
    idiv %esi                   # f7 fe
    test %edx, %edx             # 85 d2
    jz notPrime                 # 74 0c
    .byte 0xff, 0xc6            # inc %esi
    cmp %ecx, %esi              # 39 ce
    jl nexti                    # 7c f1
prime:
    mov $1, %eax                # b8 01 00 00 00
    ret                         # c3
notPrime:
    xor %eax, %eax              # 31 c0
    ret                         # c3
    .size isPrime, . - isPrime

report:
    mov %eax, %ebx
    mov %edi, %eax
    call put_dec
    mov $yes, %esi
    test %ebx, %ebx
    jnz answer
    mov $no, %esi
answer:
    call puts
    exit 0

    .section .rodata
yes:
    .asciz " is prime\n"
no:
    .asciz " is not prime\n"

    library_print
