/* uart16550.h - the serial port: National Semiconductor PC16550D, clocked at 1.8432 MHz.
 *
 *  port  DLAB=0 read / write      DLAB=1       bits
 *   +0   RBR   / THR              DLL
 *   +1   IER                      DLM          3 modem, 2 line status, 1 THR empty, 0 data
 *   +2   IIR   / FCR                           see below
 *   +3   LCR                                   7 DLAB, 6 break, 5:3 parity, 2 stop, 1:0 length
 *   +4   MCR                                   4 loop, 3 OUT2, 2 OUT1, 1 RTS, 0 DTR
 *   +5   LSR                                   7 FIFO error, 6 TEMT, 5 THRE, 4:1 errors, 0 data
 *   +6   MSR                                   7 DCD, 6 RI, 5 DSR, 4 CTS, 3:0 their changes
 *   +7   SCR
 *
 *  IIR   7 6   5 4  3 2 1  0                     FCR   7 6    5 4   3    2     1     0
 *      +------+-----+-----+----+                     +-------+-----+-----+-----+-----+----+
 *      | FIFO | 0 0 |  id | /P |                     |trigger|  x  | DMA |clr T|clr R| on |
 *      +------+-----+-----+----+                     +-------+-----+-----+-----+-----+----+
 *   id: 3 line status, 2 data, 6 data timeout, 1 THR empty, 0 modem; /P = 0: pending
 *
 * A byte enters the shift register a tick after it was written (or when the one before has
 * left), and then takes one frame (start, 5-8 data, parity, stop) of guest time to leave.  The
 * other end of the line is a terminal that is always ready: CTS, DSR and DCD are up.
 * Writing to a full transmitter loses the new byte. */
#ifndef SIM_DEV_UART16550_H
#define SIM_DEV_UART16550_H

#include "sim/api/base.h"

enum { UART_DATA, UART_IER, UART_IIR, UART_LCR, UART_MCR, UART_LSR, UART_MSR, UART_SCR,
       UART_FCR = UART_IIR, UART_CLOCK_HZ = 1843200, UART_FIFO = 16 };
enum { IER_DATA = 1, IER_THRE = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { IIR_MODEM = 0x0, IIR_NONE = 0x1, IIR_THRE = 0x2, IIR_DATA = 0x4, IIR_LINE = 0x6,
       IIR_TIMEOUT = 0xc, IIR_FIFO = 0xc0 };
enum { FCR_ON = 0x01, FCR_CLEAR_RX = 0x02, FCR_CLEAR_TX = 0x04, FCR_TRIGGER = 0xc0 };
enum { LCR_LENGTH = 0x03, LCR_STOP = 0x04, LCR_PARITY = 0x08, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10 };
enum { LSR_DATA = 0x01, LSR_OVERRUN = 0x02, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

struct uart16550 {
    u64 tx_next;        /* tick at which the shift register is next loaded or emptied */
    u64 rx_timeout;     /* tick at which waiting bytes time out (four frames without traffic) */
    u16 divisor;
    u8 ier, fcr, lcr, mcr, scr;
    u8 msr;             /* levels in 7:4, changes since the last read in 3:0 */
    u8 errors;          /* LSR 4:1 since the last read */
    u8 thre_pending;    /* the THR-empty interrupt asks */
    u8 timed_out;       /* the data timeout interrupt asks */
    u8 shifting;        /* the shift register holds a byte: shift */
    u8 shift;
    u8 tx_count, rx_count;
    u8 pad;
    u8 tx[UART_FIFO];   /* oldest first; unused bytes are zero */
    u8 rx[UART_FIFO];
};
_Static_assert(sizeof(struct uart16550) == 64, "struct uart16550 has no implicit padding");

/* As the firmware of a PC leaves it: 115200 baud (divisor 1), 8N1, no FIFO, no interrupts. */
void uart_reset(struct uart16550 *u);
/* Bring the state to `now`.  The other functions want that done. */
void uart_advance(struct uart16550 *u, u64 now);
u8 uart_read(struct uart16550 *u, u64 now, unsigned reg);
/* True: *sent went out on the line (not lost, not looped back). */
bool uart_write(struct uart16550 *u, u64 now, unsigned reg, u8 value, u8 *sent);
/* A byte arrives from the other end. */
void uart_receive(struct uart16550 *u, u64 now, u8 byte);
/* The interrupt line, as gated by OUT2. */
bool uart_irq(const struct uart16550 *u);
/* The earliest tick > now at which uart_irq rises by itself; TIME_NEVER when it does not, or
 * is up (only an access lowers it). */
u64 uart_next_irq(const struct uart16550 *u);
/* Ticks that one frame takes. */
u64 uart_frame_ticks(const struct uart16550 *u);

/* For views: what reading would give, without its effects. */
u8 uart_lsr(const struct uart16550 *u);
u8 uart_iir(const struct uart16550 *u);

#endif
