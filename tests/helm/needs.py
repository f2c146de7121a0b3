"""What some of these tests need and a machine may lack."""

from __future__ import annotations

import pytest

from tests.helm.schemas import custom

KUBERAY = pytest.mark.skipif(custom.kuberay() is None, reason=custom.NO_KUBERAY)
