/* assert.h - see string.h. */
#ifndef TESTS_FREESTANDING_ASSERT_H
#define TESTS_FREESTANDING_ASSERT_H

_Noreturn void assert_failed(const char *what, const char *file, int line);
#define assert(e) ((e) ? (void)0 : assert_failed(#e, __FILE__, __LINE__))
#define static_assert _Static_assert

#endif
