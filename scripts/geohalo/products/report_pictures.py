"""Pictures of the report: figures, and maps of 255 levels, as data URIs."""

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Quality of a figure as WebP, of 100, where that is smaller than without loss: full maps rather than text and lines.
QUALITY = 85
#: Bytes of a pixel, packed without loss and in haste, up to which packing well was smaller than loss.
PLAIN = 0.2
#: Pixels across a figure in the report at most: twice what it is shown at.
WIDEST = 1600


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes
    ----------
    name : str
        Anchor, the name of its file.
    uri : str
        Data URI.
    width, height : int
        In pixels.
    title : str
        What it shows, said in words: the figure's own title.
    caption : str
        How to read it.
    numbers : str
        Which table or file has its numbers.
    """

    name: str
    uri: str
    width: int
    height: int
    title: str
    caption: str = ""
    numbers: str = ""

    @property
    def alternative(self) -> str:
        """What is read where the picture is not seen."""
        return f"{self.title}. {self.numbers}".strip()


def picture(name: str, png: bytes, caption: str = "", numbers: str = "", prefix: str = "") -> Picture:
    """Make a picture of a figure's file: at most `WIDEST` pixels wide, as small as WebP makes it.

    Parameters
    ----------
    name : str
    png : bytes
        A PNG whose metadata hold its title.
    caption, numbers : str
        See `Picture`.
    prefix : str
        Start of titles that is left out: the page names the survey once.
    """
    with Image.open(io.BytesIO(png)) as image:
        title = str(image.info.get("Title") or name.replace("_", " ")).rstrip(".")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image.convert("RGB"), mask=image.getchannel("A") if image.mode == "RGBA" else None)
    if prefix and title.startswith(prefix):
        title = title[len(prefix) :]
        title = title[:1].upper() + title[1:]
    if ground.width > WIDEST:
        height = round(ground.height * WIDEST / ground.width)
        ground = ground.resize((WIDEST, height), Image.Resampling.LANCZOS)
    return Picture(name, webp_uri(ground), *ground.size, title, caption, numbers)


def webp_uri(image: Image.Image) -> str:
    """Return an image as a data URI: without loss, or with little where that is smaller.

    Packing well without loss takes longest: where loss takes less than half of what haste makes, it is left out.
    """
    quick = _webp(image, lossless=True, method=0)
    if len(quick) <= PLAIN * image.width * image.height:
        smallest = _webp(image, lossless=True)
    else:
        smallest = _webp(image, quality=QUALITY)
        if 2 * len(smallest) >= len(quick):
            smallest = min(_webp(image, lossless=True), smallest, key=len)
    return "data:image/webp;base64," + base64.b64encode(smallest).decode()


def _webp(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format="WEBP", **options)
    return out.getvalue()


def png_uri(image: Image.Image) -> str:
    """Return an image as a data URI."""
    out = io.BytesIO()
    image.save(out, format="PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def levels_uri(levels: NDArray[np.uint8]) -> str:
    """Return levels (rows, columns), 0 for no value, as a data URI of a grey image."""
    return png_uri(Image.fromarray(np.ascontiguousarray(levels, dtype=np.uint8)))
