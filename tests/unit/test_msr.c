/* test_msr.c - which MSRs a guest finds: those of its platform, the same under every engine. */
#include "lessons/lockstep.h"
#include "tests/unit/worlds.h"

/* Reads the MSRs of its list; the #GP handler goes on behind the instruction and counts. */
GUEST(probe,
    GUEST_LOAD_GDT(probe)
    GUEST_GATE(probe, 13, probe_gp, 8e)
    GUEST_LOAD_IDT(probe)
    "xor %edi, %edi\nxor %ebx, %ebx\n"
    "probe_next: mov " AT(probe, probe_list) "(,%edi,4), %ecx\nxor %eax, %eax\n"
    "rdmsr\nadd %eax, 0x6000\n"
    "inc %edi\ncmp $(probe_end_of_list-probe_list)/4, %edi\njb probe_next\n"
    "EXIT %ebx\n"
    "probe_gp: inc %ebx\naddl $2, 4(%esp)\nadd $4, %esp\niret\n"
    ".balign 4\nprobe_list: .long 0x3a, 0x480, 0x481, 0x489, 0x40000100, 0x40000101, 0x174\n"
    "probe_end_of_list:\n"
    GUEST_GDT(probe));

static void vmx_is_hidden(void)
{
    struct image_segment segment = { .pa = GUEST_LOAD, .file_size = (u32)(probe_end - probe),
                                     .mem_size = (u32)(probe_end - probe) };
    struct image image = { .name = "probe", .entry = GUEST_LOAD, .load_low = GUEST_LOAD,
                           .load_high = GUEST_LOAD + segment.mem_size, .segments = &segment,
                           .segment_count = 1, .file = (u8 *)(uintptr_t)probe };
    struct lockstep_config c = { .image = &image, .every = 1, .until = 100000,
                                 .ram_bytes = GUEST_RAM, .engine_count = 4,
                                 .engines = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT, ENGINE_INTERP } };
    struct divergence d;
    char error[200] = "";
    CU_ASSERT_TRUE_FATAL(lockstep_run(&c, &d, error, sizeof error));
    CU_ASSERT_FALSE(d.found);
    if (d.found)
        printf("\n  %s\n", d.sentence);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.end, "code 6")); /* all but SYSENTER_CS */
}

static const struct unit_case cases[] = {
    { "VMX is hidden", vmx_is_hidden },
};

UNIT_MAIN("msr", cases)
