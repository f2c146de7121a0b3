"""The chart's README, from the comments of values.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tests.helm.values_file import Row

_HEAD = """\
# medreward

The reward services on Kubernetes 1.29 or newer: a RayService for [KubeRay](https://github.com/ray-project/kuberay)
1.7.0 or newer.

    helm install rewards helm/medreward --set config.judge.vllm.revision=COMMIT

`values.yaml` is production: a judge of 70B parameters on four GPUs. `values-h200.yaml` is one node of eight H200,
`values-cpu.yaml` a laptop or kind, without GPU, download or Prometheus:

    helm install rewards helm/medreward -f helm/medreward/values-cpu.yaml

This page is written from `values.yaml` by `python -m tests.helm.generate`. A value that is neither here
nor, below `config`, in docs/serving.md is refused.
"""


class UnexplainedError(ValueError):
    """Values without a comment."""


def build(rows: Iterable[Row]) -> str:
    """The page: a table for each top-level section, and one for what stands alone.

    Raises:
        UnexplainedError: a value has no comment.
    """
    rows = list(rows)
    if silent := [row.path for row in rows if not row.section and not row.meaning]:
        raise UnexplainedError(f"no comment (# --) above {', '.join(silent)}")
    alone = [row for row in rows if "." not in row.path and not row.section]
    parts = [_HEAD, "## Values\n", _table(alone)]
    for top in (row for row in rows if "." not in row.path and row.section):
        parts.append(f"### {top.path}\n")
        if top.meaning:
            parts.append(f"{top.meaning}.\n")
        below = [row for row in rows if row.path.startswith(f"{top.path}.")]
        parts.append(_table(row for row in below if not row.section or row.meaning))
    return "\n".join(parts)


def _table(rows: Iterable[Row]) -> str:
    lines = ["| value | default | meaning |", "|---|---|---|"]
    for row in rows:
        default = "" if row.section else f"`{json.dumps(row.default, ensure_ascii=False)}`"
        lines.append(f"| `{row.path}` | {_cell(default)} | {_cell(row.meaning)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
