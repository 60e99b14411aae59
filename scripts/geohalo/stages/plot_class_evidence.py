"""Draw the confusion matrix, the comparison of methods, and the training history."""

from geohalo.files.tables import read_csv
from geohalo.products.figures import class_comparison, confusion_plot, history_plot, save_figure


def plot_class_evidence(survey: str, variant: str, files: dict[str, str], figures: dict[str, str]) -> None:
    """Write the figures; ``files`` has metrics, confusion and history."""
    confusion, metrics = read_csv(files["confusion"]), read_csv(files["metrics"])
    save_figure(confusion_plot(survey, confusion, variant), figures["confusion"])
    save_figure(class_comparison(survey, metrics), figures["metrics"])
    save_figure(history_plot(survey, read_csv(files["history"]), "labels"), figures["history"])
