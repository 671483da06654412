"""How a number was estimated: the short id that a result carries, and the sentence that tables and figures show."""

SENTENCES = {
    ("mig", "exact"): "exact (quadrature)",
    ("mig", "monte-carlo"): "monte-carlo (the paper's)",
    ("mig", "histogram"): "histogram (of the means, not the posterior)",
    ("estimate-tc", "exact"): "exact (all images)",
    ("estimate-tc", "mws"): "mws (minibatch, biased: compare only at equal batch size)",
    ("estimate-tc", "mss"): "mss (minibatch, biased: compare only at equal batch size)",
    ("rank", "mean-rank"): "mean rank over UDR, total correlation and ELBO",
    ("rank", "spearman"): "median likeness, Spearman",
    ("rank", "exact"): "exact (all images)",
    ("rank", "one-sample"): "one sample of each image",
    ("rank", "kl-perplexity"): "exp H of the shares of the KL",
    ("match", "correlation"): "largest sum of |Pearson r| of the means",
}
MEASURES = {  # of score, each with its one estimator
    "higgins": ("logistic-differences", "accuracy, logistic regression on mean differences"),
    "kim-mnih": ("majority-vote", "accuracy, majority vote of least variance"),
    "dci": ("boosted-trees", "disentanglement, gradient-boosted trees"),
    "dci-histogram-trees": ("histogram-boosted-trees", "disentanglement, histogram-boosted trees"),
    "dci-lasso": ("lasso", "disentanglement, lasso"),
    "dci-regression": ("boosted-regression-trees", "disentanglement, gradient-boosted regression trees"),
    "sap": ("linear-svm", "gap in accuracy, linear SVM"),
    "sap-r2": ("linear-regression", "gap in R^2, linear regression"),
    "modularity": ("binned-means", "binned means"),
    "explicitness": ("logistic-roc", "ROC area, logistic regression"),
    "irs": ("quantile-deviation", "0.99 quantile over the largest deviation"),
    "infomec": ("nearest-neighbours", "InfoM, ten nearest neighbours"),
    "infomec-discrete": ("counting", "InfoM, counted values"),
    "med": ("binned-means", "disentanglement, binned means"),
    "omes": ("pair-correlation", "overlap and multiple encoding, correlation of pairs"),
    "udr": ("spearman", "median likeness, Spearman"),
}


def sentence_of(kind: str, estimator: str, measure: str | None = None) -> str:
    """Return the sentence for the ESTIMATOR (an id) of a result of KIND; an unknown id is its own sentence.

    MEASURE is that of a score, and None for every other kind: sentence_of("mig", "exact") is "exact (quadrature)".
    """
    if measure in MEASURES and MEASURES[measure][0] == estimator:
        return MEASURES[measure][1]
    return SENTENCES.get((kind, estimator), estimator)


def id_of(kind: str, sentence: str, measure: str | None = None) -> str:
    """Return the id for the SENTENCE that a result of schema 1 carries as its estimator; any other text as it is.

    id_of("mig", "exact (quadrature)") is "exact".
    """
    if measure in MEASURES and MEASURES[measure][1] == sentence:
        return MEASURES[measure][0]
    return next((name for (its, name), said in SENTENCES.items() if its == kind and said == sentence), sentence)
