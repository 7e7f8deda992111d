#include "sim/dev/ata.h"

#include "sim/dev/platform.h"

/* A disk with a cache: a tenth of a millisecond for every block. */
enum { BLOCK_TICKS = TICKS_PER_SECOND / 10000 };
static const struct ata_request nothing = { ATA_NOTHING, 0 };

static void signature(struct ata *d)
{
    d->error = d->count = d->number = 1; /* 9.12: passed, and no packet device */
    d->cyl_low = d->cyl_high = d->device = 0;
}

void ata_reset(struct ata *d, u32 sectors)
{
    u32 cylinders = sectors / (ATA_HEADS * ATA_SPT);
    *d = (struct ata){ .ready = TIME_NEVER, .sectors = sectors, .heads = ATA_HEADS,
                       .spt = ATA_SPT };
    d->cylinders = (u16)(cylinders < ATA_MAX_CYLINDERS ? cylinders : ATA_MAX_CYLINDERS);
    d->status = sectors ? ATA_DRDY | ATA_DSC : 0;
    signature(d);
}

/* ---- addresses ---- */

static bool is_lba(const struct ata *d) { return d->device & ATA_LBA; }

static bool get_address(const struct ata *d, u32 *lba)
{
    u32 cylinder = (u32)d->cyl_high << 8 | d->cyl_low, head = d->device & 15u;
    if (is_lba(d)) {
        *lba = head << 24 | cylinder << 8 | d->number;
        return *lba < d->sectors;
    }
    *lba = (cylinder * d->heads + head) * d->spt + d->number - 1;
    return d->number >= 1 && d->number <= d->spt && head < d->heads && *lba < d->sectors;
}

static void put_address(struct ata *d, u32 lba)
{
    u32 cylinder = lba / d->spt / d->heads, head = lba / d->spt % d->heads;
    if (is_lba(d)) {
        cylinder = lba >> 8;
        head = lba >> 24;
    }
    d->number = (u8)(is_lba(d) ? lba : lba % d->spt + 1);
    d->cyl_low = (u8)cylinder;
    d->cyl_high = (u8)(cylinder >> 8);
    d->device = (u8)((d->device & 0xf0) | (head & 15));
}

/* ---- the ends of commands ---- */

static void busy(struct ata *d, u64 now)
{
    d->status |= ATA_BSY;
    d->status &= (u8)~ATA_DRQ;
    d->ready = now + BLOCK_TICKS;
}

/* With IDNF the task file holds the address that was not found. */
static void fail(struct ata *d, u64 now, u8 error)
{
    d->error = error;
    d->status |= ATA_ERR;
    d->direction = ATA_IDLE;
    d->data_ready = 0;
    busy(d, now);
}

void ata_advance(struct ata *d, u64 now)
{
    if (d->ready > now)
        return;
    d->ready = TIME_NEVER;
    d->status &= (u8)~ATA_BSY;
    d->status |= d->data_ready ? ATA_DRQ : 0;
    d->irq = 1;
}

/* ---- IDENTIFY DEVICE, 8.12 ---- */

static void put_word(struct ata *d, unsigned word, u32 value)
{
    d->buffer[2 * word] = (u8)value;
    d->buffer[2 * word + 1] = (u8)(value >> 8);
}

static void put_text(struct ata *d, unsigned word, unsigned words, const char *text)
{
    for (unsigned i = 0; i < 2 * words; i++) {
        d->buffer[2 * word + (i ^ 1)] = (u8)(*text ? *text : ' '); /* the first is in bits 15:8 */
        text += *text != 0;
    }
}

static void fill_identity(struct ata *d)
{
    u32 cylinders = d->sectors / (ATA_HEADS * ATA_SPT);
    u32 now = (u32)d->cylinders * d->heads * d->spt;
    for (unsigned i = 0; i < 256; i++)
        put_word(d, i, 0);
    put_word(d, 0, 0x0040); /* a fixed disk */
    put_word(d, 1, cylinders < ATA_MAX_CYLINDERS ? cylinders : ATA_MAX_CYLINDERS);
    put_word(d, 3, ATA_HEADS);
    put_word(d, 6, ATA_SPT);
    put_text(d, 10, 10, "SV00000001");
    put_text(d, 23, 4, "1.0");
    put_text(d, 27, 20, "STEPVISOR HARDDISK");
    put_word(d, 47, 0x8000 | ATA_MAX_MULTIPLE);
    put_word(d, 49, 0x0200); /* LBA, no DMA */
    put_word(d, 51, 0x0200);
    put_word(d, 53, 0x0001); /* 54-58 are valid */
    put_word(d, 54, d->cylinders);
    put_word(d, 55, d->heads);
    put_word(d, 56, d->spt);
    put_word(d, 57, now);
    put_word(d, 58, now >> 16);
    put_word(d, 59, d->multiple ? 0x0100u | d->multiple : 0);
    put_word(d, 60, d->sectors);
    put_word(d, 61, d->sectors >> 16);
    put_word(d, 80, 0x001e); /* ATA-1 to ATA-4 */
    put_word(d, 83, 0x4000);
    put_word(d, 84, 0x4000);
}

