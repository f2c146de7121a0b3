"""``python -m medreward.observability.dashboards --out DIR``: writes the dashboards as JSON, one file each."""

from __future__ import annotations

import argparse
from pathlib import Path

from medreward.observability.dashboards.files import outputs


def main() -> None:
    """Writes those that differ from what is there, and names them."""
    parser = argparse.ArgumentParser(prog="python -m medreward.observability.dashboards", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory of the JSON files")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, text in outputs().items():
        path = out / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
