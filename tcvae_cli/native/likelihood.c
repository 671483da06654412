/* Bernoulli log likelihoods of soft targets in one pass over float32 or bfloat16 logits: see models/likelihoods.py. */

#include "vectors.h"

/* LANES logits from AT on, float32 or bfloat16. */
INLINE floats load(const void *logits, int64_t at, int half) {
    return half ? wide((const uint16_t *)logits + at) : *(const floats *)((const float *)logits + at);
}

INLINE void store_logits(void *logits, int64_t at, int half, floats x) {
    if (half)
        store((uint16_t *)logits + at, x);
    else
        *(floats *)((float *)logits + at) = x;
}

/* e^-|x| */
INLINE floats decay(floats x) { return power((floats)((ints)x | INT32_MIN) * 1.44269504f); }

/* x l - ln(1 + e^l) = x l - max(l, 0) - ln(1 + e^-|l|) */
INLINE floats log_probability(floats target, floats logit) {
    floats y = decay(logit);
    floats s = y / (y + 2.f), q = s * s; /* ln(1 + y) = 2 artanh(y / (2 + y)), and s is at most 1/3 */
    floats series = all(1.f / 13) * q + 1.f / 11;
    series = series * q + 1.f / 9;
    series = series * q + 1.f / 7;
    series = series * q + 1.f / 5;
    series = series * q + 1.f / 3;
    series = series * q + 1.f;
    return target * logit - larger(logit, all(0)) - 2.f * s * series;
}

/* Values (rows,) of targets and logits (rows, pixels); pixels is a multiple of LANES. */
FOR_EACH_PROCESSOR
void likelihood_forward(const float *targets, const void *logits, int64_t half, int64_t rows, int64_t pixels,
                        float *values) {
    for (int64_t row = 0; row < rows; row++) {
        int64_t end = (row + 1) * pixels;
        floats total = all(0), part = all(0);
        for (int64_t at = row * pixels; at < end; at += LANES) {
            part += log_probability(*(const floats *)(targets + at), load(logits, at, half != 0));
            if (at % (64 * LANES) == 0 || at + LANES == end) { /* sums of sums round less */
                total += part;
                part = all(0);
            }
        }
        values[row] = sum(total);
    }
}

/* The gradient by the logits, in their format: d value / d l = x - 1 / (1 + e^-l). */
FOR_EACH_PROCESSOR
void likelihood_backward(const float *targets, const void *logits, int64_t half, int64_t rows, int64_t pixels,
                         const float *gradients, void *logits_gradient) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t at = row * pixels; at < (row + 1) * pixels; at += LANES) {
            floats logit = load(logits, at, half != 0), y = decay(logit);
            ints negative = logit < 0;
            floats numerator = (floats)(((ints)y & negative) | ((ints)all(1) & ~negative));
            floats mean = numerator / (y + 1.f);
            store_logits(logits_gradient, at, half != 0, (*(const floats *)(targets + at) - mean) * gradients[row]);
        }
}
