"""Settings of what is refused since it could not be done in time."""

from __future__ import annotations

from pydantic import Field

from medreward.section import Section


class Admission(Section):
    """Refusing at once what could not be done before its deadline."""

    enabled: bool = True
    margin: float = Field(1.0, gt=0, le=100)
    """how much longer than estimated a wait is taken to be: above 1 refuses sooner, below 1 later"""
