/* crc.c - plain computing, as compiled C: the kind of code that monitors run at full speed.
 *
 * Watch: how little there is to watch.  Only the printing leaves the guest; loops, calls and
 * memory run as they are (direct execution, VT-x) or nearly so (translated code: returns and
 * indirect calls are looked up). */
__asm__(".include \"boot.inc\"\n"
        "multiboot_header\n"
        "_start: mov $stack_top, %esp\n"
        "call main\n"
        "exit 0\n"
        "library_print\n");

typedef unsigned char u8;
typedef unsigned u32;

enum { SIEVE = 10000, SORT = 500 };

static u8 composite[SIEVE];
static u32 numbers[SORT];
static u32 table[256];

static void print(const char *text)
{
    __asm__ volatile("call puts" : "+S"(text) : : "eax", "memory");
}

static void print_number(const char *text, u32 value)
{
    print(text);
    __asm__ volatile("call put_dec" : "+a"(value) : : "ecx", "edx", "memory");
    print("\n");
}

static void make_table(void)
{
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
        table[i] = c;
    }
}

static u32 crc32(const void *bytes, u32 len)
{
    const u8 *b = bytes;
    u32 c = ~0u;
    while (len--)
        c = c >> 8 ^ table[(c ^ *b++) & 0xff];
    return ~c;
}

static u32 count_primes(void)
{
    u32 count = 0;
    for (u32 i = 2; i < SIEVE; i++) {
        if (composite[i])
            continue;
        count++;
        for (u32 j = i * i; j < SIEVE; j += i)
            composite[j] = 1;
    }
    return count;
}

static int ascending(u32 a, u32 b)
{
    return a < b;
}

static int descending(u32 a, u32 b)
{
    return a > b;
}

/* The order is called through a pointer: an indirect call at each comparison. */
static void sort(u32 *v, int low, int high, int (*before)(u32, u32))
{
    int i = low, j = high;
    u32 pivot = v[(low + high) / 2];
    while (i <= j) {
        while (before(v[i], pivot))
            i++;
        while (before(pivot, v[j]))
            j--;
        if (i <= j) {
            u32 t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
    }
    if (low < j)
        sort(v, low, j, before);
    if (i < high)
        sort(v, i, high, before);
}

static u32 is_sorted(int (*before)(u32, u32))
{
    for (int i = 1; i < SORT; i++) {
        if (before(numbers[i], numbers[i - 1]))
            return 0;
    }
    return 1;
}

static u32 fibonacci(u32 n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

void main(void)
{
    static int (*volatile const order[2])(u32, u32) = { ascending, descending };
    make_table();
    print_number("crc32 of \"123456789\": ", crc32("123456789", 9));
    print_number("primes below 10000: ", count_primes());
    u32 seed = 1;
    for (int i = 0; i < SORT; i++)
        numbers[i] = seed = seed * 1664525 + 1013904223;
    for (int i = 0; i < 2; i++) {
        sort(numbers, 0, SORT - 1, order[i]);
        print_number(i ? "sorted down: " : "sorted up: ", is_sorted(order[i]));
    }
    print_number("crc32 of them: ", crc32(numbers, sizeof numbers));
    print_number("fibonacci(15): ", fibonacci(15));
}
