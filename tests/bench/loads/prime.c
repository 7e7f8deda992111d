/* prime - the paper's isPrime: is a number prime? By trial division. */
typedef unsigned u32;
u32 load(void);

static __attribute__((noinline)) int is_prime(u32 a)
{
    for (u32 i = 2; i < a; i++)
        if (a % i == 0)
            return 0;
    return 1;
}

u32 load(void)
{
    u32 count = 0;
    for (u32 a = 2; a < 2 + ITER; a++)
        count += is_prime(a) ? a : 1;
    return count;
}
