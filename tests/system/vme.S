# vme.S - virtual-8086 mode with CR4.VME: the redirection bitmap of INT, VIF and VIP.
# SDM 3B 20.3, table 20-2.
    .include "system.inc"
    .include "v86.inc"
    begin
    load_code16
    movl $0x08000090, 0x44 * 4          # the 8086 program's own handlers: 800:90
    use_v86_tss
    mov $1, %eax
    mov %eax, %cr4
    on_event shown

    .macro v86 text, label, iopl=0, flags=0
    rule "\text", 0x\label
    xor %eax, %eax
    push $0                     # GS FS DS ES
    push $0
    push $0
    push $0
    push $0x600
    push $0x1000
    push $VM + 2 + (\iopl << 12) + (\flags)
    push $0x800
    push $0x\label
    iret
    passed
    .endm
    .set VIF, 0x80000
    .set VIP, 0x100000
    v86 "int 44h stays inside, iopl 0", 10
    v86 "int 44h stays inside, iopl 0, VIF", 10, 0, VIF
    v86 "int 44h stays inside, iopl 3, IF", 10, 3, IF
    v86 "int 45h leaves, iopl 3", 20, 3
    v86 "int 45h leaves, iopl 0", 20
    v86 "sti, iopl 0", 30
    v86 "sti, iopl 0, VIP", 30, 0, VIP
    v86 "cli, iopl 0, VIF", 40, 0, VIF
    v86 "sti, iopl 3", 30, 3
    v86 "pushf, iopl 0", 50
    v86 "pushf, iopl 0, VIF", 50, 0, VIF
    v86 "popf of IF, iopl 0", 60
    v86 "popf of IF, iopl 0, VIP", 60, 0, VIP
    v86 "popf of TF, iopl 0", 70
    v86 "pushfl, iopl 0", 80
    v86 "iret of IF, iopl 0", a0
    v86 "iret of IF, iopl 0, VIP", a0, 0, VIP
    v86 "int3, iopl 0: VME does not redirect it", b0
    done

shown:
    call report_event
    say " flags "
    mov e_flags, %eax
    and $0x1b7300, %eax
    call put_number
    say " sp "
    mov e_esp, %eax
    call put_number
    say " ax "
    mov r_eax, %eax
    call put_number
    jmp resume

    .section .rodata
    .code16
code16:
    at 0x10, int $0x44
    ud2
    at 0x20, int $0x45
    ud2
    at 0x30, sti
    ud2
    at 0x40, cli
    ud2
    at 0x50, pushf
    pop %ax
    ud2
    at 0x60, pushw $0x202
    popf
    ud2
    at 0x70, pushw $0x102
    popf
    ud2
    at 0x80, pushfl
    ud2
    at 0x90, mov %sp, %bp               # FLAGS as the handler finds them
    mov 4(%bp), %ax
    ud2
    at 0xa0, pushw $0x202
    pushw $0x800
    pushw $0xac
    iret
    at 0xac, ud2
    at 0xb0, int3
    ud2
code16_end:
    .code32

    v86_tss
