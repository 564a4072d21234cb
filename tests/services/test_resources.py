from pathlib import Path

import pytest

from capdesk.services.resources import resource


def test_that_the_templates_are_found_in_this_tree() -> None:
    assert resource("templates", "weekly.html.j2").is_file()


def test_that_an_installed_package_finds_its_own_folder_first(tmp_path: Path) -> None:
    package = tmp_path / "capdesk"
    for folder in (package / "resources", tmp_path / "resources"):
        folder.mkdir(parents=True)
        (folder / "icon.svg").touch()
    assert resource("icon.svg", package=package) == package / "resources" / "icon.svg"


def test_that_what_was_not_shipped_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="resources/templates/nothing"):
        resource("templates", "nothing")
