/* qsort - quicksort of 4096 numbers: unpredictable branches, calls. */
typedef unsigned u32;
u32 load(void);

enum { N = 4096 };
static u32 array[N];

static void sort(u32 *low, u32 *high)
{
    while (low < high) {
        u32 pivot = low[(high - low) / 2], *i = low, *k = high;
        while (i <= k) {
            while (*i < pivot)
                i++;
            while (pivot < *k)
                k--;
            if (i <= k) {
                u32 t = *i;
                *i++ = *k;
                *k-- = t;
            }
        }
        sort(low, k);
        low = i;
    }
}

u32 load(void)
{
    u32 seed = 1, sum = 0;
    for (u32 n = 0; n < ITER; n++) {
        for (u32 i = 0; i < N; i++) {
            seed = seed * 1664525u + 1013904223u;
            array[i] = seed >> 4;
        }
        sort(array, array + N - 1);
        sum = sum * 5 + array[n % N] + array[0] + array[N - 1];
    }
    return sum;
}
