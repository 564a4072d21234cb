"""The sections of the settings: what each saves, and what it says where it cannot."""

from datetime import date
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from capdesk.bootstrap import Desk
from capdesk.errors import NoKeyring, SecretsLocked, SecretUnavailable
from capdesk.services.mapping import mappings
from capdesk.services.products import list_products
from capdesk.services.providers.local.smtp import LocalSmtp
from capdesk.services.secrets import MemorySecrets
from capdesk.services.settings import change_settings, get_settings
from capdesk.views.forms.form import FormDialog
from capdesk.views.memory import Memory
from capdesk.views.pages.settings.about import AboutSection
from capdesk.views.pages.settings.appearance import AppearanceSection
from capdesk.views.pages.settings.database import DatabaseSection
from capdesk.views.pages.settings.desk import DeskSection
from capdesk.views.pages.settings.mail import MailSection
from capdesk.views.pages.settings.mapping import MappingSection
from capdesk.views.pages.settings.page import SECTIONS, SettingsPage
from capdesk.views.pages.settings.reports import ReportsSection
from capdesk.views.pages.settings.secret_list import SecretsSection
from capdesk.views.pages.settings.section import Section
from capdesk.views.places import Place
from capdesk.views.workspace import Workspace
from tests.support import builders
from tests.support.facts import Facts
from tests.views.conftest import Settle
from tests.views.pages.settings.conftest import Open, every_word

LEFT = Qt.MouseButton.LeftButton
CANARY = "canary-password-42"


def dialog_of(section: Section) -> FormDialog:
    found = [one for one in section.findChildren(FormDialog) if one.isVisible()]
    assert len(found) == 1
    return found[0]


# The page


def test_that_every_section_opens_by_its_key_and_is_remembered(show: Open, workspace: Workspace) -> None:
    for key in SECTIONS:
        page = show(key)
        assert (page.shown, page.section(key).isVisible()) == (key, True)
    other = SettingsPage(workspace)
    other.open(Place("settings"))
    assert other.shown == "about"
    other.deleteLater()


def test_that_keys_move_through_the_sections(show: Open) -> None:
    page = show("desk")
    page.activateWindow()
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert page.shown == "connections"
    page._step(-2)
    assert page.shown == "about"


# Desk


def test_that_the_zone_is_chosen_by_name_and_the_owner_saved(desk: Desk, show: Open, settle: Settle) -> None:
    section = show("desk").section("desk")
    assert isinstance(section, DeskSection)
    section.zone.line.completer().setCompletionPrefix("lisb")
    section.zone.set_value(section.zone.line.completer().currentCompletion())
    section.owner.set_value("Olga P.")
    QTest.mouseClick(section.card.ok, LEFT)
    settle()
    found = desk.read(lambda session: get_settings(session, desk.owner_id))
    assert (found.zone, found.owner_name, desk.zone.key) == ("Europe/Lisbon", "Olga P.", "Europe/Lisbon")


def test_that_a_zone_that_is_none_is_told_at_its_field(show: Open) -> None:
    section = show("desk").section("desk")
    assert isinstance(section, DeskSection)
    section.zone.line.setText("Atlantis")
    QTest.mouseClick(section.card.ok, LEFT)
    assert section.zone.line.property("wrong") is True


def test_that_after_the_first_fact_the_zone_is_shown_and_not_changed(desk: Desk, show: Open) -> None:
    builders.running_experiment(desk)
    section = show("desk").section("desk")
    assert isinstance(section, DeskSection)
    assert section.zone.line.isReadOnly()
    assert "cannot change any more" in every_word()


def test_that_reading_anew_never_overwrites_what_was_typed(show: Open, settle: Settle) -> None:
    section = show("desk").section("desk")
    assert isinstance(section, DeskSection)
    section.owner.line.setText("Half a na")
    section.reload()
    settle()
    assert section.owner.value() == "Half a na"
    assert show("about").unsaved() == "changed settings (Desk)"
    section.card.back()
    assert show("desk").unsaved() == ""
    assert section.owner.value() == "Olga"


def test_that_a_change_by_another_window_is_told_before_it_is_overwritten(
    desk: Desk, show: Open, settle: Settle
) -> None:
    section = show("desk").section("desk")
    assert isinstance(section, DeskSection)
    section.owner.line.setText("Mine")
    section.reload()
    settle()
    assert section.card.outcome.text() == ""
    desk.write(lambda session: change_settings(session, desk.owner_id, owner_name="Theirs"))
    section.reload()
    settle()
    assert section.owner.value() == "Mine"
    assert section.card.outcome.text().startswith("Changed meanwhile by another window")
    section.card.back()
    assert section.owner.value() == "Theirs"


