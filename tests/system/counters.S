# counters.S - RDPMC and RDTSC: who may, which counter; CR4.MCE and the registers of machine check.
# SDM 2, RDPMC, RDTSC; SDM 3B 18.22 (the P6 family's counters), 15.3 (machine check).
    .include "system.inc"
    begin
    .macro msr number, low, high
    mov $\number, %ecx
    mov $\low, %eax
    mov $\high, %edx
    wrmsr
    .endm
    .macro cr4 bits
    mov $\bits, %eax
    mov %eax, %cr4
    .endm
    .macro counter text, ring, n, bits
    rule "\text", 1f
    msr 0xc1, 0x89abcdef, 0
    msr 0xc2, 0x12345678, 0xff
    cr4 \bits
    .if \ring
    to_ring \ring
    .endif
    mov $\n, %ecx
1:  rdpmc
    show %eax
    show %edx
    passed
    .endm
    counter "counter 0: 40 bits, the sign of what was written", 0, 0, 0
    counter "counter 1", 0, 1, 0
    counter "there is no counter 2", 0, 2, 0
    counter "nor one of all ones", 0, -1, 0
    counter "ring 3 without PCE", 3, 0, 0
    counter "ring 3 without PCE, no such counter", 3, 2, 0
    counter "ring 3 with PCE", 3, 1, 0x100
    counter "ring 3 with PCE, no such counter", 3, 0x40000000, 0x100
    counter "ring 1 with TSD and PCE", 1, 1, 0x104
    rule "rdtsc: ring 3 with TSD", 1f
    cr4 4
    to_ring 3
1:  rdtsc
    passed
    rule "rdtsc: ring 0 with TSD", 1f
    cr4 4
1:  rdtsc
    passed
    rule "the time stamp counter goes on from what is written, without a high half", 1f
    msr 0x10, 0xfffffff0, 7
    mov $100, %ecx
    loop .
1:  rdtsc
    show %edx
    passed
    rule "CR4.MCE, and CPUID's MCE and MCA", 1f
    cr4 0x40
1:  mov %cr4, %eax
    show %eax
    mov $1, %eax
    cpuid
    and $0x4080, %edx
    show %edx
    cr4 0
    passed
    .macro reads number
    rule "rdmsr \number", 1f
    mov $\number, %ecx
1:  rdmsr
    show %eax
    show %edx
    passed
    .endm
    reads 0x179
    reads 0x17a
    reads 0x401
    reads 0x403
    reads 0x411
    reads 0x414
    .macro writes number, low, high
    rule "wrmsr \number \low \high", 1f
    mov $\number, %ecx
    mov $\low, %eax
    mov $\high, %edx
1:  wrmsr
    passed
    .endm
    writes 0x17a, 4, 0
    writes 0x404, -1, -1
    writes 0x404, -1, 0
    writes 0x405, 0, 0
    writes 0x405, 1, 0
    writes 0x408, 0, 0
    done
