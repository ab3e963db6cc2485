"""A printed page as PDF, by a Chromium that is already there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from engine.errors import GuichengError
from engine.text import say

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)
SECONDS = 60


def find_browser() -> str | None:
    """The program that can print, if this machine has one."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def has_chinese_font() -> bool | None:
    """Whether fontconfig knows a Chinese font; None where there is no fontconfig to ask."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    listed = subprocess.run([program, ":lang=zh"], capture_output=True, check=False)
    return bool(listed.stdout.strip())


def write_pdf(page: str, target: Path) -> None:
    """Print an HTML page to a file. Errors: `GuichengError` without a browser, or if it fails."""
    browser = find_browser()
    if browser is None:
        raise GuichengError(say("没有 Chromium:表单只能存为 HTML"))
    with tempfile.TemporaryDirectory() as place:
        source, made = Path(place) / "page.html", Path(place) / "page.pdf"
        source.write_text(page, "utf-8")
        profile = f"--user-data-dir={Path(place) / 'profile'}"
        words = [browser, *OPTIONS, profile, f"--print-to-pdf={made}", source.as_uri()]
        try:
            subprocess.run(words, check=False, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GuichengError(say("浏览器没有打印出来")) from error
        if not made.exists():
            raise GuichengError(say("浏览器没有打印出来"))
        shutil.copyfile(made, target)
