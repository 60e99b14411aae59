"""Figures in the report: their look, title and shape."""

import base64
import io
import re

import numpy as np
import pytest
from geohalo.products.report_pictures import PLAIN, QUALITY, WIDEST, picture, webp_uri
from PIL import Image


def png_of(image: Image.Image, title: str) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    about, out = PngInfo(), io.BytesIO()
    about.add_text("Title", title)
    image.save(out, format="PNG", pnginfo=about)
    return out.getvalue()


def test_a_picture_keeps_its_look_its_title_and_its_shape():
    rng = np.random.default_rng(0)
    ramp = np.broadcast_to(np.linspace(0, 255, 2000), (1000, 2000))
    pixels = np.stack([ramp, ramp[:, ::-1], np.full_like(ramp, 80), np.full_like(ramp, 255)], axis=-1).astype(
        np.uint8
    )
    pixels[:20, :20] = [213, 94, 0, 255]
    pixels[-20:] = rng.integers(0, 2, (20, 2000, 1)) * np.array([255, 255, 255, 0]) + [0, 0, 0, 255]
    made = picture(
        "a",
        png_of(Image.fromarray(pixels), "somewhere: what it shows."),
        "how to read it",
        "Table 1.",
        "somewhere: ",
    )
    assert (made.width, made.height) == (WIDEST, 800)
    assert made.alternative == "What it shows. Table 1."
    shown = Image.open(io.BytesIO(base64.b64decode(made.uri.split(",")[1]))).convert("RGB")
    expected = Image.fromarray(pixels).convert("RGB").resize(shown.size, Image.Resampling.LANCZOS)
    difference = np.abs(np.asarray(shown, float) - np.asarray(expected, float))[:-40]
    assert difference.mean() < 4
    assert re.match(r"data:image/webp;base64,", made.uri)


def test_lines_and_text_lose_nothing():
    pixels = np.full((100, 300, 3), 255, dtype=np.uint8)
    pixels[40:43, 10:290] = [213, 94, 0]
    pixels[::7, 5] = 0
    made = picture("a", png_of(Image.fromarray(pixels), "what"))
    shown = Image.open(io.BytesIO(base64.b64decode(made.uri.split(",")[1]))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(shown), pixels)


@pytest.mark.parametrize("noise", [0, 2, 6, 40])
def test_a_picture_is_the_smaller_of_both_kinds(noise):
    rng = np.random.default_rng(noise)
    grey = np.add.outer(np.arange(96), np.arange(96)) + rng.integers(0, noise + 1, (96, 96))
    image, sizes = Image.fromarray(np.stack([grey.astype(np.uint8)] * 3, axis=-1)), []
    for options in ({"lossless": True}, {"quality": QUALITY}):
        out = io.BytesIO()
        image.save(out, format="WEBP", **options)
        sizes.append(len(out.getvalue()))
    made = len(base64.b64decode(webp_uri(image).split(",")[1]))
    assert made == (min(sizes) if sizes[0] > PLAIN * 96 * 96 else sizes[0])
