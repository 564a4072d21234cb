"""Pictures of few colors: a window needs few, and that is a quarter of the size."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage, QImageWriter, QPixmap

Numbers = NDArray[Any]

_MOST = 48
_KNOWN = 36
"""Colors that are taken as they are because they are frequent; the others are found by cutting boxes."""


def save(picture: QPixmap, file: Path) -> None:
    """As a PNG with a palette of its own: each pixel takes the nearest of its colors."""
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    height, width = image.height(), image.width()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(height, image.bytesPerLine() // 4)[:, :width]
    colors, which, counts = np.unique(pixels & 0xFFFFFF, return_inverse=True, return_counts=True)
    table = _chosen(colors, counts)
    nearest = _nearest(_channels(colors), _channels(table)).astype(np.uint8)
    out = QImage(width, height, QImage.Format.Format_Indexed8)
    out.setColorTable([int(one) | 0xFF000000 for one in table])
    rows = np.frombuffer(out.bits(), np.uint8).reshape(height, out.bytesPerLine())
    rows[:, :width] = nearest[which.reshape(height, width)]
    writer = QImageWriter(str(file), QByteArray(b"png"))
    writer.setQuality(0)  # packed as tightly as it can be
    if not writer.write(out):
        raise OSError(f"{file} cannot be written: {writer.errorString()}")


def _chosen(colors: Numbers, counts: Numbers) -> Numbers:
    """The most frequent ones, then again and again the one farthest from all chosen so far."""
    if len(colors) <= _MOST:
        return colors
    order = np.argsort(-counts, kind="stable")
    table = list(order[:_KNOWN])
    channels = _channels(colors)
    far = _distances(channels, channels[table]).min(axis=1)
    while len(table) < _MOST:
        table.append(int(far.argmax()))
        far = np.minimum(far, ((channels - channels[table[-1]]) ** 2).sum(axis=1))
    return colors[table]


def _channels(colors: Numbers) -> Numbers:
    return np.stack([colors >> 16 & 255, colors >> 8 & 255, colors & 255], axis=1).astype(np.float32)


def _nearest(colors: Numbers, table: Numbers) -> Numbers:
    parts = np.array_split(colors, len(colors) // 4096 + 1)
    return np.concatenate([_distances(part, table).argmin(axis=1) for part in parts])


def _distances(colors: Numbers, table: Numbers) -> Numbers:
    """Squared, of each color to each of the table."""
    squares: Numbers = (colors**2).sum(axis=1)[:, None] + (table**2).sum(axis=1)[None, :] - 2 * (colors @ table.T)
    return squares
