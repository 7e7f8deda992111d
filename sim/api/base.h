/* base.h - integer names and compiler words used everywhere.  No project type lives here. */
#ifndef SIM_API_BASE_H
#define SIM_API_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
/* In guest memory, where nothing need be aligned. */
typedef u16 u16_any __attribute__((aligned(1), may_alias));
typedef u32 u32_any __attribute__((aligned(1), may_alias));

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))
#define MUST_CHECK __attribute__((warn_unused_result))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A machine-physical address: what the simulated hardware calls physical.  A guest-physical
 * address (gpa_t, vmm/guestmem.h) is another type: mixing them does not compile. */
typedef struct { u32 v; } mpa_t;

enum { PAGE_SIZE = 4096, PAGE_SHIFT = 12 };

#endif
