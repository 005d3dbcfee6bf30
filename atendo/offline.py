"""What a browser shows without a connection: one page that no company has a part in.

The service worker keeps that page and the files it is drawn with, and nothing else; a page of a
company is never kept.
"""

from __future__ import annotations

import hashlib
import json
import re

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

FILE = re.compile(r'<(?:link|use)\b[^>]*\bhref="(/[^"#]+)')


def _page() -> str:
    """The same for everybody: it knows no request."""
    return render_to_string("offline.html")


@require_safe
@cache_control(no_cache=True)
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_page())


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The worker's script.  It changes, and its store with it, when one of the files does."""
    text = _page()
    files = [reverse("offline"), *dict.fromkeys(FILE.findall(text))]
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    context = {"files": json.dumps(files), "page": json.dumps(files[0]), "version": version}
    script = render_to_string("atendo/sw.js", context)
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")
