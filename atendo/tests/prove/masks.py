"""What is new each time, and masked before two answers are compared.  The report names it."""

from __future__ import annotations

MASKED = {
    "the CSRF token": (
        r"((?:csrfmiddlewaretoken|X-CSRFToken)\W[^<>]{0,40}?)\b[A-Za-z0-9]{64}\b",
        r"\1CSRF",
    ),
    "the values of cookies": (r"\b(csrftoken|sessionid)=[^;\n]*", r"\1"),
    "when a cookie or an answer expires": (r"(?im)\bexpires(=[^;\n]*|: .*)", "expires"),
    "when a letter was written, and its id": (r"(?m)^(Date|Message-ID): .*", r"\1"),
    "the time of a log line": (r'(?m)^{"time": "[^"]*"', '{"time"'),
}
