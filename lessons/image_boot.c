/* image_boot.c - a boot sector without a BIOS: the first 512 bytes at 0:7C00, in real mode, DL = 80h.
 *
 *   000-3FF      vectors: number n leads to F000:E000 + 3n
 *   413          base memory in KB, the one word of the BIOS's data that others rely on
 *   FE000-FE364  what says on the debug console which INT was wanted, and ends with code 1 */
#include "lessons/image_impl.h"

enum { SECTOR = 512, SIGNATURE = 510, LOAD = 0x7c00, VECTORS = 256, BASE_KB = 0x413,
       ROM_SEGMENT = 0xf000, STUBS = 0xe000, CALL_SIZE = 3, STUBS_END = STUBS + VECTORS * CALL_SIZE };

/* Placed at F000:E300.  Each stub calls it: the return address tells the vector. */
static const u8 apology[] = {
    0x58,                   /*        pop %ax                      F000:E003 + 3n */
    0x2d, 0x03, 0xe0,       /*        sub $0xe003, %ax                            */
    0xb3, 0x03,             /*        mov $3, %bl                                 */
    0xf6, 0xf3,             /*        div %bl                                     */
    0x88, 0xc3,             /*        mov %al, %bl                                */
    0x0e, 0x1f,             /*        push %cs; pop %ds                           */
    0xbe, 0x43, 0xe3,       /*        mov $text1, %si                             */
    0xe8, 0x2a, 0x00,       /*        call print                                  */
    0x88, 0xd8,             /*        mov %bl, %al                                */
    0xc0, 0xe8, 0x04,       /*        shr $4, %al                                 */
    0xe8, 0x15, 0x00,       /*        call digit                                  */
    0x88, 0xd8,             /*        mov %bl, %al                                */
    0x24, 0x0f,             /*        and $15, %al                                */
    0xe8, 0x0e, 0x00,       /*        call digit                                  */
    0xbe, 0x48, 0xe3,       /*        mov $text2, %si                             */
    0xe8, 0x15, 0x00,       /*        call print                                  */
    0xb0, 0x01, 0xe6, 0xf4, /*        mov $1, %al; out %al, $0xf4                 */
    0xfa, 0xf4, 0xeb, 0xfc, /* 1:     cli; hlt; jmp 1b                            */
    0x04, 0x30,             /* digit: add $'0', %al                               */
    0x3c, 0x39, 0x76, 0x02, /*        cmp $'9', %al; jbe 2f                       */
    0x04, 0x07,             /*        add $7, %al                                 */
    0xe6, 0xe9, 0xc3,       /* 2:     out %al, $0xe9; ret                         */
    0xe6, 0xe9,             /* 3:     out %al, $0xe9                              */
    0xfc, 0xac,             /* print: cld; lodsb                                  */
    0x84, 0xc0, 0x75, 0xf8, /*        test %al, %al; jnz 3b                       */
    0xc3,                   /*        ret                                         */
    'I', 'N', 'T', ' ', 0,  /* text1, text2 */
    'h', ':', ' ', 't', 'h', 'e', 'r', 'e', ' ', 'i', 's', ' ', 'n', 'o', ' ', 'B', 'I', 'O', 'S',
    ' ', '(', '-', '-', 'r', 'o', 'm', ')', '\n', 0,
};

bool image_is_boot_sector(const struct image *img)
{
    return img->file_size >= SECTOR && img->file[SIGNATURE] == 0x55 &&
           img->file[SIGNATURE + 1] == 0xaa;
}

void image_read_boot_sector(struct image *img)
{
    img->form = FORM_BOOT_SECTOR;
    image_add_segment(img, (struct image_segment){ .pa = LOAD, .file_size = SECTOR,
                                                   .mem_size = SECTOR });
    img->entry = LOAD;
}

bool image_place_no_bios(const struct image_sink *sink, const struct complaint *c)
{
    const u32 end = (ROM_SEGMENT << 4) + STUBS_END + sizeof apology;
    const u8 base_kb[2] = { LOW_END / 1024 & 0xff, LOW_END / 1024 >> 8 };
    u8 stubs[VECTORS * CALL_SIZE], table[VECTORS * 4];
    if (end > sink->ram_bytes)
        return complain(c, "needs memory up to 0x%x, the guest's ends at 0x%x", end, sink->ram_bytes);
    for (u32 n = 0; n < VECTORS; n++) {
        u32 at = STUBS + n * CALL_SIZE, distance = STUBS_END - (at + CALL_SIZE);
        u8 *stub = stubs + n * CALL_SIZE;
        stub[0] = 0xe8; /* call */
        stub[1] = (u8)distance;
        stub[2] = (u8)(distance >> 8);
        image_put32(table + 4 * n, (u32)ROM_SEGMENT << 16 | at);
    }
    sink->write(sink->owner, 0, table, sizeof table);
    sink->write(sink->owner, BASE_KB, base_kb, sizeof base_kb);
    sink->write(sink->owner, (ROM_SEGMENT << 4) + STUBS, stubs, sizeof stubs);
    sink->write(sink->owner, (ROM_SEGMENT << 4) + STUBS_END, apology, sizeof apology);
    return true;
}
