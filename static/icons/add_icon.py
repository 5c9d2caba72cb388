"""Adds Lucide icons to the sprite: knows the sprite's file, nothing of the application.

python static/icons/add_icon.py FOLDER_OF_LUCIDE_STATIC NAME [NAME …]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SPRITE = Path(__file__).with_name("lucide.svg")
SHAPES = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>")
SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.*?)</symbol>')
HEAD = '<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Lucide, ISC licence, see LICENSE.txt -->\n'


def shapes_of(folder: Path, name: str) -> str:
    source = (folder / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return "".join(SHAPES.findall(source))


def read_sprite() -> dict[str, str]:
    if not SPRITE.exists():
        return {}
    return dict(SYMBOL.findall(SPRITE.read_text(encoding="utf-8")))


def write_sprite(icons: dict[str, str]) -> None:
    symbols = [
        f'<symbol id="{name}" viewBox="0 0 24 24">{icons[name]}</symbol>\n'
        for name in sorted(icons)
    ]
    SPRITE.write_text(f"{HEAD}{''.join(symbols)}</svg>\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__)
        return 2
    folder, names = Path(arguments[0]), arguments[1:]
    icons = read_sprite()
    for name in names:
        icons[name] = shapes_of(folder, name)
    write_sprite(icons)
    print(f"{len(icons)} icons in {SPRITE.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
