/* image.h - a guest program as a file: read, understood, and placed into guest RAM.
 *
 * Formats: Linux bzImages; ELF32 executables (with a multiboot header: they get its information),
 * boot sectors, flat binaries (with a multiboot header that gives addresses: placed there), and
 * assembly sources (.S, .s, .asm), which are assembled first.  One loaded image may be placed into
 * many worlds.
 *
 * A Linux kernel starts by its 32-bit boot protocol, a boot sector in real mode at 0:7C00; every
 * other guest in the state that multiboot defines (32-bit flat protected mode, IF=0). */
#ifndef LESSONS_IMAGE_H
#define LESSONS_IMAGE_H

#include "sim/api/arch.h"

enum image_form { FORM_FLAT, FORM_ELF, FORM_LINUX, FORM_BOOT_SECTOR, FORM_FIRMWARE };

/* The multiboot information, in guest memory (Multiboot 0.6.96, 3.3) */
enum { IMAGE_INFO = 0x9000, IMAGE_INFO_SIZE = 0x1000, IMAGE_LOAD = 0x100000 };

struct image_options {
    bool has_load, has_entry;
    u32 load;            /* of a flat binary; else IMAGE_LOAD */
    u32 entry;           /* else what the file says, or the load address */
    const char *cmdline; /* for Linux, or a multiboot guest (after its name); NULL: nothing */
    const char *modules; /* their files, as "FILE ARGUMENTS,FILE .."; Linux: one, the initrd */
    bool kernel;         /* it has to be Linux or multiboot */
};

struct image_segment {
    u32 pa, file_size, mem_size; /* mem_size >= file_size: the rest is zero */
    u32 at;                      /* offset of the bytes in the file */
};

struct image_symbol {
    const char *name;
    u32 address, size;           /* size 0: unknown (symbol_end) */
    u32 section_end;             /* where its section ends; its own address if it is in none */
    bool is_function;
};

/* A file for the kernel: multiboot module or initrd. */
struct image_module {
    char *cmdline;               /* "FILE ARGUMENTS" */
    u8 *bytes;
    u32 size;
};
enum { IMAGE_MODULES = 16 };

/* A file in the board: the BIOS, the display adapter's BIOS, the disk. */
enum image_slot { SLOT_ROM, SLOT_OPTION_ROM, SLOT_DISK, IMAGE_SLOTS };
struct image_media { const u8 *bytes; u64 size; };

struct image {
    char name[64];               /* the file's name without its folder */
    char *path;                  /* as it was given, for messages; NULL: say the name */
    u64 hash;                    /* FNV-1a of entry, segments, command line and modules */
    enum image_form form;
    u32 entry;
    u32 info;                    /* address of the multiboot information, 0: none */
    u32 load_low, load_high;     /* first byte, and one past the last */
    bool multiboot;
    struct image_segment *segments;
    u32 segment_count;
    struct image_symbol *symbols; /* sorted by address */
    u32 symbol_count;
    const struct image_symbol **by_name; /* the same, sorted by name */
    char *cmdline;
    u8 *file;                    /* the bytes that segments and names point into */
    u32 file_size;
    struct image_module module[IMAGE_MODULES];
    u32 module_count;
    bool missing;                /* image_load failed because a module's file is not there */
    struct image_media media[IMAGE_SLOTS]; /* image_plug; size 0: nothing */
};

/* Where guest RAM is.  It must be zero before. */
struct image_sink {
    void *owner;
    u32 ram_bytes;
    void (*write)(void *owner, u32 pa, const void *bytes, u32 len);
};

/* Read and understand the file.  options may be NULL.  False: *error has one line, the image is
 * empty. */
MUST_CHECK bool image_load(struct image *img, const char *path,
                           const struct image_options *options, char *error, size_t error_size);
/* No program, but firmware to come: what the machine runs is in the ROM that is plugged next. */
void image_bare(struct image *img, const char *path);
/* Put a file into the board; it stays mapped, and is never written. */
MUST_CHECK bool image_plug(struct image *img, enum image_slot slot, const char *path, char *error,
                           size_t error_size);
void image_free(struct image *img);

/* Write segments and what the guest is told into RAM.  False: it does not fit, and nothing was
 * written. */
MUST_CHECK bool image_place(const struct image *img, const struct image_sink *sink, char *error,
                            size_t error_size);

/* The processor's state when the guest begins; firmware: as after reset. */
void image_start(const struct image *img, struct arch *state);

bool image_symbol(const struct image *img, const char *name, u32 *address);

#endif
