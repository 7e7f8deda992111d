/* isadma.h - the two 8237A DMA controllers and their page registers, as programs find them.
 *
 *  00h-07h channels 0-3: address, count   08h-0Fh command, request, mask, mode, flip-flop, clear
 *  C0h-DEh the same for channels 4-7, at every second port     81h-8Fh pages (80h is the POST latch)
 *
 * No device on this board asks for DMA: what is written can be read back, nothing is moved. */
#ifndef SIM_DEV_ISADMA_H
#define SIM_DEV_ISADMA_H

#include "sim/api/base.h"

struct isadma {
    u16 now[2][8];      /* address and count of each channel, in turn */
    u8 high[2];         /* the flip-flop: the high byte is next */
    u8 mask[2], command[2];
    u8 page[16];        /* 80h-8Fh */
    u8 pad[2];
};
_Static_assert(sizeof(struct isadma) == 56, "no implicit padding");

void isadma_reset(struct isadma *d);
u8 isadma_read(struct isadma *d, u16 port);
void isadma_write(struct isadma *d, u16 port, u8 value);

#endif