def test_that_products_are_added_renamed_and_put_aside(desk: Desk, show: Open, settle: Settle) -> None:
    section = show("desk").section("desk")
    assert isinstance(section, DeskSection)
    section.products.add()
    dialog = dialog_of(section)
    QTest.keyClicks(dialog.form.fields["name"].editor, "Calculator")
    dialog.save()
    settle()
    one = desk.read(list_products)[0]
    section.products.add()
    again = dialog_of(section)
    again.form.fields["name"].set_value("Calculator")
    again.save()
    settle()
    assert again.isVisible()
    assert "already" in every_word()
    again.reject()
    section.products.rename(one)
    renaming = dialog_of(section)
    renaming.form.fields["name"].set_value("Quotes")
    renaming.save()
    settle()
    switch = section.findChild(QPushButton, f"product-switch-{one.id}")
    assert switch is not None
    QTest.mouseClick(switch, LEFT)
    settle()
    assert [(row.name, row.active) for row in desk.read(list_products)] == [("Quotes", False)]


# Mail and reports


def test_that_mail_is_tried_saved_and_a_test_message_sent(
    desk: Desk, show: Open, secrets: MemorySecrets, settle: Settle
) -> None:
    with LocalSmtp() as server:
        section = show("mail").section("mail")
        assert isinstance(section, MailSection)
        section.host.set_value("127.0.0.1")
        section.port.set_value(server.port)
        section.security.set_value("plain")
        section.mail_from.set_value("capdesk@example.com")
        section.recipients.set_value("olga@example.com, ines@example.com")
        QTest.mouseClick(section.try_it, LEFT)
        settle()
        assert "Nothing was sent." in section.card.outcome.text()
        assert desk.read(lambda session: get_settings(session, desk.owner_id)).mail_host is None
        section.send_test()
        assert "Save what you changed" in section.sent.text()
        QTest.mouseClick(section.card.ok, LEFT)
        settle()
        QTest.mouseClick(section.send, LEFT)
        settle()
        assert "took the test for olga@example.com" in section.sent.text()
        assert len(server.arrived) == 1


def test_that_a_mail_password_is_kept_and_never_seen_again(
    desk: Desk, show: Open, secrets: MemorySecrets, settle: Settle
) -> None:
    section = show("mail").section("mail")
    assert isinstance(section, MailSection)
    section.host.set_value("smtp.example.com")
    section.user.set_value("olga")
    assert section.password.line.echoMode() is QLineEdit.EchoMode.Password
    QTest.keyClicks(section.password.line, CANARY)
    QTest.mouseClick(section.card.ok, LEFT)
    settle()
    assert secrets.get("smtp-password") == CANARY
    assert CANARY not in every_word()
    section.host.set_value("mail.example.com")
    QTest.mouseClick(section.card.ok, LEFT)
    settle()
    assert secrets.get("smtp-password") == CANARY


def test_that_report_times_are_saved_as_they_are_written(desk: Desk, show: Open, settle: Settle) -> None:
    section = show("reports").section("reports")
    assert isinstance(section, ReportsSection)
    section.weekday.set_value(5)
    section.weekly.line.setText("25:00")
    QTest.mouseClick(section.card.ok, LEFT)
    assert section.weekly.line.property("wrong") is True
    section.weekly.line.setText("9:05")
    QTest.mouseClick(section.card.ok, LEFT)
    settle()
    found = desk.read(lambda session: get_settings(session, desk.owner_id))
    assert (found.weekly_weekday, found.weekly_time) == (5, "09:05")


# Mapping


def test_that_what_is_unassigned_is_assigned_with_its_past_and_taken_back(
    desk: Desk, show: Open, settle: Settle
) -> None:
    campaign = builders.campaign(desk)
    facts = Facts(desk)
    facts.charge(date(2026, 11, 3), "12.50", account="ACCT", project="web", service="s", sku="k")
    section = show("mapping").section("mapping")
    assert isinstance(section, MappingSection)
    assert section.total.text() == "$12.50 of 1 source belong to no campaign yet."
    assign = section.findChild(QPushButton, "assign-1")
    assert assign is not None
    QTest.mouseClick(assign, LEFT)
    dialog = dialog_of(section)
    dialog.form.fields["campaign"].set_value(campaign)
    dialog.save()
    settle()
    assert section.outcome.text().endswith("1 ledger row appended: Spring $12.50.")
    [made] = desk.read(mappings).mapped
    assert (made.project, made.charged_usd) == ("web", Decimal("12.5"))
    section.unmap(made)
    dialog_of(section).save()
    settle()
    assert desk.read(mappings).mapped == ()
    assert "Nothing is mapped yet." in every_word()


