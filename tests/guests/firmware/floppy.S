/* A floppy: its boot sector reads the second sector through INT 13h and prints what is there. */
.code16
.globl _start
_start: xor %ax,%ax
 mov %ax,%ds
 mov %ax,%es
 mov %ax,%ss
 mov $0x7c00,%sp
 mov $0x0201,%ax
 mov $0x7e00,%bx
 mov $2,%cx
 mov $0,%dh
 int $0x13
 mov $'-',%al
 jc 1f
 mov $0x7e00,%si
2: lodsb
 test %al,%al
 jz 3f
1: mov $0x0e,%ah
 xor %bx,%bx
 int $0x10
 jmp 2b
3: cli
 hlt
.org 510
.word 0xaa55
.asciz "read from the second sector"
.org 1024
