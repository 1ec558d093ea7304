from __future__ import annotations

import base64

import pytest

from modelyard.local.runner.engine.masking import RunMasker
from modelyard.local.runner.secret_masker import SecretMasker
from modelyard.masking import forms


@pytest.fixture
def masker() -> SecretMasker:
    return SecretMasker()


def test_all_that_secrets_cover_becomes_one_mask_where_they_touch(masker: SecretMasker) -> None:
    masker.add("abcd")
    masker.add("cdef")
    masker.add("gh")
    assert masker.mask("xabcdefghy abcd") == "x***y ***"


def test_a_secret_that_overlaps_itself(masker: SecretMasker) -> None:
    masker.add("aba")
    assert masker.mask("xababay") == "x***y"


def test_the_forms_that_the_agent_knows(masker: SecretMasker) -> None:
    masker.add('quote" and blank')
    assert masker.mask('quote\\" and blank') == "***"
    assert masker.mask("quote%22%20and%20blank") == "***"
    masker.add("back\\tslash")
    assert masker.mask("back\tslash") == "***"


def test_lines_of_a_value_are_not_masked_one_by_one(masker: SecretMasker) -> None:
    # A task has to do that itself: on a real agent they would be seen.
    masker.add("first line\nsecond line")
    assert masker.mask("first line") == "first line"


def test_the_jobs_own_secrets_in_more_forms(masker: SecretMasker) -> None:
    masker.add_job_secret("'quoted secret' \n")
    assert masker.mask("'quoted secret'") == "***"
    encoded = base64.b64encode(b"'quoted secret' \n").decode()
    assert masker.mask(f"<{encoded}>") == "<***>"


def test_blanks_are_no_secret(masker: SecretMasker) -> None:
    masker.add_job_secret("  \n")
    masker.add("")
    assert masker.mask("a b") == "a b"


def test_passwords_in_addresses(masker: SecretMasker) -> None:
    assert masker.mask("https://me:pass@example.com/x") == "https://me:***@example.com/x"


@pytest.mark.parametrize("how", ["add", "add_job_secret"])
def test_a_run_masks_every_form_that_a_secret_can_leave_in(how: str) -> None:
    secret = "open sesame, please"
    masker = RunMasker()
    getattr(masker, how)(secret)
    user = base64.b64encode(f"user:{secret}".encode()).decode()

    for form in (*forms(secret), secret.encode().hex(), user):
        found = masker.mask(f"<{form}>")
        assert "***" in found
        assert form not in found
