/* uart16550.c - see uart16550.h.  "Datasheet" is National Semiconductor's PC16550D. */
#include "sim/dev/uart16550.h"

#include "sim/dev/platform.h"

static bool fifo_on(const struct uart16550 *u)
{
    return (u->fcr & FCR_ON) != 0;
}

/* Start, data, parity and stop bits in half bits: 5-bit words have 1.5 stop bits, not 2. */
u64 uart_frame_ticks(const struct uart16550 *u)
{
    unsigned length = (u->lcr & LCR_LENGTH) + 5;
    unsigned stop = !(u->lcr & LCR_STOP) ? 2 : length == 5 ? 3 : 4;
    unsigned half_bits = 2 + 2 * length + (u->lcr & LCR_PARITY ? 2 : 0) + stop;
    u64 divisor = u->divisor ? u->divisor : 65536;
    u64 clocks = 16 * divisor * half_bits;
    return (clocks * TICKS_PER_SECOND + 2 * UART_CLOCK_HZ - 1) / (2 * UART_CLOCK_HZ);
}

static unsigned trigger(const struct uart16550 *u)
{
    static const u8 level[4] = { 1, 4, 8, 14 };
    return fifo_on(u) ? level[u->fcr >> 6] : 1;
}

static u8 pop(u8 fifo[UART_FIFO], u8 *count)
{
    u8 first = fifo[0];
    for (unsigned i = 1; i < UART_FIFO; i++)
        fifo[i - 1] = fifo[i];
    fifo[UART_FIFO - 1] = 0;
    (*count)--;
    return first;
}

static void clear(u8 fifo[UART_FIFO], u8 *count)
{
    while (*count)
        pop(fifo, count);
}

/* Each arrival and each read restarts the timeout of what waits (datasheet 8.4.3). */
static void restart_timeout(struct uart16550 *u, u64 now)
{
    bool waits = fifo_on(u) && u->rx_count;
    u->timed_out = 0;
    u->rx_timeout = waits ? now + 4 * uart_frame_ticks(u) : TIME_NEVER;
}

static void put_received(struct uart16550 *u, u64 now, u8 byte)
{
    unsigned room = fifo_on(u) ? UART_FIFO : 1;
    if (u->rx_count == room) {
        u->errors |= LSR_OVERRUN;
        if (room == 1) /* without FIFO the older byte is destroyed, with it the newer one */
            u->rx[0] = byte;
        return;
    }
    u->rx[u->rx_count++] = byte;
    restart_timeout(u, now);
}

void uart_receive(struct uart16550 *u, u64 now, u8 byte)
{
    if (!(u->mcr & MCR_LOOP)) /* the receiver's input is disconnected in loopback */
        put_received(u, now, byte);
}

static u8 word_mask(const struct uart16550 *u)
{
    return (u8)(0xff >> (3 - (u->lcr & LCR_LENGTH)));
}

/* At tx_next the shifted byte has left, and the next one, if any, takes its place. */
static void transmitter_moves(struct uart16550 *u)
{
    u64 now = u->tx_next;
    if (u->shifting && (u->mcr & MCR_LOOP))
        put_received(u, now, u->shift);
    u->shifting = u->tx_count != 0;
    u->shift = u->shifting ? pop(u->tx, &u->tx_count) : 0;
    if (u->shifting && !u->tx_count)
        u->thre_pending = 1;
    u->tx_next = u->shifting ? now + uart_frame_ticks(u) : TIME_NEVER;
}

static void time_out(struct uart16550 *u)
{
    u->timed_out = 1;
    u->rx_timeout = TIME_NEVER;
}

void uart_advance(struct uart16550 *u, u64 now)
{
    while (u->tx_next <= now || u->rx_timeout <= now) {
        if (u->rx_timeout < u->tx_next)
            time_out(u);
        else
            transmitter_moves(u);
    }
}

u8 uart_lsr(const struct uart16550 *u)
{
    bool empty = !u->tx_count;
    return (u8)(u->errors | (u->rx_count ? LSR_DATA : 0) | (empty ? LSR_THRE : 0)
                | (empty && !u->shifting ? LSR_TEMT : 0));
}

/* The interrupt of highest priority, datasheet table IV; THRE's flag is remembered while it is
 * disabled by IER, as the others' conditions are. */
static u8 interrupt_id(const struct uart16550 *u)
{
    if ((u->ier & IER_LINE) && u->errors)
        return IIR_LINE;
    if ((u->ier & IER_DATA) && u->rx_count >= trigger(u))
        return IIR_DATA;
    if ((u->ier & IER_DATA) && u->timed_out)
        return IIR_TIMEOUT;
    if ((u->ier & IER_THRE) && u->thre_pending)
        return IIR_THRE;
    if ((u->ier & IER_MODEM) && (u->msr & 0x0f))
        return IIR_MODEM;
    return IIR_NONE;
}

u8 uart_iir(const struct uart16550 *u)
{
    return interrupt_id(u) | (fifo_on(u) ? IIR_FIFO : 0);
}

