"""Names of the controls, apart from what computes them: the workflow reads them at every start."""

#: Classifiers of single cells.
CLASSIFIERS = ("logistic", "sparse_logistic", "random_forest", "gradient_boosting")
#: All that learn from the training cells of each fold and draw.
LEARNERS = (*CLASSIFIERS, "best_element", "pathfinder_index")
#: They know what is usual in the whole map, and score what is not.
DETECTORS = ("one_class_svm", "isolation_forest", "mahalanobis", "autoencoder")
#: Classifiers that see superpixels beside the cell, and what they learn with.
CONTEXT = {"logistic_context": "logistic", "gradient_boosting_context": "gradient_boosting"}
#: Their scores are probabilities.
PROBABILITY_CONTROLS = (*CLASSIFIERS, *CONTEXT)
#: They see no label: one map for all folds and schemes.
LABEL_FREE = (*DETECTORS, "superpixel_contrast", "commodity_index", "sampling_density")
CONTROLS = (*LEARNERS, *CONTEXT, *LABEL_FREE, "deposit_distance", "background_absence")
