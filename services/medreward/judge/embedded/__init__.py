"""The embedded judge: rules and a vocabulary, for laptops and tests. Deterministic, light, and no model.

    text -> control, lexicon, quantities -> reading -> shape, guards, similarity -> semantics -> review, stages
                                                                                 -> trust

=============================  ============================================================================
``text``, ``words``            one alphabet; stems and misspellings
``lexicon``, ``vocabulary/``   units of meaning, their forms, opposites and kinds
``control``, ``quantities``    words that deny, doubt or join; numbers with units
``reading``, ``units``         what a text says: units, each asserted, denied or doubted
``shape``                      what is no answer at all
``guards/``                    what no similarity outweighs
``similarity``, ``content``    how much of the reference the candidate has, and whether what matters is there
``acronyms``, ``answers``      acronyms that the other text spells out; yes and no
``semantics``, ``review``,     the rubrics
``trust``, ``stages``
``engine``, ``reply``          the judge's Protocol; the reply as JSON
=============================  ============================================================================
"""

from .engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
