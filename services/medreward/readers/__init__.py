"""Public data sets, and the contract's own JSON lines -> rollouts, for the command line.

================  ===================================================================================
``types``         what a reader is, what it yields, what can go wrong
``source``        the file: opened, unzipped, decoded, its lines numbered
``respond``       the response written from the gold answer, where a data set holds no policy outputs
``rollouts``      the contract's JSON lines
the others        one data set each
================  ===================================================================================

No data ships with the package: a reader is given the file that its data set publishes. A row that is not what the
data set promises stops the reading, naming file and line; a row that is, but has no right answer that a rollout could
hold, is skipped with a reason, and the command line counts those.
"""

from medreward.readers import cares, chestx, rad_restruct, rollouts, slake_boxes, vlm_r1, vqa_rad
from medreward.readers.source import Source
from medreward.readers.types import RESPOND, Options, Reader, ReaderError, Respond, Skipped

READERS: dict[str, Reader] = {
    "rollouts": Reader(rollouts.read, "JSON lines, one Rollout of the contract each"),
    "vlm-r1": Reader(vlm_r1.read, "VLM-R1 evaluation logs on RefCOCO: policy outputs with boxes"),
    "chestx": Reader(chestx.read, "ChestX-Reasoner outputs on the RSNA and SIIM questions"),
    "rad-restruct": Reader(rad_restruct.read, "Rad-ReStruct questions with options", writes_responses=True),
    "cares": Reader(cares.read, "CARES IU-Xray yes/no questions", writes_responses=True),
    "slake-boxes": Reader(slake_boxes.read, "SLAKE boxes of organs and findings", writes_responses=True),
    "vqa-rad": Reader(vqa_rad.read, "VQA-RAD questions, closed and open", writes_responses=True),
}
"""name on the command line -> reader"""

__all__ = ["READERS", "RESPOND", "Options", "Reader", "ReaderError", "Respond", "Skipped", "Source"]
