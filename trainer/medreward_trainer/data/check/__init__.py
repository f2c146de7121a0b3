"""Everything that is wrong with files of verl's columns: ``check(paths)`` -> findings and a summary of each file.

``types``   a finding, and what was seen of a file
``truth``   a ground truth: is it a rollout, can it be scored, do its boxes lie in the image?
``files``   the files, row by row, and what only shows across rows and files
"""

from .files import check
from .types import Checked, Finding, Summary

__all__ = ["Checked", "Finding", "Summary", "check"]
