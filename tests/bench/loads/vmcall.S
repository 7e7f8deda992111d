# vmcall - VM exits that a monitor in the guest answers: VMCALL in VMX non-root operation, VMRESUME behind it.
# Only for processors with VT-x, as Stepvisor's native engine is.
    .include "bench.inc"
    .set CR0_NE, 0x20
    .set CR4_VMXE, 1 << 13
    .set BASIC, 0x480                   # the capabilities; then what controls must be 1
    .set REASON, 0x4402
    .set LENGTH, 0x440c
    .set GUEST_RIP, 0x681e
    .set VMCALL_REASON, 18

    .text
    .global load
load:
    call identity_paging
    mov %cr0, %eax
    or $CR0_NE, %eax
    mov %eax, %cr0
    mov %eax, cr0_guest
    mov %eax, cr0_host
    mov %cr4, %eax
    or $CR4_VMXE, %eax
    mov %eax, %cr4
    mov %eax, cr4_guest
    mov %eax, cr4_host
    sgdt table
    mov table + 2, %eax
    mov %eax, gdt_guest
    mov %eax, gdt_host
    sidt table
    mov table + 2, %eax
    mov %eax, idt_guest
    mov %eax, idt_host
    mov %esp, host_esp
    mov $BASIC, %ecx
    rdmsr
    mov %eax, vmxon_region
    mov %eax, vmcs
    vmxon vmxon_address
    vmclear vmcs_address
    vmptrld vmcs_address
    mov $controls, %esi
1:  inc %ecx                            # from BASIC + 1
    rdmsr
    mov (%esi), %edx
    vmwrite %eax, %edx
    add $4, %esi
    cmp $controls_end, %esi
    jne 1b
1:  mov (%esi), %edx                    # fields
    vmwrite 4(%esi), %edx
    add $8, %esi
    cmp $fields_end, %esi
    jne 1b
    mov $ITER, %ecx
    xor %ebx, %ebx
    xor %edi, %edi
    vmlaunch
    jmp done

guest:
    vmcall
    add %ecx, %ebx
    dec %ecx
    jnz guest
    mov $1, %edi                        # enough
    vmcall

host:
    mov $REASON, %edx
    vmread %edx, %eax
    cmp $VMCALL_REASON, %eax
    jne done
    test %edi, %edi
    jnz done
    mov $LENGTH, %edx
    vmread %edx, %esi
    mov $GUEST_RIP, %edx
    vmread %edx, %eax
    add %esi, %eax
    vmwrite %eax, %edx
    vmresume
done:
    vmxoff
    lea (%ebx, %eax), %eax              # 18 more, if all went well
    ret

    .data
vmxon_address:
    .long vmxon_region, 0
vmcs_address:
    .long vmcs, 0
controls:                               # pin, processor, exit, entry
    .long 0x4000, 0x4002, 0x400c, 0x4012
controls_end:
    .long 0x2800, -1, 0x2801, -1        # no linked VMCS
    .long 0x0800, KERNEL_DATA, 0x0802, KERNEL_CODE, 0x0804, KERNEL_DATA, 0x0806, KERNEL_DATA
    .long 0x0808, KERNEL_DATA, 0x080a, KERNEL_DATA, 0x080c, 0, 0x080e, TSS
    .long 0x0c00, KERNEL_DATA, 0x0c02, KERNEL_CODE, 0x0c04, KERNEL_DATA, 0x0c06, KERNEL_DATA
    .long 0x0c08, KERNEL_DATA, 0x0c0a, KERNEL_DATA, 0x0c0c, TSS
    .long 0x4800, -1, 0x4802, -1, 0x4804, -1, 0x4806, -1, 0x4808, -1, 0x480a, -1, 0x480e, 0x67
    .long 0x4810, 0x2f, 0x4812, 0x7ff
    .long 0x4814, 0xc093, 0x4816, 0xc09b, 0x4818, 0xc093, 0x481a, 0xc093, 0x481c, 0xc093
    .long 0x481e, 0xc093, 0x4820, 0x10000, 0x4822, 0x8b
    .long 0x6802, page_directory, 0x6c02, page_directory, 0x681a, 0x400, 0x6820, 2
    .long 0x681c, guest_stack, GUEST_RIP, guest, 0x6c16, host, 0x6c0a, tss, 0x6814, tss
    .long 0x6800
cr0_guest:
    .long 0, 0x6c00
cr0_host:
    .long 0, 0x6804
cr4_guest:
    .long 0, 0x6c04
cr4_host:
    .long 0, 0x6816
gdt_guest:
    .long 0, 0x6c0c
gdt_host:
    .long 0, 0x6818
idt_guest:
    .long 0, 0x6c0e
idt_host:
    .long 0, 0x6c14
host_esp:
    .long 0
fields_end:
table:
    .skip 6
    .bss
    .align 4096
vmxon_region:
    .skip 4096
vmcs:
    .skip 4096
    .skip 4096
guest_stack:
