"""Hostile input: what is sent to break the service, and the commands that send it.

==============  ==================================================================================================
``run``         ``python -m tests.fuzz.run --seconds N``: every fuzzer for its share of the time, a table at the end
``backtrack``   ``python -m tests.fuzz.backtrack``: what a megabyte of each family costs to score, in CPU time
``memory``      ``python -m tests.fuzz.memory --requests N``: the memory of each process before and after
``families``    texts that slow pattern matching down where it can be slowed
``grammar``     policy texts that are nearly right, in both dialects
``scoring``     one rollout through the whole pipeline, in this process
==============  ==================================================================================================
"""
