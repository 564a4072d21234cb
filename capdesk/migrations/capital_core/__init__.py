"""The tables of the first schema, as they were: never edited, only followed by later revisions."""
