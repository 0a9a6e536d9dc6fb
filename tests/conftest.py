"""Rules that hold for every test: loopback only, no settings from outside, no silent skip in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from support import calls, loopback, needs, planted, skips

IN_CI = os.environ.get("CI") == "true"

_OURS = ("AWS_", "FAILOVER_", "BOTO_", "MOTO_")
_TERMINAL = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"}
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}

# A slow machine is no failure; in CI a run can be repeated exactly.
hypothesis.settings.register_profile("house", deadline=None, derandomize=IN_CI, print_blob=True)
hypothesis.settings.load_profile("house")


WRITE_CALLS = "--write-calls"
FOLDER = pytest.StashKey[Path]()
READER = pytest.StashKey[calls.Reader]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that writes the list of calls anew instead of holding the tests to it."""
    parser.addoption(WRITE_CALLS, action="store_true", help="write tests/terraform/calls.txt from what this run calls")


def pytest_configure(config: pytest.Config) -> None:
    """Cut the caller's AWS account, terminal and proxies off before anything of ours is imported."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name in _TERMINAL or name.upper() in _PROXIES:
            del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    loopback.install()
    planted.install(config)
    made = calls.begin()
    if made:
        config.stash[FOLDER] = made
    config.stash[READER] = calls.Reader()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if FOLDER in config.stash:
        shutil.rmtree(config.stash[FOLDER])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """A call of the toolkit that no policy was checked against fails the test that made it."""
    yield
    surplus = item.config.stash[READER].fresh() - calls.listed()
    if surplus and not item.config.getoption(WRITE_CALLS):
        pytest.fail(calls.SURPLUS.format(", ".join(sorted(surplus))), pytrace=False)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the list, or miss what a whole run should have called."""
    config = session.config
    if FOLDER not in config.stash:
        return
    found = calls.all_noted(config.stash[FOLDER])
    if config.getoption(WRITE_CALLS):
        calls.write(found)
    elif IN_CI and calls.whole(config) and not session.testsfailed and calls.listed() - found:
        pytest.exit(calls.MISSED.format(", ".join(sorted(calls.listed() - found))), returncode=1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a marked test with the exact list of what this machine lacks."""
    missing = [lack for mark in item.iter_markers() for lack in needs.missing_for(mark.name, mark.args)]
    if missing:
        pytest.skip("needs " + "; ".join(dict.fromkeys(missing)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip or an expected failure in CI into a failure."""
    report = yield
    if IN_CI and report.skipped:
        _refuse(report, item.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    report = yield
    if IN_CI and report.skipped:
        _refuse(report, collector.nodeid)
    return report


def _refuse(report: pytest.TestReport | pytest.CollectReport, test_id: str) -> None:
    refusal = skips.refusal(test_id, _reason(report))
    if refusal is not None:
        report.outcome = "failed"
        report.longrepr = refusal
        if hasattr(report, "wasxfail"):  # pytest counts no failure that it expected
            del report.wasxfail


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words a skip was given: pytest keeps (file, line, "Skipped: words")."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(getattr(report, "wasxfail", report.longrepr))
