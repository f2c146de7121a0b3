"""The audit log: every verdict with what it was made of, in files that pandas and ``medreward rescore`` read.

    settings.py      section ``audit``               rows.py     what a line holds: the columns of each kind of file
    ingress.py       a reply -> rows                 replies.py  what the judge's engine wrote -> rows
    log.py           the queue and its one thread    pens.py     a kind's open file: append, rotate, finish
    files.py         names, locks, retention         fingerprints.py  what numbers depend on, once a directory
    parquet.py       finished lines -> Parquet       metrics.py  what was written, what was dropped
    reading.py       files -> rows                   opening.py  settings -> a log, or why there can be none

An answer never waits for it: what finds the queue full is dropped, and counted.
"""
