"""A long list for tests, made by the database: every kind of column, and rows whose values follow from their number."""

from capdesk.services.listings.model import Column, Listing

MANY = 200_000


def numbers(count: int = MANY, key: str = "numbers") -> Listing:
    """`count` rows; row n is "row n", costs n cents, and every 7th has no note."""
    return Listing(
        key=key,
        title="Numbers",
        columns=(
            Column("id", "No.", "id", "n", shown=False, nullable=False),
            Column("name", "Name", "text", "'row ' || n", nullable=False),
            Column("status", "Status", "choice", "(ARRAY['running', 'paused'])[1 + n % 2]", ("running", "paused")),
            Column("cost", "Cost", "money", "(n * 0.01)::numeric(14,6)", nullable=False),
            Column("hours", "Hours", "decimal", "(n * 0.25)::numeric", nullable=False),
            Column("day", "Day", "date", "date '2026-01-01' + (n % 300)::int", nullable=False),
            Column("at", "At", "moment", "timestamptz '2026-11-20 12:00Z' + n * interval '1 second'", nullable=False),
            Column("odd", "Odd", "flag", "n % 2 = 1", nullable=False),
            Column("note", "Note", "text", "CASE WHEN n % 7 = 0 THEN NULL ELSE '<b>' || n || '</b>' END"),
        ),
        source=f"generate_series(1, {count}::bigint) n",
        id_sql="n",
        order="id",
        descending=False,
        scopes={"half": "n % 2 = :scope"},
        empty="Nothing was counted; count something first.",
    )
