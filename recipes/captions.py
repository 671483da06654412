"""What stands below the pictures that `tcvae plot` draws: what their marks are."""

BOXES = (
    "A mark is a run, and the line across a setting is the median of its runs. From six runs on, the thick upright bar "
    "is their middle half, from the first quartile to the third, and the shape is as wide as runs are dense there."
)
TRADE_OFF = (
    "A point is the mean of both numbers over the runs of one beta. The strokes through it, upright and across, are "
    "their 90% intervals by Student's t, and the band joins the upright ones; fewer than five runs have none. Each "
    "panel has scales of its own, which need not begin at 0."
)
CIRCLES = (
    "A circle is the mean of the runs of one beta, with which its area grows, and a small dot is a run. In the legend "
    "r is Pearson's correlation, and the interval behind Spearman's is of 90%. Each panel has scales of its own."
)
CURVES = (
    "A small dot is a run, and the line joins the means. The upright strokes and the band that joins them are the 90% "
    "intervals of the means by Student's t; a mean of fewer than five runs has none. They treat each setting alone, "
    "which the claim compares with others."
)
LATENTS = (
    "A row is a latent, with its KL below its name: on the left its mean at each position, in the middle its mean at "
    "each scale and on the right at each orientation, in the colour of a shape. A flat line or an even square tells "
    "that the latent does not depend on what stands below."
)
