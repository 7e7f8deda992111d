/* image - any file as a guest, a ROM or a disk: it is refused in one line, or it runs.
 *
 * Input: what it is to be, then the file. */
#include <fcntl.h>
#include <unistd.h>

#include "lessons/world.h"
#include "tests/fuzz/fuzz.h"

enum { AS_GUEST, AS_ROM, AS_DISK, AS_KINDS, STEPS = 2000, RAM = 4 << 20, RESET_VECTOR = 16 };

static char path[64];

static void write_file(const u8 *bytes, size_t size)
{
    if (!path[0])
        snprintf(path, sizeof path, "/tmp/fuzz-image-%d", (int)getpid());
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

/* 64 KB that end with a jump from the reset vector to the file's bytes; or, too small: as it is. */
static void write_rom(const u8 *bytes, size_t size)
{
    static u8 rom[1 << 16];
    if (size < 64) {
        write_file(bytes, size);
        return;
    }
    size_t n = size < sizeof rom - RESET_VECTOR ? size : sizeof rom - RESET_VECTOR;
    memset(rom, 0x90, sizeof rom);
    memcpy(rom, bytes, n);
    memcpy(rom + sizeof rom - RESET_VECTOR, "\xea\0\0\0\xf0", 5); /* jmp f000:0 */
    write_file(rom, sizeof rom);
}

static void one_line(const char *error)
{
    size_t len = strlen(error);
    MUST(len > 0 && len < 250 && !strchr(error, '\n'));
}

static void run_it(const struct image *image)
{
    char error[256] = "";
    struct world_config config = { .engine = ENGINE_NATIVE, .image = image, .ram_bytes = RAM };
    struct world *w = world_new(&config, error, sizeof error);
    if (!w) {
        one_line(error);
        return;
    }
    const struct limits limits = { STEPS, UINT64_MAX };
    (void)world_run(w, &limits);
    world_free(w);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    char error[256] = "";
    struct image image;
    unsigned kind = size ? data[0] % AS_KINDS : 0;
    const u8 *file = size ? data + 1 : data;
    size_t bytes = size ? size - 1 : 0;
    bool ok;
    if (kind == AS_GUEST) {
        const struct image_options options = { .cmdline = "one two", .kernel = size && data[0] & 64 };
        write_file(file, bytes);
        ok = image_load(&image, path, &options, error, sizeof error);
    } else {
        kind == AS_ROM ? write_rom(file, bytes) : write_file(file, bytes);
        image_bare(&image, path);
        ok = image_plug(&image, kind == AS_ROM ? SLOT_ROM : SLOT_DISK, path, error, sizeof error);
    }
    unlink(path); /* nobody opens it again */
    if (!ok)
        one_line(error);
    else
        run_it(&image);
    image_free(&image);
    return 0;
}
