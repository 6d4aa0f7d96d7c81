"""Takes the pictures of docs/guide: `python -m tests.web_pictures [FOLDER]`.

They show the demo's plan as a browser shows it, in few colours so that they stay small.
"""

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from archive.store import Archive
from tests.web_driver import ROOT, Story, Web, chromium, tell, web

COLOURS = 64
LARGEST = 150_000  # bytes of one picture


@dataclass(frozen=True)
class Picture:
    """One page as it is to be seen."""

    name: str
    path: str
    size: tuple[int, int] = (1180, 860)
    language: str = "en-GB"
    dark: bool = False


def pictures(story: Story, capture: str) -> list[Picture]:
    """What the guide shows."""
    difference = f"/d/{story.issued}..{story.revised}"
    return [
        Picture("home", "/"),
        Picture("document", f"/d/{story.document}", (1180, 1000)),
        Picture("diff", difference),
        Picture("diff-phone", difference, (390, 844), "zh-CN", dark=True),
        Picture("version", f"/v/{story.revised}"),
        Picture("capture", f"/c/{capture}", (1180, 1100)),
        Picture("search", "/search?q=%E6%B7%A1%E6%B0%B4", (1180, 760)),
        Picture("health", "/health", language="zh-CN", size=(1180, 620)),
    ]


def take(browser: Browser, site: Web, picture: Picture) -> bytes:
    """The picture as a PNG file of few colours."""
    width, height = picture.size
    context = browser.new_context(
        base_url=site.origin,
        viewport={"width": width, "height": height},
        locale=picture.language,
        color_scheme="dark" if picture.dark else "light",
    )
    page = context.new_page()
    page.goto(picture.path, wait_until="networkidle")
    shot = page.screenshot()
    context.close()
    few = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    written = io.BytesIO()
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


def main(folder: Path) -> None:
    """Write the pictures into the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "archive"
        story = tell(archive)
        with Archive.open(archive) as opened:
            capture = opened.index.captures_at(story.url)[0].id
        with web(archive) as site, chromium() as browser:
            for picture in pictures(story, capture):
                data = take(browser, site, picture)
                if len(data) > LARGEST:
                    raise SystemExit(f"{picture.name}.png has {len(data)} bytes")
                (folder / f"{picture.name}.png").write_bytes(data)
                sys.stdout.write(f"{picture.name}.png {len(data)} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "guide")
