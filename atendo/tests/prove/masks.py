"""What is new each time, and masked before two answers are compared.  The report names it."""

from __future__ import annotations

MASKED = {
    "the CSRF token": (r"\b[A-Za-z0-9]{64}\b", "CSRF"),
    "the values of cookies": (r"\b(csrftoken|sessionid)=[^;]*", r"\1"),
    "when a cookie or an answer expires": (r"(?im)\bexpires(=[^;]*|: .*)", "expires"),
    "the time of a log line": (r'(?m)^{"time": "[^"]*"', '{"time"'),
}
