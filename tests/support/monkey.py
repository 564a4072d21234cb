"""Somebody who presses everything: random keys, words, clicks, wheels and drags on a whole window, by a seed."""

import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QThread, QTimer
from PySide6.QtGui import QInputMethodEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QWidget

from capdesk.views.look.colors import Scheme
from tests.support.rooms import Room, places, told
from tests.support.spoken import described

_LEFT, _PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_KEYS = "Tab Tab Tab Backtab Return Return Space Escape Escape Up Down Down Left Right Home End PageUp PageDown Delete Backspace F1 F2 F5 F6 Menu".split()  # noqa: E501, SIM905
_CTRL = "ABCEFIJKNOZ12345678/0"
_WORDS = (
    "12", "0.5", "-1", "1e9", "2026-11-02", "2026-11-02 09:00", "Al", "x" * 80, "a<b>&amp;", "é漢💥", "outcome:info",
    "amount>10", "-x", '"', "is:empty", "+12015550100", "new", "' ; --", "%s{0}", "\\t", "   ",
)  # fmt: skip
_LARGEST, _SMALLEST = (1500, 950), (760, 520)
_ON_THE_PAGE, _LOOKS = 0.8, 20
_LOOK_AGAIN = 2_400
"""Events between changes of the look: each takes as long as hundreds of others."""
_DEEPEST = 6
"""Menus within menus: beyond that they are closed."""


