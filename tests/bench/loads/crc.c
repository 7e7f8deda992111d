/* crc - CRC-32 by table over 16 KB. */
typedef unsigned u32;
u32 load(void);

static u32 table[256];
static unsigned char data[16384];

static __attribute__((noinline)) u32 crc32(u32 crc, const unsigned char *p, u32 n)
{
    while (n--)
        crc = table[(crc ^ *p++) & 0xff] ^ crc >> 8;
    return crc;
}

u32 load(void)
{
    u32 crc = ~0u;
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    for (u32 i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7 + (i >> 8));
    for (u32 i = 0; i < ITER; i++)
        crc = crc32(crc, data, sizeof data);
    return ~crc;
}
