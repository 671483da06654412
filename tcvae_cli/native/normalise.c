/* Batch normalisation and ReLU of bfloat16 images with their channels last, in one pass each for the sums and the values:
   see models/normalised.py. Channels are a multiple of LANES; sums are of BLOCK rows, so that threads change nothing. */

#include "vectors.h"

enum { BLOCK = 2048, PART = 64 };

INLINE floats at_channel(const float *values, int64_t channel) { return *(const floats *)(values + channel); }

INLINE floats where(ints chosen, floats x) { return (floats)((ints)x & chosen); }

/* Sums (blocks, 2, channels) of x - shift and of its square, x being (rows, channels) and shift (channels,). */
FOR_EACH_PROCESSOR
void normalise_sums(const uint16_t *x, const float *shift, int64_t rows, int64_t channels, double *sums) {
    for (int64_t block = 0; block * BLOCK < rows; block++)
        for (int64_t channel = 0; channel < channels; channel += LANES) {
            int64_t end = (block + 1) * BLOCK < rows ? (block + 1) * BLOCK : rows;
            double *sum = sums + 2 * block * channels + channel, *square = sum + channels;
            for (int lane = 0; lane < LANES; lane++) sum[lane] = square[lane] = 0;
            for (int64_t first = block * BLOCK; first < end; first += PART) {
                floats one = all(0), two = all(0), from = at_channel(shift, channel);
                for (int64_t row = first; row < first + PART && row < end; row++) {
                    floats value = wide(x + row * channels + channel) - from;
                    one += value;
                    two += value * value;
                }
                for (int lane = 0; lane < LANES; lane++) sum[lane] += one[lane], square[lane] += two[lane];
            }
        }
}

/* y = max(0, x scale + offset), scale and offset being (channels,). */
FOR_EACH_PROCESSOR
void normalise_forward(const uint16_t *x, const float *scale, const float *offset, int64_t rows, int64_t channels,
                       uint16_t *y) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t channel = 0; channel < channels; channel += LANES) {
            int64_t at = row * channels + channel;
            store(y + at, larger(wide(x + at) * at_channel(scale, channel) + at_channel(offset, channel), all(0)));
        }
}

/* Sums (blocks, 2, channels) of the gradient where y is above 0, and of that times x - shift. */
FOR_EACH_PROCESSOR
void normalise_gradient_sums(const uint16_t *x, const uint16_t *gradient, const float *shift, const float *scale,
                             const float *offset, int64_t rows, int64_t channels, double *sums) {
    for (int64_t block = 0; block * BLOCK < rows; block++)
        for (int64_t channel = 0; channel < channels; channel += LANES) {
            int64_t end = (block + 1) * BLOCK < rows ? (block + 1) * BLOCK : rows;
            double *sum = sums + 2 * block * channels + channel, *product = sum + channels;
            for (int lane = 0; lane < LANES; lane++) sum[lane] = product[lane] = 0;
            floats from = at_channel(shift, channel), a = at_channel(scale, channel), b = at_channel(offset, channel);
            for (int64_t first = block * BLOCK; first < end; first += PART) {
                floats one = all(0), two = all(0);
                for (int64_t row = first; row < first + PART && row < end; row++) {
                    floats value = wide(x + row * channels + channel);
                    floats g = where(value * a + b > 0, wide(gradient + row * channels + channel));
                    one += g;
                    two += g * (value - from);
                }
                for (int lane = 0; lane < LANES; lane++) sum[lane] += one[lane], product[lane] += two[lane];
            }
        }
}

/* The gradient by x: scale times that by y where y is above 0, plus x slope + level, all by channel. */
FOR_EACH_PROCESSOR
void normalise_backward(const uint16_t *x, const uint16_t *gradient, const float *scale, const float *offset,
                        const float *slope, const float *level, int64_t rows, int64_t channels, uint16_t *found) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t channel = 0; channel < channels; channel += LANES) {
            int64_t at = row * channels + channel;
            floats value = wide(x + at), a = at_channel(scale, channel);
            floats g = where(value * a + at_channel(offset, channel) > 0, wide(gradient + at));
            store(found + at, g * a + value * at_channel(slope, channel) + at_channel(level, channel));
        }
}