/* ---- commands ---- */

static void done(struct ata *d, u64 now)
{
    d->direction = ATA_IDLE;
    d->data_ready = 0;
    busy(d, now);
}

static void start_block(struct ata *d)
{
    d->block = d->left < d->block_size ? (u8)d->left : d->block_size;
    d->at = 0;
}

static struct ata_request transfer(struct ata *d, u64 now, enum ata_direction way, u8 block_size)
{
    if (block_size == 0) {
        fail(d, now, ATA_ABRT);
        return nothing;
    }
    if (!get_address(d, &d->lba)) {
        fail(d, now, ATA_IDNF);
        return nothing;
    }
    d->direction = (u8)way;
    d->left = d->count ? d->count : 256;
    d->block_size = block_size;
    start_block(d);
    if (way == ATA_WRITING) {
        d->status |= ATA_DRQ;
        return nothing;
    }
    d->data_ready = 1;
    busy(d, now);
    return (struct ata_request){ ATA_FILL, d->lba };
}

static void identify(struct ata *d, u64 now)
{
    fill_identity(d);
    d->direction = ATA_IDENTIFY_DATA;
    d->left = d->block = d->block_size = 1;
    d->at = 0;
    d->data_ready = 1;
    busy(d, now);
}

static void verify(struct ata *d, u64 now)
{
    u32 n = d->count ? d->count : 256, lba;
    if (!get_address(d, &lba)) {
        fail(d, now, ATA_IDNF);
        return;
    }
    if (n > d->sectors - lba) {
        d->count = (u8)(n - (d->sectors - lba));
        put_address(d, d->sectors);
        fail(d, now, ATA_IDNF);
        return;
    }
    put_address(d, lba + n - 1);
    d->count = 0;
    done(d, now);
}

static void initialize_parameters(struct ata *d, u64 now)
{
    u32 heads = (d->device & 15u) + 1, cylinders = d->count ? d->sectors / (heads * d->count) : 0;
    if (cylinders == 0) {
        fail(d, now, ATA_ABRT);
        return;
    }
    d->heads = (u8)heads;
    d->spt = d->count;
    d->cylinders = (u16)(cylinders < 0xffff ? cylinders : 0xffff);
    done(d, now);
}

static void set_multiple(struct ata *d, u64 now)
{
    bool power = (d->count & (d->count - 1)) == 0;
    if (!power || d->count > ATA_MAX_MULTIPLE) {
        fail(d, now, ATA_ABRT);
        return;
    }
    d->multiple = d->count;
    done(d, now);
}

/* Transfer modes are taken as they come: there is no bus to be slow.  Caches and defaults, too. */
static void set_features(struct ata *d, u64 now)
{
    static const u8 known[] = { 0x02, 0x03, 0x55, 0x66, 0x82, 0xaa, 0xcc };
    bool pio = d->features != 0x03 || d->count >> 3 <= 1;
    for (unsigned i = 0; i < sizeof known; i++)
        if (d->features == known[i] && pio) {
            done(d, now);
            return;
        }
    fail(d, now, ATA_ABRT);
}

static void diagnose(struct ata *d, u64 now)
{
    signature(d);
    done(d, now);
}

static struct ata_request command(struct ata *d, u64 now, u8 code)
{
    u32 lba;
    d->irq = 0;
    d->status = ATA_DRDY | ATA_DSC;
    d->error = 0;
    d->direction = ATA_IDLE;
    d->data_ready = 0;
    if (code >> 4 == 1) /* RECALIBRATE */
        code = 0x10;
    switch (code) {
    case 0x20: case 0x21: return transfer(d, now, ATA_READING, 1);
    case 0x30: case 0x31: return transfer(d, now, ATA_WRITING, 1);
    case 0xc4: return transfer(d, now, ATA_READING, d->multiple);
    case 0xc5: return transfer(d, now, ATA_WRITING, d->multiple);
    case 0x40: case 0x41: verify(d, now); break;
    case 0x70: /* SEEK */
        if (get_address(d, &lba))
            done(d, now);
        else
            fail(d, now, ATA_IDNF);
        break;
    case 0x90: diagnose(d, now); break;
    case 0x91: initialize_parameters(d, now); break;
    case 0xc6: set_multiple(d, now); break;
    case 0xec: identify(d, now); break;
    case 0xef: set_features(d, now); break;
    case 0xe5: d->count = 0xff; done(d, now); break; /* CHECK POWER MODE: active */
    case 0x10: case 0xe0: case 0xe1: case 0xe2: case 0xe3: case 0xe7: done(d, now); break;
    default: fail(d, now, ATA_ABRT); break;
    }
    return nothing;
}

