"""Where trajectories come from, one data set a file: each has ``load(data, seed, limit) -> list[Contrast]``.

``slake.py``, ``rad_restruct.py`` and ``chestx_facts.py`` write LVKC trajectories around facts; ``medrbench.py`` and
``chestx_text.py`` take what models wrote and corrupt it; ``openi.py`` only ever evaluates.

Behind them ``files.py`` reads files, ``medrbench_rows.py`` and ``outputs.py`` read what models wrote, ``markdown.py``
strips it, ``corrupted.py`` sets a text beside its corruptions, and ``donors.py`` finds the case that resembles another.
"""
