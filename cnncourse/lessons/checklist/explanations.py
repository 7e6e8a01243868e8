"""What the learner explains in words, and what a person gives points for."""

from __future__ import annotations

from cnncourse.grading.contract import Criterion, Explanation

EXPLANATIONS = (
    Explanation(
        "explain_dense",
        15,
        (
            Criterion(1, "says where the parameters come from, and how they grow with the picture"),
            Criterion(1, "uses the measured shuffle to say what an MLP does not know"),
            Criterion(1, "says what follows for a pattern at a place that was not in the training"),
        ),
        difficulty="core",
    ),
    Explanation(
        "explain_sharing",
        15,
        (
            Criterion(1, "keeps the two savings apart: fewer connections, and equal weights"),
            Criterion(1, "says what sharing does not save, and why"),
            Criterion(1, "names the assumption behind it, and a case where that is wrong"),
        ),
        difficulty="core",
    ),
    Explanation(
        "explain_moving",
        15,
        (
            Criterion(1, "says what equivariance and invariance are, and that they differ"),
            Criterion(1, "explains two measured errors: of a border, a stride, or pooling"),
            Criterion(1, "says what makes a whole classifier nearly invariant, and what does not"),
        ),
        difficulty="core",
    ),
    Explanation(
        "explain_depth",
        15,
        (
            Criterion(1, "says what several small layers have over one large one"),
            Criterion(1, "says why degradation is not overfitting, from the training error"),
            Criterion(1, "says what a shortcut changes, for the gradient or for what is learned"),
        ),
        difficulty="core",
    ),
    Explanation(
        "explain_backbone",
        15,
        (
            Criterion(1, "decides for one of the two situations, and says what decides"),
            Criterion(1, "uses a measured number: of accuracy, time, or the amount of data"),
            Criterion(1, "says what would change the decision"),
        ),
        difficulty="core",
    ),
    Explanation(
        "defend_network",
        30,
        (
            Criterion(1, "says what the parameters are spent on, from the report"),
            Criterion(2, "gives a reason for each kind of layer, from the five questions"),
            Criterion(1, "names a network that was tried and rejected, with its numbers"),
            Criterion(1, "looks at the errors, and says what the network still does not know"),
        ),
        difficulty="challenge",
    ),
)
