"""The ``medreward`` command.

==============  =============================================================================
``app``         the commands, put together; ``--version``
``serve``       ``medreward serve``: a cluster on this machine until it is told to stop
``score``       ``medreward score``: a file of rollouts -> a file of results and a summary
``run``         one run of it
``demo``        ``medreward demo``: the shipped examples, scored by a real cluster
``recipes``     ``medreward recipes``: which recipes there are
``rescore``     ``medreward rescore``: stored rollouts under the present judge; what has drifted
``canary``      ``medreward canary``: the suite that must not fool a judge, put to a live one
``calibrate``   ``medreward calibrate``: the judge's verdicts against labels
``judging``     answers put to the judge behind a backend, for the last two
``making``      what the replies of a report were made with: all alike, or there is none
``seen_judge``  the judge that results are made with, as far as it is known
``cluster``     starting and stopping the cluster, for ``serve`` and ``demo``
``signals``     what Ctrl-C and its like do meanwhile
``backend``     what scores: this process or a server, behind one Protocol
``client``      the server's side of it: HTTP, retries
``answers``     what a server's answer means that is no result
``batches``     several batches in flight, results in input order
``progress``    how far a command has come, on a terminal
``output``      the file of results, which can be taken up where it ended
``sidecar``     how the results in that file were made
``summary``     what the results amount to
``report_file`` the file that a report is written to
``types``       recipes and results, as far as the command line looks into them
``console``     where text goes
``errors``      one line and an exit code for whatever goes wrong
==============  =============================================================================

Nothing here imports ray before a cluster is to be started.
"""

from medreward.cli.app import app


def main() -> None:
    """Runs the command line; exits with the code that ``errors`` names."""
    app(prog_name="medreward")


__all__ = ["app", "main"]
