"""The parser: any text a policy writes -> a :class:`Trajectory`; what is wrong with it is data, never an exception.

=================  ===============================================================================================
``types``          what comes out: Trajectory, Stage, Region, Problem
``trajectory``     ``parse``, the one way in
``transcript``     the turn that is scored, when a whole chat was pasted
``roles``          how the turns of a transcript are marked
``tags``           how the tags are spelled
``parts``          the parts and boxes that tags mark, in one pass
``structure``      the dialect; order, repetition, nesting
``answer``         the text to be matched against the reference
``regions``        which boxes count as grounding
``keyed``          JSON boxes in running text
``labels``         the label of a JSON box
``boxes``          the numbers of a box
``blank``          what counts as no text
``problems``       every problem code with its meaning
=================  ===============================================================================================

The dialects are those of MEDSAGE (LVKC, section 3 and figure 12; ``<VIS>``, ``<KNO>`` and ``bbox_xyxy_pixel`` of its
released code), of GEMeX-RMCoT (think, response, answer, location), and Qwen2.5-VL's ``bbox_2d``.
"""

from .problems import PROBLEMS
from .trajectory import parse
from .types import Box, Dialect, Problem, Region, Span, Stage, StageName, Trajectory

__all__ = [
    "PROBLEMS",
    "Box",
    "Dialect",
    "Problem",
    "Region",
    "Span",
    "Stage",
    "StageName",
    "Trajectory",
    "parse",
]
