"""Writes what of the chart follows from elsewhere: ``python -m tests.helm.generate``.

values.yaml and medreward.config.Settings -> values.schema.json, files/settings.json, README.md
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.helm import readme, settings, values_file, values_schema

CHART = Path(__file__).parents[2] / "helm" / "medreward"


def outputs() -> dict[Path, str]:
    """What each file should hold."""
    rows = values_file.read(CHART / "values.yaml")
    schema = values_schema.build({row.path: row.meaning for row in rows if row.meaning})
    return {
        CHART / "values.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
        CHART / "files" / "settings.json": json.dumps(settings.defaults(), indent=2) + "\n",
        CHART / "README.md": readme.build(rows),
    }


def stale() -> list[Path]:
    """Files that do not hold it."""
    return [path for path, text in outputs().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def main() -> None:
    """Writes those that are stale, and names them."""
    wanted = outputs()
    for path in stale():
        path.write_text(wanted[path], encoding="utf-8")
        print(f"wrote {path.relative_to(CHART.parents[1])}")


if __name__ == "__main__":
    main()
