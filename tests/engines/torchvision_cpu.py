"""Makes torchvision importable beside torch for the CPU: ``python -m tests.engines.torchvision_cpu``, once.

The wheel on the package index is built for CUDA, so its compiled operators do not load here. That alone would do no
harm, since nothing of ours calls them; but as it is imported it registers the shapes of two of them without asking
whether they are there, and fails. This declares the two first, in the installed file itself: every process needs it,
the ones that vLLM starts too. Wanted are only the image transforms of the Qwen2.5-VL processor.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_BEFORE = '@torch.library.register_fake("torchvision::nms")'
_DECLARED = """if not torchvision.extension._has_ops():  # declared for torch without CUDA
    _declared = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _declared.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


"""


def declare(package: Path) -> bool:
    """Whether the file had to be changed."""
    file = package / "_meta_registrations.py"
    text = file.read_text()
    if _DECLARED in text:
        return False
    if text.count(_BEFORE) != 1:
        raise RuntimeError(f"{file} is not as it was in torchvision 0.28: look whether this is still needed")
    file.write_text(text.replace(_BEFORE, _DECLARED + _BEFORE))
    return True


if __name__ == "__main__":
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        sys.exit("torchvision is not installed")
    print("declared" if declare(Path(spec.origin).parent) else "declared before")
