/* ata.h - the primary IDE channel with one disk, by programmed I/O: ATA/ATAPI-4 (T13/1153D).
 *
 *  port   read          write                     status  7   6    5    4    3   2    1    0
 *  1F0h   data (16 bit) data                            +----+----+----+----+---+----+---+---+
 *  1F1h   error         features                        |BSY |DRDY| DF |DSC |DRQ|CORR| 0 |ERR|
 *  1F2h   sector count                                  +----+----+----+----+---+----+---+---+
 *  1F3h   sector number / LBA 7:0                 error   4: IDNF, 2: ABRT
 *  1F4h   cylinder low  / LBA 15:8                device  6: LBA, 4: drive, 3:0 head / LBA 27:24
 *  1F5h   cylinder high / LBA 23:16               control 2: SRST, 1: nIEN
 *  1F6h   device
 *  1F7h   status        command
 *  3F6h   status        control
 *
 * The model holds one sector.  When the next one is wanted, or one is complete, the owner is asked
 * to fill or to keep `buffer` at once (struct platform_out); the guest sees it when `ready` comes. */
#ifndef SIM_DEV_ATA_H
#define SIM_DEV_ATA_H

#include "sim/api/base.h"

enum { ATA_SECTOR = 512, ATA_HEADS = 16, ATA_SPT = 63, ATA_MAX_CYLINDERS = 16383,
       ATA_MAX_MULTIPLE = 16 };
enum { ATA_BSY = 0x80, ATA_DRDY = 0x40, ATA_DSC = 0x10, ATA_DRQ = 0x08, ATA_ERR = 0x01 };
enum { ATA_IDNF = 0x10, ATA_ABRT = 0x04 };
enum { ATA_LBA = 0x40, ATA_DRIVE1 = 0x10, ATA_SRST = 0x04, ATA_NIEN = 0x02 };
enum ata_register { ATA_DATA, ATA_ERROR, ATA_COUNT, ATA_NUMBER, ATA_CYL_LOW, ATA_CYL_HIGH,
                    ATA_DEVICE, ATA_STATUS, ATA_FEATURES = ATA_ERROR, ATA_COMMAND = ATA_STATUS };

struct ata {
    u64 ready;       /* tick at which BSY ends, TIME_NEVER: not busy */
    u32 sectors;     /* capacity; 0: there is no disk */
    u32 lba;         /* of the sector in the buffer */
    u16 left;        /* sectors to transfer, the one in the buffer included */
    u16 at;          /* next byte in the buffer */
    u16 cylinders;   /* by the current translation */
    u8 heads, spt;
    u8 status, error, features, count, number, cyl_low, cyl_high, device, control;
    u8 multiple;     /* sectors a block, 0: READ MULTIPLE is off */
    u8 block;        /* sectors until the next interrupt */
    u8 block_size;
    u8 direction;    /* enum ata_direction */
    u8 irq;
    u8 data_ready;   /* DRQ comes with the end of BSY */
    u8 pad[7];
    u8 buffer[ATA_SECTOR];
};
_Static_assert(sizeof(struct ata) == 48 + ATA_SECTOR, "no implicit padding");
enum ata_direction { ATA_IDLE, ATA_IDENTIFY_DATA, ATA_READING, ATA_WRITING };

/* What the owner has to do with the buffer, now: fill it with the sector, keep it as the sector. */
enum { ATA_NOTHING, ATA_FILL, ATA_KEEP };
struct ata_request { u32 what, sector; };

void ata_reset(struct ata *d, u32 sectors);
void ata_advance(struct ata *d, u64 now);
u8 ata_read(struct ata *d, enum ata_register reg);
u8 ata_alternate_status(const struct ata *d);
struct ata_request ata_write(struct ata *d, u64 now, enum ata_register reg, u8 value);
void ata_write_control(struct ata *d, u8 value);
/* The data port, 16 bits. */
u16 ata_read_data(struct ata *d, u64 now, struct ata_request *request);
struct ata_request ata_write_data(struct ata *d, u64 now, u16 value);
bool ata_irq(const struct ata *d);
/* The tick at which ata_irq rises by itself; TIME_NEVER: it does not, or is up. */
u64 ata_next_irq(const struct ata *d);

#endif
