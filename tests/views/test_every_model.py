"""Every model there is under Qt's own model tests, empty and with rows, and while rows change."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

import capdesk.views
from capdesk.bootstrap import Desk
from capdesk.services.imports.preview import Preview, PreviewRow
from capdesk.services.imports.rejects import RejectedRow
from capdesk.services.listings.lists import LISTINGS
from capdesk.services.listings.model import Ask
from capdesk.views.charts.figures_table import FiguresModel
from capdesk.views.pages.imports.preview_table import RowsModel
from capdesk.views.pages.imports.rejects import RejectsModel
from capdesk.views.records.model import RecordModel
from capdesk.views.shell.palette import Entries, Entry
from capdesk.views.workspace import Workspace
from tests.views.conftest import Settle
