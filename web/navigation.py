"""The areas of the staff surfaces and the pages in them.

One rule: a surface brings its own area, so that a surface that is deleted leaves no dead
link. A link is shown only to who may follow it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app, request, url_for

Title = Callable[[], str]
"""A translated title, asked for when it is shown: `lambda: _("Desk")`."""


def always() -> bool:
    """Show to everybody who sees the bar."""
    return True


def nothing() -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One page in the side navigation. `count` is the figure beside it, `alert` marks it red."""

    title: Title
    endpoint: str
    icon: str
    may_follow: Callable[[], bool] = always
    count: Callable[[], int | None] = nothing
    alert: bool = False

    @property
    def url(self) -> str:
        """Where it leads; parts such as the organisation come from the app's url_defaults."""
        return url_for(self.endpoint)

    @property
    def is_here(self) -> bool:
        """The request is for this page or one below it: `desk.tickets` and `desk.tickets_close`."""
        asked = request.endpoint or ""
        return asked == self.endpoint or asked.startswith(self.endpoint + "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Links under one heading; the first section of an area may have none."""

    links: Sequence[Link]
    title: Title | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One staff surface: an entry in the bar, and the side navigation inside it."""

    name: str
    """The blueprint's name."""
    title: Title
    endpoint: str
    icon: str
    sections: Sequence[Section] = ()
    may_enter: Callable[[], bool] = always

    @property
    def url(self) -> str:
        """Where it begins."""
        return url_for(self.endpoint)


def install(app: Flask) -> None:
    """Give templates `areas()`, `area_here()` and `sections_here()`."""
    app.extensions["guichet.areas"] = []
    app.jinja_env.globals.update(areas=areas, area_here=area_here, sections_here=sections_here)


def add(app: Flask, *, area: Area) -> None:
    """Add a surface's area to the bar, behind those added before."""
    app.extensions["guichet.areas"].append(area)


def areas() -> list[Area]:
    """List the areas that the person may enter."""
    known: list[Area] = current_app.extensions["guichet.areas"]
    return [area for area in known if area.may_enter()]


def area_here() -> Area | None:
    """Find the area of the page that is shown."""
    known: list[Area] = current_app.extensions["guichet.areas"]
    return next((area for area in known if area.name == request.blueprint), None)


def sections_here() -> list[tuple[str | None, list[Link]]]:
    """List the side navigation of this area as titles and links, without what may not be followed."""
    area = area_here()
    shown = [
        (section.title() if section.title else None, [link for link in section.links if link.may_follow()])
        for section in (area.sections if area else ())
    ]
    return [(title, links) for title, links in shown if links]
