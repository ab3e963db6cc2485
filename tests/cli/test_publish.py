"""From which day what is published counts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_publication_counts_from_today_where_the_office_is(
    zone: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any moment one of the two is in another day than Greenwich."""
    folder = tmp_path / "new"
    assert run("init", str(folder))[0] == 0
    monkeypatch.setenv("GUICHENG_WORKSPACE", str(folder))
    for file in ("calendar/office.yaml", "roster.yaml"):
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(text.replace("zone: Asia/Shanghai", f"zone: {zone}"), "utf-8")
    assert run("--as", "卢工", "key", "enrol", "韩江")[0] == 0
    before = datetime.now(ZoneInfo(zone)).date()
    code, out, _ = run("--as", "韩江", "publish")
    after = datetime.now(ZoneInfo(zone)).date()
    assert code == 0
    days = {line.partition(",")[2].partition(" ")[0] for line in out.splitlines() if "生效" in line}
    assert days <= {before.isoformat(), after.isoformat()}
    assert days
