"""Every color of the window, by what it is for; one set for light, one for dark.

Text colors keep a contrast of at least 4.5:1 on every surface they stand on.
"""

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Colors:
    """`#rrggbb` each. A surface is what content lies on; the window is behind it."""

    scheme: Scheme
    window: str
    surface: str
    sunken: str
    hover: str
    border: str
    strong_border: str
    """Of controls: 3:1 against what is around it."""
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_soft: str
    """Behind what is selected; `text` stays readable on it."""
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    labor: str
    bonus: str
    twilio: str
    gcp: str

    def source(self, name: str) -> str:
        """The color of a source of cost."""
        return {"labor": self.labor, "bonus": self.bonus, "twilio": self.twilio, "gcp": self.gcp}.get(name, self.muted)


LIGHT = Colors(
    scheme="light",
    window="#f4f5f8",
    surface="#ffffff",
    sunken="#eceef3",
    hover="#e6e9f0",
    border="#dde1e9",
    strong_border="#7f889a",
    text="#1a202e",
    muted="#576072",
    accent="#2a5bd0",
    on_accent="#ffffff",
    accent_soft="#dce6fd",
    good="#17693f",
    good_soft="#dcf2e5",
    warn="#874d00",
    warn_soft="#fdeecf",
    bad="#b0231b",
    bad_soft="#fde3e0",
    labor="#3a6bd8",
    bonus="#8a55c8",
    twilio="#d2564a",
    gcp="#25877f",
)

DARK = Colors(
    scheme="dark",
    window="#13161b",
    surface="#1b1f27",
    sunken="#232833",
    hover="#2a303c",
    border="#303743",
    strong_border="#79849a",
    text="#e8ebf1",
    muted="#a4adbd",
    accent="#82a6ff",
    on_accent="#0d1426",
    accent_soft="#2b3d66",
    good="#62cb92",
    good_soft="#1c3a2b",
    warn="#e9b25a",
    warn_soft="#42331a",
    bad="#ff938a",
    bad_soft="#4a2522",
    labor="#6f9bff",
    bonus="#b98df2",
    twilio="#f08c80",
    gcp="#58c2b7",
)