/* ---- registers ---- */

static bool absent(const struct ata *d) { return d->device & ATA_DRIVE1; }

/* The disk answers for the drive that is not there: its status is 0 (9.16.1). */
u8 ata_alternate_status(const struct ata *d) { return absent(d) ? 0 : d->status; }

u8 ata_read(struct ata *d, enum ata_register reg)
{
    switch (reg) {
    case ATA_DATA: break;
    case ATA_ERROR: return d->error;
    case ATA_COUNT: return d->count;
    case ATA_NUMBER: return d->number;
    case ATA_CYL_LOW: return d->cyl_low;
    case ATA_CYL_HIGH: return d->cyl_high;
    case ATA_DEVICE: return d->device | 0xa0;
    case ATA_STATUS:
        if (!absent(d))
            d->irq = 0;
        return ata_alternate_status(d);
    }
    return 0xff;
}

struct ata_request ata_write(struct ata *d, u64 now, enum ata_register reg, u8 value)
{
    if (d->status & ATA_BSY)
        return nothing;
    switch (reg) {
    case ATA_DATA: break;
    case ATA_FEATURES: d->features = value; break;
    case ATA_COUNT: d->count = value; break;
    case ATA_NUMBER: d->number = value; break;
    case ATA_CYL_LOW: d->cyl_low = value; break;
    case ATA_CYL_HIGH: d->cyl_high = value; break;
    case ATA_DEVICE: d->device = value; break;
    case ATA_COMMAND:
        if (!absent(d) || value == 0x90) /* EXECUTE DEVICE DIAGNOSTIC goes to both */
            return command(d, now, value);
        break;
    }
    return nothing;
}

void ata_write_control(struct ata *d, u8 value)
{
    bool was = d->control & ATA_SRST, is = value & ATA_SRST;
    if (is && !was) {
        d->ready = TIME_NEVER;
        d->direction = ATA_IDLE;
        d->irq = d->data_ready = 0;
        d->status = ATA_BSY;
    } else if (was && !is) {
        d->status = ATA_DRDY | ATA_DSC;
        d->multiple = 0;
        signature(d);
    }
    d->control = value;
}

/* ---- data ---- */

/* One sector has passed: the task file shows where the transfer is. */
static void passed(struct ata *d)
{
    if (d->direction != ATA_IDENTIFY_DATA) {
        put_address(d, d->lba);
        d->count--;
    }
    d->left--;
    d->block--;
    d->at = 0;
}

/* Go on with the next sector: in the same block at once, else after a pause that ends with an
 * interrupt.  False: there is none. */
static bool next_sector(struct ata *d, u64 now)
{
    if (d->left == 0)
        return false;
    d->lba++;
    if (d->lba >= d->sectors) {
        put_address(d, d->lba);
        fail(d, now, ATA_IDNF);
        return false;
    }
    if (d->block == 0) {
        start_block(d);
        d->data_ready = 1;
        busy(d, now);
    }
    return true;
}

u16 ata_read_data(struct ata *d, u64 now, struct ata_request *request)
{
    *request = nothing;
    if (!(d->status & ATA_DRQ) || d->direction == ATA_WRITING || absent(d))
        return 0xffff;
    u16 value = (u16)(d->buffer[d->at] | d->buffer[d->at + 1] << 8);
    d->at += 2;
    if (d->at < ATA_SECTOR)
        return value;
    passed(d);
    if (next_sector(d, now)) {
        *request = (struct ata_request){ ATA_FILL, d->lba };
    } else if (!(d->status & ATA_ERR)) {
        d->status &= (u8)~ATA_DRQ;
        d->direction = ATA_IDLE;
    }
    return value;
}

struct ata_request ata_write_data(struct ata *d, u64 now, u16 value)
{
    if (!(d->status & ATA_DRQ) || d->direction != ATA_WRITING || absent(d))
        return nothing;
    d->buffer[d->at] = (u8)value;
    d->buffer[d->at + 1] = (u8)(value >> 8);
    d->at += 2;
    if (d->at < ATA_SECTOR)
        return nothing;
    struct ata_request keep = { ATA_KEEP, d->lba };
    passed(d);
    if (!next_sector(d, now) && !(d->status & ATA_ERR))
        done(d, now);
    return keep;
}

/* INTRQ is driven by the drive that is selected, and only if it may be (5.2.9). */
static bool drives_irq(const struct ata *d) { return !absent(d) && !(d->control & ATA_NIEN); }

bool ata_irq(const struct ata *d) { return d->irq && drives_irq(d); }

u64 ata_next_irq(const struct ata *d)
{
    return d->irq || !drives_irq(d) ? TIME_NEVER : d->ready;
}
