"""What an email is, before any server is asked."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.errors import DeliveryFailed, DeliveryUnknown, UsageRefused
from capdesk.services.providers.mail import Message, OutboxMailer

LETTER = Message(
    sender="desk@example.com",
    recipient="owner@example.com",
    subject="capdesk 2026-W47: verdict due on 2 of 4 experiments, $1,240.55 spent",
    text="Dächer — fertig\n.\n..dots\n",
    html="<p>Dächer &amp; mehr</p>\n" + "<b>x</b>" * 400,
    message_id="<weekly.2026-W47.1@desk.example.com>",
    date=datetime(2026, 11, 23, 12, tzinfo=UTC),
)


def parsed(message: Message) -> EmailMessage:
    read = message_from_bytes(message.wire(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def part(message: Message, kind: str) -> str:
    body = parsed(message).get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_that_the_plain_text_comes_before_the_html_and_both_arrive_whole() -> None:
    kinds = [piece.get_content_type() for piece in parsed(LETTER).iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert part(LETTER, "plain") == LETTER.text
    assert part(LETTER, "html").rstrip("\n") == LETTER.html.rstrip("\n")


def test_that_message_id_date_and_addresses_are_those_given() -> None:
    read = parsed(LETTER)
    assert read["Message-ID"] == LETTER.message_id
    assert read["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
    assert (read["From"], read["To"]) == ("capdesk <desk@example.com>", "owner@example.com")
    assert read["Auto-Submitted"] == "auto-generated"


def test_that_the_same_message_is_the_same_bytes() -> None:
    assert LETTER.wire() == replace(LETTER).wire()


def test_that_a_long_message_id_is_not_broken_up() -> None:
    long_id = f"<{'a' * 90}@desk.example.com>"
    assert parsed(replace(LETTER, message_id=long_id))["Message-ID"] == long_id
    assert f"Message-ID: {long_id}\r\n".encode() in replace(LETTER, message_id=long_id).wire()


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), include_characters="\n"), max_size=300),
)
def test_that_any_text_travels_in_short_seven_bit_lines(subject: str, text: str) -> None:
    wire = replace(LETTER, subject=subject, text=text).wire()
    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 120
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert part(replace(LETTER, text=text), "plain").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize("field", ["sender", "recipient"])
@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c", "a b@example.com", "a@example.com, b@example.com", "Name <a@example.com>",
     "a@example.com\r\nBcc: b@example.com", "é@example.com", "a@" + "b" * 260],
)  # fmt: skip
def test_that_what_is_no_bare_address_is_refused_before_anything_is_sent(field: str, address: str) -> None:
    with pytest.raises(UsageRefused, match="not an e-mail address"):
        replace(LETTER, **{field: address})  # type: ignore[arg-type]


@pytest.mark.parametrize("subject", ["a\r\nBcc: b@example.com", "a\nb", "a\rb", "a\0b"])
def test_that_a_subject_with_a_line_break_is_refused(subject: str) -> None:
    with pytest.raises(UsageRefused, match="one line"):
        replace(LETTER, subject=subject)


def test_that_a_message_id_without_brackets_and_a_date_without_zone_are_refused() -> None:
    with pytest.raises(UsageRefused, match="Message-ID"):
        replace(LETTER, message_id="weekly@example.com")
    with pytest.raises(UsageRefused, match="time zone"):
        replace(LETTER, date=datetime(2026, 11, 23))  # noqa: DTZ001


def test_that_the_outbox_keeps_what_arrived_and_plays_its_answers_in_order() -> None:
    outbox = OutboxMailer([DeliveryFailed("refused"), DeliveryUnknown("lost")])
    with pytest.raises(DeliveryFailed):
        outbox.send(LETTER)
    assert outbox.arrived == []
    with pytest.raises(DeliveryUnknown):
        outbox.send(LETTER)
    assert outbox.send(LETTER) == "250 OK 2"
    assert outbox.arrived == [LETTER, LETTER]


def test_that_an_email_without_html_is_plain_text_alone() -> None:
    read = parsed(replace(LETTER, html=""))
    assert read.get_content_type() == "text/plain"
    assert str(read.get_content()).replace("\r\n", "\n") == LETTER.text
