"""Pulls: the due sources of all connections, each account's figures recorded together with its watermark.

A run is committed before the first request and ended after the last; between them each account is one transaction.
So a process killed anywhere leaves neither a gap nor a double: the next pull goes on where the last account stopped.
"""

from capdesk.services.sync.explain import Asked, explain
from capdesk.services.sync.log import SyncRunRow, query_price, sync_log
from capdesk.services.sync.report import SOURCES, AccountPull, DayDifference, SourceName, SourcePull, SyncReport
from capdesk.services.sync.run import sync
from capdesk.services.sync.task import Progress

__all__ = [
    "SOURCES",
    "AccountPull",
    "Asked",
    "DayDifference",
    "Progress",
    "SourceName",
    "SourcePull",
    "SyncReport",
    "SyncRunRow",
    "explain",
    "query_price",
    "sync",
    "sync_log",
]
