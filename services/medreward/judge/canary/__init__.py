"""The canary suite: answers that a judge must not reward, and controls that it must.

===============  ==============================================================================
``suite.yaml``   the suite that ships
``suite``        its types, and reading one
``written``      how an answer is written into a response so that the parser hands on all of it
``answers``      answers too long to be written down
``report``       what the judge's verdicts amount to
``sound``        what can be asked of a judge that knows no medicine
``run``          rollouts of a suite; the suite put to a judge in this process
``metrics``      the report as Prometheus gauges; needs prometheus_client
===============  ==============================================================================

One run: ``report(suite, results, expect)`` of the components that ``rollouts(suite)`` got, over HTTP or in place.
"""

from medreward.judge.canary.report import Expect, Report, report
from medreward.judge.canary.run import rollouts, run_suite
from medreward.judge.canary.suite import Case, Suite, SuiteError, load_suite
from medreward.judge.canary.written import written

__all__ = [
    "Case",
    "Expect",
    "Report",
    "Suite",
    "SuiteError",
    "load_suite",
    "report",
    "rollouts",
    "run_suite",
    "written",
]
