"""`make prove`: runs the proof, prints its tables, and ends in one line of JSON.

What follows on the command line goes to pytest (`-k webhook`).  Exit status 1 on any violation,
and when a part could not be run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from atendo.tests.prove.report import Report

HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    report = Report()
    options = [str(HERE), "-n", "2", "--dist", "worksteal", "-q", "-p", "no:randomly"]
    status = pytest.main([*options, *arguments], plugins=[report])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        print("The proof was not run whole: see above.")  # noqa: T201
    report.show(sys.stdout)
    return int(status != pytest.ExitCode.OK or report.violations > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