/* On the PC's board OUT2 enables the driver of the interrupt line; loopback takes OUT2 down. */
bool uart_irq(const struct uart16550 *u)
{
    return (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2 && interrupt_id(u) != IIR_NONE;
}

u64 uart_next_irq(const struct uart16550 *u)
{
    u64 at = TIME_NEVER;
    if ((u->mcr & (MCR_OUT2 | MCR_LOOP)) != MCR_OUT2 || uart_irq(u))
        return TIME_NEVER;
    if ((u->ier & IER_THRE) && u->tx_count) /* when the last byte enters the shift register */
        at = u->tx_next + (u->tx_count - 1u) * uart_frame_ticks(u);
    if ((u->ier & IER_DATA) && u->rx_timeout < at)
        at = u->rx_timeout;
    return at;
}

/* In loopback the modem outputs drive the inputs: RTS-CTS, DTR-DSR, OUT1-RI, OUT2-DCD. */
static u8 modem_inputs(const struct uart16550 *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    return (u8)((u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0)
                | (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

/* Changes are remembered in 3:0; of RI only the fall (TERI). */
static void update_modem(struct uart16550 *u)
{
    u8 now = modem_inputs(u), old = u->msr & 0xf0, changed = now ^ old;
    if (!(old & MSR_RI))
        changed &= (u8)~MSR_RI;
    u->msr = (u8)(now | (u->msr & 0x0f) | changed >> 4);
}

void uart_reset(struct uart16550 *u)
{
    *u = (struct uart16550){
        .tx_next = TIME_NEVER, .rx_timeout = TIME_NEVER, .divisor = 1, .lcr = LCR_LENGTH,
        .thre_pending = 1,
    };
    u->msr = modem_inputs(u);
}

static u8 read_data(struct uart16550 *u, u64 now)
{
    if (!u->rx_count)
        return 0;
    u8 byte = pop(u->rx, &u->rx_count);
    restart_timeout(u, now);
    return byte;
}

/* Reading IIR answers the THR-empty interrupt, if that is what it shows. */
static u8 read_iir(struct uart16550 *u)
{
    u8 value = uart_iir(u);
    if (interrupt_id(u) == IIR_THRE)
        u->thre_pending = 0;
    return value;
}

static u8 read_lsr(struct uart16550 *u)
{
    u8 value = uart_lsr(u);
    u->errors = 0;
    return value;
}

static u8 read_msr(struct uart16550 *u)
{
    u8 value = u->msr;
    u->msr &= 0xf0;
    return value;
}

u8 uart_read(struct uart16550 *u, u64 now, unsigned reg)
{
    bool dlab = (u->lcr & LCR_DLAB) != 0;
    switch (reg) {
    case UART_DATA:
        return dlab ? (u8)u->divisor : read_data(u, now);
    case UART_IER:
        return dlab ? (u8)(u->divisor >> 8) : u->ier;
    case UART_IIR:
        return read_iir(u);
    case UART_LCR:
        return u->lcr;
    case UART_MCR:
        return u->mcr;
    case UART_LSR:
        return read_lsr(u);
    case UART_MSR:
        return read_msr(u);
    default:
        return u->scr;
    }
}

static bool write_data(struct uart16550 *u, u64 now, u8 value, u8 *sent)
{
    u->thre_pending = 0;
    if (u->tx_count == (fifo_on(u) ? UART_FIFO : 1))
        return false;
    value &= word_mask(u);
    u->tx[u->tx_count++] = value;
    if (u->tx_next == TIME_NEVER)
        u->tx_next = now + 1;
    *sent = value;
    return !(u->mcr & MCR_LOOP);
}

static void write_ier(struct uart16550 *u, u8 value)
{
    bool enables = (value & ~u->ier & IER_THRE) != 0;
    u->ier = value & 0x0f;
    if (enables && !u->tx_count) /* enabling it while THR is empty asks at once */
        u->thre_pending = 1;
}

/* Datasheet 8.4: switching FIFO mode clears both FIFOs; other bits count only with bit 0. */
static void write_fcr(struct uart16550 *u, u64 now, u8 value)
{
    bool switched = ((value ^ u->fcr) & FCR_ON) != 0;
    u->fcr = value & FCR_ON ? value & (FCR_ON | FCR_TRIGGER) : 0;
    if (switched || (u->fcr && (value & FCR_CLEAR_RX)))
        clear(u->rx, &u->rx_count);
    if ((switched || (u->fcr && (value & FCR_CLEAR_TX))) && u->tx_count) {
        clear(u->tx, &u->tx_count);
        u->thre_pending = 1;
        if (!u->shifting)
            u->tx_next = TIME_NEVER;
    }
    restart_timeout(u, now);
}

static void write_mcr(struct uart16550 *u, u8 value)
{
    u->mcr = value & 0x1f;
    update_modem(u);
}

static void write_divisor(struct uart16550 *u, u8 value, unsigned shift)
{
    u->divisor = (u16)((u->divisor & ~(0xffu << shift)) | (unsigned)value << shift);
}

bool uart_write(struct uart16550 *u, u64 now, unsigned reg, u8 value, u8 *sent)
{
    bool dlab = (u->lcr & LCR_DLAB) != 0;
    if (reg <= UART_IER && dlab) {
        write_divisor(u, value, reg * 8);
        return false;
    }
    switch (reg) {
    case UART_DATA:
        return write_data(u, now, value, sent);
    case UART_IER:
        write_ier(u, value);
        break;
    case UART_FCR:
        write_fcr(u, now, value);
        break;
    case UART_LCR:
        u->lcr = value;
        break;
    case UART_MCR:
        write_mcr(u, value);
        break;
    case UART_SCR:
        u->scr = value;
        break;
    default: /* LSR and MSR are written only in factory tests */
        break;
    }
    return false;
}
