"""HTML that is built, not pasted: every text is escaped."""

from __future__ import annotations

from html import escape

_VOID = frozenset({"input", "link", "meta", "br"})


class Html(str):
    """Text that is already markup."""

    __slots__ = ()


Part = str | Html | None


def el(name: str, /, *children: Part, **attributes: str | bool | None) -> Html:
    """Return an element. `class_` is class, `_` in a name is `-`; None and False leave out."""
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{shown}>")
    return Html(f"<{name}{shown}>{join(*children)}</{name}>")


def join(*children: Part) -> Html:
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(child)
            for child in children
            if child is not None
        )
    )


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    key = name.rstrip("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{escape(value)}"'


def icon(name: str, label: str | None = None, class_: str = "icon") -> Html:
    """Return an icon of icons.svg; without a label it is decoration."""
    use = el("use", href=f"/simulator/static/icons.svg#{name}")
    if label is None:
        return el("svg", use, class_=class_, aria_hidden="true")
    return el("svg", use, class_=class_, role="img", aria_label=label)
