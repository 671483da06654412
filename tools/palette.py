"""Copy pictures into a folder with a palette of 256 colours each, half of their size: palette.py PNG... FOLDER."""

import sys
from pathlib import Path

from PIL import Image

*pictures, folder = map(Path, sys.argv[1:])
for picture in pictures:
    with Image.open(picture) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(folder / picture.name, optimize=True)
