/* guests_int1.h - user code with INT1, also prefixed, also single-stepped, in every direct engine. */
#ifndef TESTS_GUESTS_INT1_H
#define TESTS_GUESTS_INT1_H

#include "tests/unit/guests.h"

GUEST(int1,
    GUEST_LOAD_GDT(int1)
    GUEST_GATE(int1, 1, int1_db, 8f)
    GUEST_GATE(int1, 128, int1_sys, ef)
    GUEST_LOAD_IDT(int1)
    GUEST_LOAD_TSS
    GUEST_PAGING(int1)
    "mov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\nsti\nnop\n"
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(int1, int1_main) "\niret\n"
    "int1_main: mov $0x23, %eax\nmov %eax, %ds\n"
    "nop\n.byte 0xf1\n.byte 0x66, 0xf1\n.byte 0x3e, 0x66, 0xf1\nnop\n"
    "pushf\norl $0x100, (%esp)\npopf\nnop\n.byte 0xf1\nnop\npushf\nandl $~0x100, (%esp)\npopf\n"
    "nop\nint $0x80\n"
    "int1_db: incl %ss:0x6000\nmov %ss:0x6000, %ecx\nmov (%esp), %eax\n"
    "mov %eax, %ss:0x6100(,%ecx,8)\nmov %dr6, %eax\nmov %eax, %ss:0x6104(,%ecx,8)\n"
    "xor %eax, %eax\nmov %eax, %dr6\niret\n"
    "int1_sys: EXIT %ss:0x6000\n"
    GUEST_GDT(int1));

#endif
