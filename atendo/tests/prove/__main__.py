"""`make prove`: runs the proof, prints its tables, and ends in one line of JSON.

What follows on the command line goes to pytest (`-k webhook`), and makes it a part of the proof.
Exit status 1 on any violation, and when a whole proof misses a part or a test.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from atendo.tests.prove.report import Report

HERE = Path(__file__).parent
OPTIONS = "-n auto --maxprocesses 4 --dist worksteal -q -p no:randomly"


def main(arguments: list[str]) -> int:
    report = Report()
    options = [str(HERE), *OPTIONS.split()]
    status = pytest.main([*options, *arguments], plugins=[report])
    whole = not arguments
    if report.missing:
        say = (
            "The proof is not whole, these are missing:"
            if whole
            else "A part of the proof, without:"
        )
        print(say, *report.missing, sep="\n  ")  # noqa: T201
    report.show(sys.stdout)
    complete = status == pytest.ExitCode.OK and not (whole and report.missing)
    return int(not complete or report.violations > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
