/* Vectors of floats in plain C with GCC's vector extension: GCC and clang turn it into whatever the processor has. */

#include <math.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };

typedef float floats __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t ints __attribute__((vector_size(4 * LANES), aligned(4)));
typedef uint16_t halves __attribute__((vector_size(2 * LANES), aligned(2)));

static const float SMALLEST = -86.f; /* 2^-86 is nothing beside 1, and far from subnormal, which is slow */

INLINE floats all(float x) { return x - (floats){0}; }

/* A bfloat16 is the upper half of a float32. */
INLINE floats wide(const uint16_t *at) { return (floats)(__builtin_convertvector(*(const halves *)at, ints) << 16); }

INLINE void store(uint16_t *at, floats x) {
    ints bits = (ints)x; /* round to nearest, ties to even; a NaN stays one */
    ints rounded = bits + 0x7fff + ((bits >> 16) & 1), nan = x != x;
    *(halves *)at = __builtin_convertvector(((rounded & ~nan) | ((bits | 0x400000) & nan)) >> 16, halves);
}

INLINE floats larger(floats a, floats b) {
    ints less = a < b; /* a NaN stays one */
    return (floats)(((ints)b & less) | ((ints)a & ~less));
}

INLINE float sum(floats x) {
    float total = 0;
    for (int lane = 0; lane < LANES; lane++) total += x[lane];
    return total;
}

INLINE float maximum(floats x) {
    for (int lane = 1; lane < LANES; lane++) x = larger(x, all(x[lane]));
    return x[0];
}

/* 2^x for x up to 127, relative error 2e-7; of less than SMALLEST 2^SMALLEST. */
INLINE floats power(floats x) {
    const float round = 0x1.8p23f;
    x = larger(x, all(SMALLEST));
    floats whole = x + round;
    ints exponent = ((ints)whole - (ints)all(round) + 127) << 23;
    floats f = x - (whole - round);
    floats p = all(1.5403530393e-4f) * f + 1.3333558146e-3f;
    p = p * f + 9.6181291076e-3f;
    p = p * f + 5.5504108665e-2f;
    p = p * f + 2.4022650696e-1f;
    p = p * f + 6.9314718056e-1f;
    p = p * f + 1.f;
    return p * (floats)exponent;
}
