"""What a list says about how many rows it has."""

from capdesk.views.records.model import RecordModel


def count_words(model: RecordModel, selected: int) -> str:
    """`1,204 of 40,311 events · 3 selected`."""
    if not model.ready:
        return ""
    if not model.is_counted:
        return "Counting…"
    count, whole, title = model.rowCount(), model.whole, model.listing.title.lower()
    words = f"{count:,} {noun(title, count)}"
    if model.on_show.filter and whole is not None:
        words = f"{count:,} of {whole:,} {noun(title, whole)}"
    return f"{words} · {selected:,} selected" if selected > 1 else words


def noun(title: str, count: int) -> str:
    """The listing's title as the word for so many of its rows; titles that are no plural count rows."""
    if not title.endswith("s"):
        return "row" if count == 1 else "rows"
    if count != 1:
        return title
    return title.removesuffix("es") if title.endswith(("uses", "sses")) else title.removesuffix("s")
