"""Acronyms that one of the two texts spells out."""

from __future__ import annotations

import pytest

from medreward.judge.embedded.acronyms import without_acronym, written_out


@pytest.mark.parametrize(
    ("candidate", "reference", "read"),
    [
        ("BCT is seen", "benign cystic teratoma", "benign cystic teratoma is seen"),
        ("the left ABC", "left anomalous bronchial cyst", "the left anomalous bronchial cyst"),
        ("AML", "acute lymphoblastic leukemia", "AML"),
        ("xyz", "acute myeloid leukemia", "xyz"),
        ("AM", "acute myeloid leukemia", "AM"),
    ],
)
def test_initials_of_the_reference_are_written_out(candidate: str, reference: str, read: str) -> None:
    assert written_out(candidate, reference) == read


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        ("Posterior reversible encephalopathy syndrome (PRES).", "Posterior reversible encephalopathy syndrome."),
        ("Dedifferentiated chondrosarcoma (DDCS)", "Dedifferentiated chondrosarcoma"),
        ("glioma (GBM)", "glioma (GBM)"),
        ("brain tumor (left)", "brain tumor (left)"),
        ("pneumonia (CT)", "pneumonia (CT)"),
    ],
)
def test_only_an_acronym_of_the_words_before_it_is_dropped(reference: str, read: str) -> None:
    assert without_acronym(reference) == read
