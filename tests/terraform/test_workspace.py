"""Which providers Terraform is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from terraform import workspace


def test_the_real_providers_are_downloaded_once_for_all_modules_and_examples(tmp_path: Path) -> None:
    environment = workspace.real(tmp_path / "new").environment
    assert Path(environment["TF_PLUGIN_CACHE_DIR"]).is_dir()
    # Without a lock file Terraform would not trust what is in the cache, and download it again.
    assert environment["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] == "true"


def test_a_cache_that_the_caller_has_is_used(tmp_path: Path) -> None:
    environment = workspace.real(tmp_path, caller={"TF_PLUGIN_CACHE_DIR": "/somebody/s/cache"}).environment
    assert environment["TF_PLUGIN_CACHE_DIR"] == "/somebody/s/cache"


def test_stand_ins_enter_no_cache() -> None:
    offline = workspace.offline()
    if offline is None:
        pytest.skip("needs shared/terraform-offline beside the repository")
    assert not offline.environment["TF_PLUGIN_CACHE_DIR"]
