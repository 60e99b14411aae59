"""Draw the rose diagram of learned attention."""

from geohalo.files.tables import read_csv
from geohalo.products.figures import attention_rose, save_figure


def plot_attention(survey: str, variant: str, attention: str, figure: str) -> None:
    """Write the figure from the table of attention by direction."""
    save_figure(attention_rose(survey, variant, read_csv(attention)), figure)
