/* sieve - Eratosthenes over 64 K bytes: few instructions, scattered stores. */
typedef unsigned u32;
u32 load(void);

enum { N = 65536 };
static unsigned char composite[N];

static __attribute__((noinline)) u32 sieve(void)
{
    u32 sum = 0;
    for (u32 i = 0; i < N; i++)
        composite[i] = 0;
    for (u32 i = 2; i < N; i++) {
        if (composite[i])
            continue;
        sum += i;
        for (u32 k = i + i; k < N; k += i)
            composite[k] = 1;
    }
    return sum;
}

u32 load(void)
{
    u32 sum = 0;
    for (u32 i = 0; i < ITER; i++)
        sum = sum * 3 + sieve();
    return sum;
}
