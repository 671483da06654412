/* The first layer of an encoder on pixels that are 0 or 1: the sum of the weights of those that are 1. See models/bits.py.

   Sums are those of the instruction vdpbf16ps as oneDNN uses it, to the bit: of two neighbours the second pixel comes
   first, and PART pixels are added up at once. */

#include "vectors.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ /* by which a pair of bfloat16 is taken apart */

enum { PAIRS = 2, OUTPUTS = 2 * PAIRS * LANES, PART = 1024 }; /* OUTPUTS at once: their weights stay in the cache */

/* 64 pixels, the first in the highest bit but one, the second in the highest. */
INLINE uint64_t swapped_pixels(const uint8_t *bits) {
    uint64_t word = 0, even = UINT64_C(0x5555555555555555);
    for (int byte = 0; byte < 8; byte++) word = word << 8 | bits[byte];
    return (word >> 1 & even) | (word & even) << 1;
}

/* Found (rows, tiles, OUTPUTS) of bits (rows, pixels / 8), weights (tiles, pixels, PAIRS, LANES, 2) and bias (tiles,
   OUTPUTS), all but the bits bfloat16. Of the weights, neighbouring pixels have changed places, and the last axis is
   that of two vectors of outputs. Pixels is a multiple of 64. */
FOR_EACH_PROCESSOR
void bits_forward(const uint8_t *bits, const uint16_t *weights, const uint16_t *bias, int64_t rows, int64_t pixels,
                  int64_t tiles, uint16_t *found) {
    for (int64_t tile = 0; tile < tiles; tile++)
        for (int64_t row = 0; row < rows; row++) {
            const uint16_t *of_tile = weights + tile * pixels * OUTPUTS;
            floats total[2 * PAIRS], part[2 * PAIRS];
            for (int k = 0; k < 2 * PAIRS; k++) total[k] = all(0);
            for (int64_t start = 0; start < pixels; start += PART) {
                int64_t end = start + PART < pixels ? start + PART : pixels;
                for (int k = 0; k < 2 * PAIRS; k++) part[k] = all(0);
                for (int64_t first = start; first < end; first += 64)
                    for (uint64_t left = swapped_pixels(bits + (row * pixels + first) / 8); left;) {
                        int pixel = __builtin_clzll(left);
                        const uint16_t *weight = of_tile + (first + pixel) * OUTPUTS;
                        left &= ~(UINT64_C(1) << 63 >> pixel);
                        for (int k = 0; k < PAIRS; k++) {
                            ints pair = *(const ints *)(weight + 2 * k * LANES);
                            part[2 * k] += (floats)(pair << 16);
                            part[2 * k + 1] += (floats)(pair & -0x10000);
                        }
                    }
                for (int k = 0; k < 2 * PAIRS; k++) total[k] += part[k];
            }
            for (int k = 0; k < 2 * PAIRS; k++) {
                int64_t at = tile * OUTPUTS + k * LANES;
                store(found + row * tiles * OUTPUTS + at, total[k] + wide(bias + at));
            }
        }
}

#endif
