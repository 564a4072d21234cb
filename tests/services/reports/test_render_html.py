"""The weekly email as mail clients get it."""

from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capdesk.services.reports.capital_bar import capital_bar
from capdesk.services.reports.model import Reason
from capdesk.services.reports.render_html import experiment_html, weekly_html
from tests.services.reports.samples import SEAL, experiment, hostile, many_late, quiet, row, weekly

_VOID = {"meta", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """What a client sees: the tags with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize(
    "said",
    [
        "Verdict due on 2 of 4 experiments",
        "capdesk weekly report 2026-W47, 16 Nov 2026 to 22 Nov 2026",
        "82.7 % of the $1,500.00 cap spent, 2.4 of 3 tranches",
        "total $1,240.55 112 33 11",
        "Evaluation recommended: yes • Tranche 2 is complete ($1,240.55 spent, $500.00 each).",
        "Evaluation recommended: no",
        "unassigned spend $12.50 $44.00",
        "campaign overhead $80.00 $960.00",
        "$61.20 is provisional: the provider may still restate it.",
        "Costs are missing • Google Cloud my-project.billing.gcp_billing_export_v1_0123AB_4567CD_89EF01: NOT pulled "
        "since Thu 19 Nov 2026; the figures below lack Fri, Sat and Sun. The service account may not read the dataset",
        "Twilio AC0123456789abcdef0123456789abcdef: complete through Sun 22 Nov 2026",
        "3 lines, costs +$2.68, 2 events",
        "No email was sent for 2026-W45 and 2026-W46;",
        "As of 2026-11-23T12:00:00.123456Z",
        f"Seal {SEAL}",
    ],
)
def test_that_every_item_of_the_weekly_email_is_said(said: str) -> None:
    assert said in Page(weekly_html(weekly())).text


def test_that_the_experiment_page_says_what_the_text_says() -> None:
    text = Page(experiment_html(experiment())).text
    assert "Pace (estimate): $44.32 a day; the cap is reached on 28 Nov 2026 at this pace" in text
    assert "paid_conversion primary success event 11 calculator_installed secondary success event 33" in text
    assert "2: skipped $0.00 0 0 0" in text


@pytest.mark.parametrize("html", [weekly_html(weekly()), experiment_html(experiment()), weekly_html(quiet())])
def test_that_a_page_is_whole_and_fetches_nothing(html: str) -> None:
    page = Page(html)
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "form", "object", "svg"}
    assert not any({"src", "href", "background"} & attributes.keys() for _, attributes in page.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_that_styles_are_inline_and_the_dark_colours_are_kept() -> None:
    html = weekly_html(weekly())
    cells = [attributes for tag, attributes in Page(html).tags if tag == "td"]
    assert cells
    assert all(attributes.get("style") for attributes in cells)
    assert "prefers-color-scheme: dark" in html.replace("scheme:dark", "scheme: dark")
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "max-width:640px" in html.replace(" ", "")


def test_that_a_desk_of_ten_experiments_is_shown_whole_by_clients_that_cut_at_102_kilobytes() -> None:
    assert len(weekly_html(replace(many_late(60), rows=(row(),) * 10)).encode()) < 102_000


def test_that_hostile_names_are_words_and_nothing_else() -> None:
    html = weekly_html(hostile())
    page = Page(html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script>alert('x')</script> Bcc: all@example.org" in page.text
    assert "\u202e" not in html


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60), st.text("<>&\"'{}%/!-", max_size=30))
def test_that_no_name_changes_the_shape_of_the_page(name: str, marks: str) -> None:
    shape = [tag for tag, _ in Page(weekly_html(replace(weekly(), rows=(row(),)))).tags]
    reasons = (Reason("ended", marks + name), Reason("ended", name))
    page = Page(weekly_html(replace(weekly(), rows=(row(name + marks, marks, reasons=reasons),))))
    assert [tag for tag, _ in page.tags] == shape


@given(
    st.decimals(Decimal("-500"), Decimal("5000"), places=2),
    st.decimals(Decimal("0.01"), Decimal("3000"), places=2),
    st.decimals(Decimal(1), Decimal(60), places=4),
)
def test_that_a_capital_bar_is_filled_from_the_left_and_adds_up(spent: Decimal, cap: Decimal, in_cap: Decimal) -> None:
    bar = capital_bar(spent, cap, in_cap)
    assert sum(one.width for one in bar.slices) == 100
    fills = [one.fill for one in bar.slices]
    assert fills == sorted(fills, reverse=True)
    assert all(0 <= fill <= 100 for fill in fills)
    assert (bar.level == "over") == (spent >= cap)


def test_that_each_tranche_of_the_cap_is_one_slice_and_the_last_may_be_short() -> None:
    bar = capital_bar(Decimal("1200"), Decimal("2500"), Decimal("2.5"))
    assert [one.width for one in bar.slices] == [40, 40, 20]
    assert [one.fill for one in bar.slices] == [100, 20, 0]
    assert len(capital_bar(Decimal(1), Decimal(100), Decimal(100)).slices) == 1


def test_that_the_same_report_is_the_same_page() -> None:
    assert weekly_html(weekly()) == weekly_html(weekly())