class Monkey(QObject):
    """Acts once per turn of the event loop, also of those that menus turn while they are open."""

    def __init__(self, room: Room, seed: int, events: int) -> None:
        super().__init__()
        self.room, self.left = room, events
        self.choose = random.Random(seed)  # noqa: S311 - to be told again, not to be secret
        self.done: deque[str] = deque(maxlen=20)
        """What it did last."""
        self.slowest = 0.0
        self._next_look = events - _LOOK_AGAIN
        self.mistake: BaseException | None = None
        self._busy: list[int] = []
        self._loop = QEventLoop()
        self._places = list(places(with_records=True))
        self._timer = self._ticking()
        self._deeds: list[tuple[int, Callable[[], str]]] = [
            (30, self._key), (8, self._shortcut), (14, self._write), (20, self._press), (8, self._click_anywhere),
            (4, self._double_click), (4, self._right_click), (6, self._wheel), (4, self._drag), (3, self._go),
            (1, self._resize), (2, self._answer),
        ]  # fmt: skip
        room.window.installEventFilter(self)

    def run(self, seconds: float) -> None:
        """Until all is done; raises what went wrong, or when the time is up."""
        QTimer.singleShot(round(seconds * 1000), self._loop, self._loop.quit)
        self._timer.start()
        self._loop.exec()
        self._timer.stop()
        self.room.window.removeEventFilter(self)
        self._close_all()
        if self.mistake is not None:
            raise self.mistake
        assert self.left <= 0, f"{self.left} events were left after {seconds} s"

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The window itself is not closed."""
        if event.type() == QEvent.Type.Close:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _ticking(self) -> QTimer:
        made = QTimer(self, interval=0)
        made.timeout.connect(self._turn)
        return made

    def _turn(self) -> None:
        level = QThread.currentThread().loopLevel()
        if self._busy and level <= self._busy[-1]:
            return  # an event of ours is being delivered just now
        self._busy.append(level)
        inner = self._ticking()  # the timer that brought us here stands still until we are back
        inner.start()
        before = time.monotonic()
        try:
            self.left -= 1
            self._act(level)
        except BaseException as error:  # told by `run`; from here it would go to Qt
            self.mistake = error
            self.left = 0
        finally:
            inner.stop()
            inner.deleteLater()
            self._busy.pop()
        if not self._busy:
            self.slowest = max(self.slowest, time.monotonic() - before)
        if self.left <= 0:
            self._timer.stop()
            self._close_popups()
            self._loop.quit()

    def _act(self, level: int) -> None:
        modal, popup = QApplication.activeModalWidget(), QApplication.activePopupWidget()
        if isinstance(modal, QFileDialog):
            modal.reject()  # where it would write is none of its business
            self.done.append("rejects a file dialog")
        elif popup is not None and level > _DEEPEST:
            popup.close()
        elif self.left < self._next_look:
            self._next_look -= _LOOK_AGAIN
            self.done.append(self._look())
        else:
            deeds, weights = [deed for _, deed in self._deeds], [weight for weight, _ in self._deeds]
            (deed,) = self.choose.choices(deeds, weights)
            self.done.append(f"{deed.__name__} …")
            self.done[-1] = deed()

    # Where

    def _target(self) -> QWidget:
        """What takes the next event: a menu, a dialog, or the window."""
        return QApplication.activePopupWidget() or QApplication.activeModalWidget() or self.room.window

    def _somewhere(self) -> QPoint:
        area = self._target().rect()
        return QPoint(self.choose.randrange(max(area.width(), 1)), self.choose.randrange(max(area.height(), 1)))

    def _control(self) -> QWidget | None:
        """Something on show one can act on; looked for a few times only, because looking takes long."""
        target = self._target()
        if target is self.room.window and self.choose.random() < _ON_THE_PAGE:
            target = self.room.page
        found = target.findChildren(QWidget)
        for one in self.choose.sample(found, min(_LOOKS, len(found))):
            if one.isVisible() and one.focusPolicy() and one.isEnabled() and not one.visibleRegion().isEmpty():
                return one
        return None

    # What

    def _tap(self, key: Any, held: Qt.KeyboardModifier = _PLAIN) -> None:
        """Down and up; what the first half closed does not get the second."""
        one = self._reader()
        QTest.keyPress(one, key, held)
        if shiboken6.isValid(one):
            QTest.keyRelease(one, key, held)

    def _reader(self) -> QWidget:
        """What has the keyboard."""
        target, focus = self._target(), QApplication.focusWidget()
        if isinstance(target, QMenu) or focus is None:
            return target.focusWidget() or target
        return focus

    def _at(self, place: QPoint) -> tuple[QWidget, QPoint]:
        """What lies there, and where in it. Qt's windows below widgets come and go, and are left alone."""
        target = self._target()
        found = target.childAt(place) or target
        return found, found.mapFrom(target, place)

    def _click(self, place: QPoint, button: Qt.MouseButton = _LEFT) -> QWidget:
        one, where = self._at(place)
        QTest.mousePress(one, button, pos=where)
        if shiboken6.isValid(one):
            QTest.mouseRelease(one, button, pos=where)
        return one

    def _key(self) -> str:
        name, times = self.choose.choice(_KEYS), self.choose.randint(1, 8)
        for _ in range(times):
            self._tap(getattr(Qt.Key, f"Key_{name}"))
        self.left -= times - 1
        return f"presses {name} {times} times"

    def _shortcut(self) -> str:
        letter = self.choose.choice(_CTRL)
        held, key = Qt.KeyboardModifier.ControlModifier, Qt.Key(ord(letter))
        if letter == "Z":
            held, key = Qt.KeyboardModifier.AltModifier, Qt.Key.Key_Left
        self._tap(key, held)
        return f"presses {held.name} {key.name}"

    def _write(self) -> str:
        words = self.choose.choice(_WORDS)
        focus = QApplication.focusWidget()
        if not words.isascii() and focus is not None:
            event = QInputMethodEvent()  # as an input method enters what no key has
            event.setCommitString(words)
            QApplication.sendEvent(focus, event)
        else:
            for letter in words.encode("ascii", "ignore").decode():
                self._tap(letter)
            self.left -= len(words) - 1
        return f"writes {words[:20]!r}"

    def _press(self) -> str:
        control = self._control()
        if control is None:
            return self._click_anywhere()
        seen, kind = control.visibleRegion().boundingRect().center(), described(control)
        self._click(control.mapTo(self._target(), seen))
        return f"clicks {kind}"

    def _click_anywhere(self) -> str:
        place = self._somewhere()
        self._click(place)
        return f"clicks at {place.toTuple()}"

    def _double_click(self) -> str:
        place = self._somewhere()
        one = self._click(place)
        if shiboken6.isValid(one) and one.isVisible():
            QTest.mouseDClick(one, _LEFT, pos=one.mapFrom(one.window(), place) if one.window() else place)
        return f"double clicks at {place.toTuple()}"

    def _right_click(self) -> str:
        place = self._somewhere()
        self._click(place, Qt.MouseButton.RightButton)
        return f"right clicks at {place.toTuple()}"

    def _wheel(self) -> str:
        place, turn = self._somewhere(), QPoint(0, self.choose.choice((-360, -120, 120, 360)))
        one, at = self._at(place)
        where, none, phase = QPointF(at), Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(where, QPointF(one.mapToGlobal(at)), QPoint(), turn, none, _PLAIN, phase, False)
        QApplication.sendEvent(one, event)
        return f"wheels {turn.y()} at {place.toTuple()}"

    def _drag(self) -> str:
        start, end = self._somewhere(), self._somewhere()
        one, where = self._at(start)
        there = where + end - start
        QTest.mousePress(one, _LEFT, pos=where)
        for step in ((where + there) / 2, there):
            if shiboken6.isValid(one):
                held = QMouseEvent(
                    QEvent.Type.MouseMove, QPointF(step), QPointF(one.mapToGlobal(step)), _LEFT, _LEFT, _PLAIN
                )
                QApplication.sendEvent(one, held)
        if shiboken6.isValid(one):
            release = QMouseEvent(
                QEvent.Type.MouseButtonRelease, QPointF(there), QPointF(one.mapToGlobal(there)), _LEFT,
                Qt.MouseButton.NoButton, _PLAIN,
            )  # fmt: skip
            QApplication.sendEvent(one, release)
        self.left -= 3
        return f"drags from {start.toTuple()} to {end.toTuple()}"

    def _go(self) -> str:
        if QApplication.activeModalWidget() is not None:
            return self._answer()
        place = self.choose.choice(self._places)
        self.room.workspace.went.emit(place)
        return f"goes to {told(place)}"

    def _look(self) -> str:
        scheme: Scheme = "dark" if self.choose.random() < 0.5 else "light"
        scale = self.choose.choice((100, 150, 200))
        self.room.theme.choose(scheme, scale)
        return f"chooses {scheme}, {scale} %"

    def _resize(self) -> str:
        size = [self.choose.randint(*ends) for ends in zip(_SMALLEST, _LARGEST, strict=True)]
        self.room.window.resize(*size)
        return f"resizes to {size}"

    def _answer(self) -> str:
        modal = QApplication.activeModalWidget()
        if not isinstance(modal, QDialog):
            return self._key()
        kind = described(modal)
        if self.choose.random() < 0.5:
            self._tap(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            return f"answers {kind}"
        modal.reject()
        return f"rejects {kind}"

    def _close_popups(self) -> None:
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()

    def _close_all(self) -> None:
        self._close_popups()
        for dialog in self.room.dialogs():
            dialog.close()
