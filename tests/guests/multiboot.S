# A multiboot kernel that prints what its loader told it: its command line, its modules', and the
# memory below and above 1 MB in KB.
        .set    FLAGS, 3                # modules on pages, memory information
        .text
        .balign 4
        .long   0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
        .globl  _start
_start: mov     $stack, %esp
        mov     %ebx, %ebp
        mov     16(%ebp), %esi
        call    line
        mov     20(%ebp), %edi          # how many modules
        mov     24(%ebp), %ebx
        testl   $8, (%ebp)
        jnz     2f
        xor     %edi, %edi
1:      test    %edi, %edi
        jz      3f
        testl   $0xfff, (%ebx)          # begins on a page
        jnz     fail
        mov     8(%ebx), %esi
        call    line
        add     $16, %ebx
        dec     %edi
2:      jmp     1b
3:      mov     4(%ebp), %edx
        call    hex
        mov     $' ', %al
        out     %al, $0xe9
        mov     8(%ebp), %edx
        call    hex
        mov     $'\n', %al
        out     %al, $0xe9
        xor     %eax, %eax
        out     %eax, $0xf4
fail:   mov     $1, %eax
        out     %eax, $0xf4

line:   lodsb
        test    %al, %al
        jz      5f
        out     %al, $0xe9
        jmp     line
5:      mov     $'\n', %al
        out     %al, $0xe9
        ret

hex:    mov     $8, %ecx
6:      rol     $4, %edx
        mov     %dl, %al
        and     $15, %al
        cmp     $10, %al
        jb      7f
        add     $'A' - '0' - 10, %al
7:      add     $'0', %al
        out     %al, $0xe9
        loop    6b
        ret

        .bss
        .skip   1024
stack:
