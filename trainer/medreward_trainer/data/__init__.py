"""Data sets of medical visual questions -> the parquet files that verl trains on. Nothing here imports verl or torch.

=============  ===============================================================================================
``types``      a sample as a reader yields it, what is left out and why, what can go wrong
``readers``    one data set a file: ``read(folder, options)`` -> samples
``rows``       files of JSON lines or arrays, row by row; a broken row is named and the rest still read
``choices``    options and the letters of the right ones, in the ways that data sets write them
``regions``    places with their boxes, in the ways that data sets write them
``images``     where an image lies, and the picture that the policy is given
``recipes``    what a recipe asks the policy for; its prompt is a text in ``prompts``
``splits``     train, val and test without an image in two of them
``convert``    reader -> rows -> files: read it first
``row``        one sample as a row of the file
``parquet``    columns and types of the file, written and read in bounded pieces: the only ``import pyarrow``
``fileset``    files that are replaced together, or after an error not at all
``report``     what was written, what was left out and why
``check``      everything that is wrong with such a file
=============  ===============================================================================================
"""
