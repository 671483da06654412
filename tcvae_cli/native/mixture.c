/* The sums of log_mixture in mixtures.py for normal components in float32, without its temporaries: see fused.py.

   Everything is in logarithms to base 2. Components come in groups of LANES: for each group and each latent the
   LANES means, then scales s = sqrt(log2(e) / 2) / std, then offsets c = log2 of the density at the mean. With
   t = (z - mean) s, log2 q(z|n) is c - t^2. The last group is filled up with components of no weight.

   An example with std 1: s^2 = 1.4427 / 2 = 0.7213 and c = log2(0.3989) = -1.3257. At z = mean + 2, t^2 is 2.885, and
   2^(-1.3257 - 2.885) = 2^-4.211 = 0.0540, the normal density at 2.

   Why loops: the terms are samples x components x latents, 2048 x 2048 x 10 in the paper's batch, 168 MB of floats that
   torch would write and read again for each of some ten operations. Here a term lives in a register. */

#include "vectors.h"

enum { TOGETHER = 4 }; /* samples that share each load of a component */

static const float TOO_SMALL = 0x1p-40f; /* a sum that may consist of terms rounded up to 2^SMALLEST */

/* The log weights of a group as one sample sees them: its own component's and the one's after it may be others.
   Stratified sampling, sample 5: special = {5, 6}, so in group 0 lanes 5 and 6 get difference[0] and [1] more; no other
   group is touched. Without stratified sampling special is -1, which is in no group. */
INLINE floats weights(const float *weight, int64_t group, const int64_t *special, const float *difference) {
    floats w = *(const floats *)(weight + group * LANES);
    for (int k = 0; k < 2; k++)
        if (special[k] / LANES == group && special[k] >= 0) w[special[k] % LANES] += difference[k];
    return w;
}

INLINE void specials(int64_t special[TOGETHER][2], int64_t first, int64_t start, int64_t components) {
    for (int s = 0; s < TOGETHER; s++) {
        special[s][0] = first < 0 ? -1 : first + start + s;
        special[s][1] = first < 0 ? -1 : (first + start + s + 1) % components;
    }
}

/* log2 of the sum of 2^(log2 terms) over all components of one latent, relative to the largest. Needs two passes, one
   for the largest, and is for the rare z so far from all components that the sum relative to the bound is nothing:
   terms of 2^-200 and 2^-201 are 1 and 1/2 relative to the largest, log2(1.5) - 200 = -199.4. */
static float careful(float z, const floats *parameters, const float *weight, int64_t groups, int64_t latents,
                     int64_t latent, const int64_t *special, const float *difference) {
    floats largest = all(-INFINITY), total = all(0);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t g = 0; g < groups; g++) {
            const floats *p = parameters + 3 * (g * latents + latent);
            floats t = (z - p[0]) * p[1];
            floats term = p[2] - t * t + weights(weight, g, special, difference);
            if (pass) total += power(term - largest);
            else largest = larger(largest, term);
        }
        largest = all(maximum(largest));
    }
    return log2f(sum(total)) + largest[0];
}

/* z (samples, latents), joint (samples,), marginals (samples, latents), bound (latents,) of c + weight;
   scratch of TOGETHER groups LANES + TOGETHER latents LANES floats. samples is a multiple of TOGETHER.

   The marginals are summed at once, relative to a bound that no term exceeds. The joint has no such bound that is near:
   a sum over latents of bounds may be 2^50 away. So its exponents are kept, one per component, and summed when the
   largest is known. LANES partial sums are added up at the end: each adds a sixteenth of the terms, which also keeps
   the rounding of long sums in float32 small. */
