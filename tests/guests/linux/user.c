/* user.c - a program of today's C library for the simulated PC's Linux and for the host's processor: what it
 * prints must be the same on both.  Each line is a checksum over results, or what became of a fault.
 *
 * As process 1 (kernels.sh packs it as /init) it ends the machine; on the host it just returns.
 * Functions that end in F2XM1, FYL2X or FPATAN are left out: their last bit is the processor's own
 * affair (docs/x87.md). */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static uint32_t sum;

static void mix(const void *bytes, size_t n) /* FNV-1a */
{
    for (const unsigned char *p = bytes; n > 0; n--)
        sum = (sum ^ *p++) * 16777619u;
}

static void mix_double(double value)
{
    mix(&value, sizeof value);
}

static void mix_long(long double value)
{
    mix(&value, 10); /* the rest is padding */
}

static void tell(const char *what)
{
    printf("%s %08x\n", what, sum);
    sum = 2166136261u;
}

static void doubles(void)
{
    static double (*const of[])(double) = { sin, cos, tan, exp, cbrt, sinh, erf, tgamma, j0, rint, floor,
                                            ceil, sqrt, log1p, trunc, round };
    for (unsigned f = 0; f < sizeof of / sizeof *of; f++) {
        for (int i = 1; i < 4000; i++)
            mix_double(of[f]((i - 2000) * 0.0137));
        tell("double");
    }
    for (int i = 1; i < 4000; i++) {
        mix_double(pow(i, 0.7));
        mix_double(fmod(i * 1e17, 1.7));
        mix_double(remainder(i, 2.3));
        mix_double(ldexp(i, i % 2100 - 1050)); /* denormals and infinities, too */
    }
    tell("pow, fmod, remainder, ldexp");
}

static void long_doubles(void)
{
    static long double (*const of[])(long double) = { sinl, cosl, tanl, sqrtl, rintl, roundl, truncl, cbrtl };
    for (unsigned f = 0; f < sizeof of / sizeof *of; f++) {
        for (int i = 1; i < 4000; i++)
            mix_long(of[f]((i - 2000) * 0.0137L));
        tell("long double");
    }
}

static void rounding(void)
{
    static const int modes[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
    for (unsigned m = 0; m < 4; m++) {
        volatile float f = 1;
        fesetround(modes[m]);
        for (int i = 1; i < 4000; i++) {
            f = f * 1.0001f + i / 7.0f;
            mix_double(f);
            mix_double((double)llrint(i * 1.7));
        }
        int raised = fetestexcept(FE_ALL_EXCEPT);
        mix(&raised, sizeof raised);
        feclearexcept(FE_ALL_EXCEPT);
    }
    fesetround(FE_TONEAREST);
    tell("rounding");
}

static void text(void)
{
    char line[80];
    for (int i = 0; i < 3000; i++) {
        double value = (uint32_t)i * 2654435761u / 1e5 * (i % 2 ? 1e200 : 1e-200);
        snprintf(line, sizeof line, "%.17g", value);
        if (strtod(line, NULL) != value)
            printf("%s does not come back\n", line);
        mix(line, strlen(line));
        snprintf(line, sizeof line, "%La %.20Lf", (long double)value, i / 7.0L);
        mix(line, strlen(line));
    }
    tell("text");
}

static void integers(void)
{
    int64_t w = 1;
    for (int i = 1; i < 20000; i++) {
        w = w * 6364136223846793005 + i;
        w ^= w >> i % 63;
        w += w / (i | 1) + (int64_t)((uint64_t)w % (uint32_t)(i + 3));
    }
    mix(&w, sizeof w);
    tell("integers");
}

static void caught(int signal, siginfo_t *info, void *context)
{
    (void)context;
    printf("signal %d, code %d\n", signal, info->si_code);
    fflush(stdout);
    _exit(0);
}

static void float_fault(int which)
{
    static const int exceptions[] = { FE_DIVBYZERO, FE_INVALID, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT };
    static const double left[] = { 1, 0, 1e308, 1e-308, 1 }, right[] = { 0, 0, 1e-308, 1e308, 3 };
    feenableexcept(exceptions[which]);
    volatile double quotient = left[which] / right[which];
    (void)quotient;
    __asm__ volatile("fwait");
}

static void fault(int which)
{
    volatile int zero = 0;
    volatile uintptr_t nowhere = 16;
    volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    switch (which) {
    case 5: zero = 7 / zero; break;
    case 6: *page = 1; break;
    case 7: *(volatile char *)nowhere = 1; break;
    case 8: __asm__ volatile("ud2"); break;
    case 9: __asm__ volatile("int3"); break;
    case 10: __asm__ volatile("hlt"); break;
    case 11: __asm__ volatile("pushf; orl $0x100, (%%esp); popf; nop" ::: "memory", "cc"); break; /* TF */
    default: float_fault(which);
    }
}

/* Each in a process of its own, whose handler tells what came. */
static void faults(void)
{
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
    static const int signals[] = { SIGFPE, SIGSEGV, SIGILL, SIGTRAP };
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    for (int which = 0; which < 12; which++) {
        fflush(stdout);
        if (fork() == 0) {
            fault(which);
            printf("no signal\n");
            fflush(stdout);
            _exit(1);
        }
        wait(NULL);
    }
}

static void processes(void)
{
    int ends[2], pages = 200;
    char *shared = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe(ends))
        return;
    memset(shared, 1, pages * 4096);
    for (int child = 0; child < 4; child++) {
        if (fork() == 0) { /* its stores are its own */
            for (int i = child; i < pages * 4096; i += 97)
                shared[i] = (char)(i * 31 + child);
            mix(shared, pages * 4096);
            _exit(write(ends[1], &sum, sizeof sum) != sizeof sum);
        }
        int status = 0;
        uint32_t theirs = 0;
        if (read(ends[0], &theirs, sizeof theirs) == sizeof theirs && wait(&status) > 0)
            printf("child %d: %08x, %d\n", child, theirs, status);
    }
    mix(shared, pages * 4096);
    tell("parent");
}

int main(void)
{
    sum = 2166136261u;
    doubles();
    long_doubles();
    rounding();
    text();
    integers();
    faults();
    fflush(stdout);
    processes();
    printf("end of user.c\n");
    fflush(stdout);
    if (getpid() == 1 && tcdrain(1) == 0 && iopl(3) == 0)
        outb(0, 0xf4); /* isa-debug-exit */
    return 0;
}
