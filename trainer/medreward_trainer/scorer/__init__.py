"""The trajectory scorer's training: contrastive data, training, calibration, evaluation (MEDSAGE, appendix A.4).

Read ``examples.py`` first (what a model is shown), then ``dataset.py`` (where it comes from), ``training.py`` and
``evaluation/``. What is trained here is served by :mod:`medreward.scorer`, whose model and encoding it uses.
"""