FOR_EACH_PROCESSOR
void mixture_forward(const float *z, const floats *parameters, const float *weight, const float *bound, int64_t samples,
                     int64_t components, int64_t latents, int64_t first, const float *difference, float *joint,
                     float *marginals, floats *scratch) {
    int64_t groups = (components + LANES - 1) / LANES;
    floats *joints = scratch, *totals = scratch + TOGETHER * groups;
    for (int64_t start = 0; start < samples; start += TOGETHER) {
        const float *zs = z + start * latents;
        int64_t special[TOGETHER][2];
        specials(special, first, start, components);
        floats largest[TOGETHER];
        for (int s = 0; s < TOGETHER; s++) largest[s] = all(-INFINITY);
        for (int64_t d = 0; d < TOGETHER * latents; d++) totals[d] = all(0);
        for (int64_t g = 0; g < groups; g++) {
            floats w[TOGETHER], joined[TOGETHER];
            for (int s = 0; s < TOGETHER; s++) joined[s] = w[s] = weights(weight, g, special[s], difference);
            for (int64_t d = 0; d < latents; d++) {
                const floats *p = parameters + 3 * (g * latents + d);
                floats mean = p[0], scale = p[1], offset = p[2];
                for (int s = 0; s < TOGETHER; s++) {
                    floats t = (zs[s * latents + d] - mean) * scale;
                    floats component = offset - t * t;
                    joined[s] += component;
                    totals[d * TOGETHER + s] += power(component + (w[s] - bound[d]));
                }
            }
            for (int s = 0; s < TOGETHER; s++) {
                joints[g * TOGETHER + s] = joined[s];
                largest[s] = larger(largest[s], joined[s]);
            }
        }
        for (int s = 0; s < TOGETHER; s++) {
            float top = maximum(largest[s]);
            floats total = all(0);
            for (int64_t g = 0; g < groups; g++) total += power(joints[g * TOGETHER + s] - top);
            joint[start + s] = log2f(sum(total)) + top;
            for (int64_t d = 0; d < latents; d++) {
                float all_components = sum(totals[d * TOGETHER + s]);
                marginals[(start + s) * latents + d] =
                    all_components < TOO_SMALL ? careful(zs[s * latents + d], parameters, weight, groups, latents, d,
                                                         special[s], difference)
                                               : log2f(all_components) + bound[d];
            }
        }
    }
}

/* Given d loss / d joint (samples,) and / d marginals (samples, latents), and their values: with u the
   part of each term, d loss / d log q(z_ij|n), writes the sums over components of u t s (samples, latents), and adds to
   the sums over samples of u, u t and u t^2, which lie like means, scales and offsets. scratch of 2 TOGETHER latents
   LANES floats.

   The part of a term is its share of its sum, 2^(term - log2 sum), times the gradient of that sum. Two components of
   densities 0.3 and 0.1 at z_ij and equal weights have shares 3/4 and 1/4 of log q(z_ij). A term counts twice: in its
   marginal, and in the joint, where its share is the same for all latents. */
FOR_EACH_PROCESSOR
void mixture_backward(const float *z, const floats *parameters, const float *weight, int64_t samples,
                      int64_t components, int64_t latents, int64_t first, const float *difference, const float *joint,
                      const float *marginals, const float *joint_gradient, const float *marginals_gradient,
                      float *slopes, floats *sums, floats *scratch) {
    int64_t groups = (components + LANES - 1) / LANES;
    floats *distance = scratch, *pulls = scratch + TOGETHER * latents;
    for (int64_t start = 0; start < samples; start += TOGETHER) {
        const float *zs = z + start * latents, *values = marginals + start * latents;
        const float *gradients = marginals_gradient + start * latents;
        int64_t special[TOGETHER][2];
        specials(special, first, start, components);
        for (int64_t d = 0; d < TOGETHER * latents; d++) pulls[d] = all(0);
        for (int64_t g = 0; g < groups; g++) {
            floats w[TOGETHER], share[TOGETHER];
            for (int s = 0; s < TOGETHER; s++) share[s] = w[s] = weights(weight, g, special[s], difference);
            const floats *group = parameters + 3 * g * latents;
            for (int64_t d = 0; d < latents; d++)
                for (int s = 0; s < TOGETHER; s++) {
                    floats t = (zs[s * latents + d] - group[3 * d]) * group[3 * d + 1];
                    distance[d * TOGETHER + s] = t;
                    share[s] += group[3 * d + 2] - t * t;
                }
            for (int s = 0; s < TOGETHER; s++)
                share[s] = power(share[s] - joint[start + s]) * joint_gradient[start + s];
            for (int64_t d = 0; d < latents; d++) {
                floats scale = group[3 * d + 1], offset = group[3 * d + 2];
                floats *sum_of = sums + 3 * (g * latents + d);
                floats none = sum_of[0], one = sum_of[1], two = sum_of[2];
                for (int s = 0; s < TOGETHER; s++) {
                    int64_t at = s * latents + d;
                    floats t = distance[d * TOGETHER + s];
                    floats component = offset - t * t + (w[s] - values[at]);
                    floats u = share[s] + power(component) * gradients[at];
                    floats ut = u * t;
                    none += u;
                    one += ut;
                    two += ut * t;
                    pulls[d * TOGETHER + s] += ut * scale;
                }
                sum_of[0] = none, sum_of[1] = one, sum_of[2] = two;
            }
        }
        for (int64_t d = 0; d < latents; d++)
            for (int s = 0; s < TOGETHER; s++) slopes[(start + s) * latents + d] = sum(pulls[d * TOGETHER + s]);
    }
}
