import itertools

import matplotlib
import pytest
from geohalo.products import styles
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image


def shown(text):
    """Return what matplotlib shows of a text, and whether it takes it for a formula."""
    figure = Figure()
    return figure.text(0, 0, text)._preprocess_math(text)


@pytest.mark.parametrize(
    "name", ["a $10$ lode", "$", "$x_1$ and $y^2$", "Mt_Isa_2", "100 % Zn", r"a\b", "^{2}", "{}"]
)
def test_user_text_is_shown_as_it_stands_and_never_as_a_formula(name):
    assert shown(styles.plain(name)) == (name, False)


def test_user_text_is_one_line():
    assert styles.plain("two\nlines\tand  blanks ") == "two lines and blanks"


def test_shorten_counts_the_characters_of_the_name_and_not_of_its_escapes():
    assert styles.shorten("$$$$", 4) == r"\$\$\$\$"
    assert styles.shorten("Harberton Bridge", 10) == "Harberton…"


@pytest.mark.parametrize(
    ("number", "text"), [(2134.0, "2,100"), (0.0123, "0.012"), (71.4, "71"), (1.0, "1"), (98_700.0, "99,000")]
)
def test_rounded_writes_two_digits_out(number, text):
    assert styles.rounded(number) == text


def test_rounded_to_more_digits():
    assert styles.rounded(60.55, 3) == "60.5"
    assert styles.rounded(12_345, 3) == "12,300"


def test_numbers_in_words():
    assert styles.amount(1, "deposit") == "1 deposit"
    assert styles.amount(4278, "sample") == "4,278 samples"
    assert styles.signed_percent(-0.123) == "−12 %"
    assert styles.signed_percent(float("nan")) == "n/a"
    assert styles.with_interval(0.841, 0.709, 0.934) == "0.84 (95 % interval 0.71–0.93)"
    assert styles.with_interval(0.841, float("nan"), float("nan")) == "0.84"


def test_wrapped_lines_fit_the_width_and_keep_every_word():
    figure = Figure(figsize=(4, 4))
    text = "the ground around a deposit in the map of the fold that did not know it"
    lines = styles.wrap(figure, text, 9, 2.0).split("\n")
    assert len(lines) > 1
    assert " ".join(lines) == text
    assert all(styles.text_size(figure, line, 9)[0] <= 2.0 for line in lines)
    # A line is broken only where the next word would not have fitted.
    for line, following in itertools.pairwise(lines):
        assert styles.text_size(figure, f"{line} {following.split()[0]}", 9)[0] > 2.0


def test_colour_table_names_known_colours_and_colour_maps():
    table = styles.style()
    assert all(isinstance(key, str) and name in colormaps for key, name in table["maps"].items())
    hues = [*table["colours"].values(), *(hue for _, hue in table["fold_codes"])]
    hues += [hue for _, hue, _ in (*table["methods"].values(), *table["schemes"].values())]
    assert all(len(to_rgb(hue)) == 3 for hue in hues)
    assert len(table["fold_codes"]) == 7
    looks = [(hue, line) for _, hue, line in table["methods"].values()]
    assert len(set(looks)) == len(looks), "two methods look the same in a plot"
    assert set(table["variants"]) <= set(table["methods"])


def test_settings_of_the_user_do_not_reach_the_figures():
    @styles.styled
    def size():
        return matplotlib.rcParams["font.size"], matplotlib.rcParams["text.usetex"]

    with matplotlib.rc_context({"font.size": 31, "text.usetex": True}):
        assert size() == (styles.TEXT_SIZE, False)
        assert matplotlib.rcParams["font.size"] == 31


def test_saved_figure_has_title_and_resolution_and_leaves_nothing_else(tmp_path):
    figure = Figure(figsize=(2, 1))
    figure.suptitle("cost\nin " + styles.plain("$"))
    styles.save_figure(figure, tmp_path / "one.png")
    styles.save_figure(figure, tmp_path / "two.png")
    with Image.open(tmp_path / "one.png") as image:
        assert image.size == (2 * styles.DPI, styles.DPI)
        assert image.text == {"Title": "cost in $"}
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "map.png"
    path.write_bytes(b"old")

    def broken(self, *args, **kwargs):
        raise RuntimeError("disk full")

    monkeypatch.setattr(FigureCanvasAgg, "print_png", broken)
    with pytest.raises(RuntimeError, match="disk full"):
        styles.save_figure(Figure(), path)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["map.png"]