def test_that_the_label_that_names_a_campaign_is_set(desk: Desk, show: Open, settle: Settle) -> None:
    section = show("mapping").section("mapping")
    assert isinstance(section, MappingSection)
    section.card.form.fields["gcp_label_key"].set_value("No Key")
    QTest.mouseClick(section.card.ok, LEFT)
    settle()
    assert "is no label key" in section.card.outcome.text()
    section.card.form.fields["gcp_label_key"].set_value("team")
    QTest.mouseClick(section.card.ok, LEFT)
    settle()
    assert desk.read(lambda session: get_settings(session, desk.owner_id)).gcp_label_key == "team"


# Secrets


class Closed(MemorySecrets):
    """Secrets nobody can open now."""

    def __init__(self, error: SecretUnavailable) -> None:
        super().__init__()
        self.error = error

    def names(self) -> list[str]:
        raise self.error


def test_that_each_secret_is_listed_with_where_it_lies_and_can_be_set_and_removed(
    show: Open, secrets: MemorySecrets, settle: Settle
) -> None:
    secrets.set("smtp-password", "old")
    section = show("secrets").section("secrets")
    assert isinstance(section, SecretsSection)
    section.set_secret("smtp-password")
    dialog = dialog_of(section)
    QTest.keyClicks(dialog.form.fields["value"].editor, CANARY)
    dialog.save()
    settle()
    assert secrets.get("smtp-password") == CANARY
    assert CANARY not in every_word()
    section.remove("smtp-password")
    dialog_of(section).save()
    settle()
    assert secrets.names() == []


def test_that_a_closed_keyring_is_explained_with_a_way_out(desk: Desk, show: Open, settle: Settle) -> None:
    for error, way in ((SecretsLocked("The keyring is locked."), "Unlock"), (NoKeyring("There is none."), "key file")):
        desk._secrets = Closed(error)
        section = show("secrets").section("secrets")
        assert isinstance(section, SecretsSection)
        section.check()
        settle()
        assert (section.state.text(), way in section.way.text()) == (str(error), True)


# Database


def test_that_verify_and_doctor_say_what_they_find(desk: Desk, show: Open, settle: Settle) -> None:
    builders.running_experiment(desk)
    desk.seal()
    section = show("database").section("database")
    assert isinstance(section, DatabaseSection)
    QTest.mouseClick(section.verify_now, LEFT)
    settle()
    assert section.verified.text().startswith("No difference: ")
    QTest.mouseClick(section.examine_now, LEFT)
    settle()
    assert section.examined.isVisible()
    assert "Desk zone" in every_word()


def test_that_a_database_of_ones_own_is_shown_without_its_password_and_not_backed_up_here(
    desk: Desk, show: Open
) -> None:
    section = show("database").section("database")
    assert isinstance(section, DatabaseSection)
    assert not section.back_up_now.isEnabled()
    assert "its own backups" in section.backup_about.text()
    assert str(desk.engine.url.password) not in every_word()


# Appearance and About


def test_that_the_look_applies_at_once_and_is_remembered(workspace: Workspace, show: Open, settle: Settle) -> None:
    section = show("appearance").section("appearance")
    assert isinstance(section, AppearanceSection)
    QTest.mouseClick(section.schemes["dark"], LEFT)
    QTest.keyClick(section.scales[150], Qt.Key.Key_Space)
    assert (workspace.theme.colors.scheme, workspace.theme.scale) == ("dark", 150)
    workspace.memory.save()
    kept = Memory(workspace.folder)
    assert (kept.get("look/scheme", ""), kept.get("look/scale", 0)) == ("dark", 150)


def test_that_licences_are_found_by_name_and_terms(show: Open) -> None:
    section = show("about").section("about")
    assert isinstance(section, AboutSection)
    whole = section.list.count()
    QTest.keyClicks(section.search, "qt lgpl")
    left = [section.list.item(row).text() for row in range(whole) if not section.list.item(row).isHidden()]
    assert left[0].startswith("Qt ")
    assert len(left) < whole
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in section.words.toPlainText()
