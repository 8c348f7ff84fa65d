"""What scikit-learn and Python's XGBoost say, for comparison.

figures FILE         each line a label and a probability -> the fold of each row of StratifiedKFold(5, seed 7), then
                     ROC-AUC, average precision, log-loss and Brier score, on one line each
predict MODEL FILE   each line the features of a row -> its raw score and contributions, on one line
"""

import sys

import numpy as np


def figures(path):
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    labels, probabilities = np.loadtxt(path).T
    folds = np.zeros(len(labels), int)
    for fold, (_, judged) in enumerate(StratifiedKFold(5, shuffle=True, random_state=7).split(labels, labels)):
        folds[judged] = fold
    print(*folds)
    for figure in roc_auc_score, average_precision_score, log_loss, brier_score_loss:
        print(repr(float(figure(labels, probabilities))))


def predict(model, path):
    import xgboost

    booster = xgboost.Booster(model_file=model)
    rows = xgboost.DMatrix(np.loadtxt(path, ndmin=2))
    scores = booster.predict(rows, output_margin=True)
    for score, contributions in zip(scores, booster.predict(rows, pred_contribs=True)):
        print(score, *contributions)


{"figures": figures, "predict": predict}[sys.argv[1]](*sys.argv[2:])
