"""What is shipped, and under which terms."""

from capdesk.services.licences import licences


def test_that_everything_shipped_is_named_with_its_terms_and_text() -> None:
    found = {one.name.lower(): one for one in licences()}
    for name, terms, words in (
        ("qt", "LGPL-3.0-only", "GNU LESSER GENERAL PUBLIC LICENSE"),
        ("inter (font)", "OFL-1.1", "SIL OPEN FONT LICENSE"),
        ("lucide (icons)", "ISC", "ISC License"),
        ("postgresql", "PostgreSQL", "PostgreSQL Global Development Group"),
        ("sqlalchemy", "MIT", "Permission is hereby granted"),
        ("twilio", "MIT", "Permission is hereby granted"),
    ):
        assert (found[name].terms, words.lower() in found[name].text.lower()) == (terms, True), name
    assert all(one.terms and one.text for one in found.values())


def test_that_what_only_builds_and_tests_it_is_not_named() -> None:
    assert not {"pytest", "ruff", "mypy", "hypothesis", "capdesk"} & {one.name.lower() for one in licences()}
