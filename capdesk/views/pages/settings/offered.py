"""Sources that have cost and no campaign yet, each with the campaign it is to be assigned to."""

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from capdesk.services.campaigns import CampaignRow
from capdesk.services.connect.offers import Offer
from capdesk.services.connect.trial import DAYS
from capdesk.services.mapping import Source
from capdesk.services.money import dollars
from capdesk.services.reports.wording import clipped
from capdesk.views.widgets import long_text, named, text

_HEAD = (
    "Which campaign does each belong to? What is left unassigned is shown in every total, and can be assigned later."
)


class OfferedMappings(QWidget):
    """A line each: source, cost of the days shown, campaign."""

    def __init__(self, offered: Sequence[Offer], campaigns: Sequence[CampaignRow]) -> None:
        super().__init__()
        self._offered = offered
        self.boxes: list[QComboBox] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(0, 1)
        grid.setVerticalSpacing(10)
        grid.addWidget(text(_HEAD, "muted", wrap=True), 0, 0, 1, 3)
        for number, offer in enumerate(offered, 1):
            words = source_words(offer.source)
            if offer.name and not offer.name.startswith(offer.source.account or offer.name):
                words = f"{clipped(offer.name, 40)}, {words}"
            box = named(QComboBox(), f"offer-{number}", f"Campaign of {words}")
            box.addItem("Leave unassigned", None)
            for one in campaigns:
                box.addItem(one.name, one.id)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(14)
            grid.addWidget(long_text(words), number, 0)
            grid.addWidget(text(f"{dollars(offer.usd)} in {DAYS} days", "muted"), number, 1)
            grid.addWidget(box, number, 2)
            self.boxes.append(box)

    def chosen(self) -> list[tuple[Source, int]]:
        """Each source that was given a campaign, with its id."""
        pairs = zip(self._offered, self.boxes, strict=True)
        return [(offer.source, box.currentData()) for offer, box in pairs if box.currentData() is not None]


def source_words(source: Source) -> str:
    """What a mapping names, for people."""
    parts = (("label", source.label), ("project", source.project), ("account", source.account))
    return ", ".join(f"{word} {value}" for word, value in parts if value is not None)
