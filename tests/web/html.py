"""A checker of pages: valid HTML, unique ids, a name on every control, nothing inline."""

from xml.etree.ElementTree import Element

import html5lib

CONTROLS = {"input", "select", "textarea", "button"}
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "popovertarget", "form")


def problems(page: str) -> list[str]:
    """List what is wrong with a whole page, in words."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree: Element = parser.parse(page)
    found = [f"{place}: {code}" for place, code, _ in parser.errors]
    elements = list(tree.iter())
    ids = [element.attrib["id"] for element in elements if "id" in element.attrib]
    found += [f"id {one} is given {ids.count(one)} times" for one in sorted(set(ids)) if ids.count(one) > 1]
    found += [
        f"{element.tag} names {name}={target}, which is not there"
        for element in elements
        for name in REFERENCES
        for target in element.attrib.get(name, "").split()
        if target not in ids
    ]
    labelled = {element.attrib["for"] for element in elements if element.tag == "label" and "for" in element.attrib}
    found += [f"{_show(element)} has no name" for element in elements if not _is_named(element, labelled=labelled)]
    found += [f"{_show(element)} carries something inline" for element in elements if _is_inline(element)]
    if not tree.attrib.get("lang"):
        found.append("the page names no language")
    headings = [int(element.tag[1]) for element in elements if element.tag in ("h1", "h2", "h3", "h4")]
    if headings.count(1) != 1:
        found.append(f"the page has {headings.count(1)} first headings")
    return found


def _is_named(element: Element, *, labelled: set[str]) -> bool:
    if element.tag not in CONTROLS or element.attrib.get("type") in ("hidden", "submit"):
        return element.tag != "button" or bool(_text(element))
    named = "aria-label" in element.attrib or "aria-labelledby" in element.attrib
    return named or (bool(_text(element)) if element.tag == "button" else element.attrib.get("id") in labelled)


def _is_inline(element: Element) -> bool:
    if element.tag == "style" or (element.tag == "script" and "src" not in element.attrib):
        return True
    return any(name == "style" or name.startswith(("on", "hx-on")) for name in element.attrib)


def _text(element: Element) -> str:
    return element.attrib.get("aria-label", "") + "".join(element.itertext()).strip()


def _show(element: Element) -> str:
    return f"<{element.tag} id={element.attrib.get('id')} name={element.attrib.get('name')}>"
