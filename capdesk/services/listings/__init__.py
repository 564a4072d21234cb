"""Lists of records, read a page at a time: filtered by a typed query, sorted by any column, exported whole."""
