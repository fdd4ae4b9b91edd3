"""The shape of a flow: where its routes lead, and whether it can turn without end."""

from collections.abc import Iterator

from bot.flows.checks.subject import Found, Subject
from bot.flows.nodes import Ask, Call, Choose, Portal


def find(subject: Subject) -> Iterator[Found]:
    """Dangling and missing routes, unreachable nodes, loops that never wait."""
    flow = subject.flow
    for name, node in flow.nodes.items():
        for route, target in node.routes():
            if target not in flow.nodes:
                yield Found.at("dangling", name, route, route=route, target=target)
        if isinstance(node, Choose):
            yield from _options(name, node)
        if isinstance(node, Call) and node.error is None:
            yield Found.at("call_without_error", name, "error")
        if _timeout(node) is not None and not any(route == "expired" for route, _ in node.routes()):
            yield Found.at("timeout_without_route", name, "timeout")
    for word, target in flow.handlers.routes():
        if target not in flow.nodes:
            yield Found.at("dangling", "", f"handlers.{word}", route=f"handlers.{word}", target=target)
    reached = _reached(subject)
    for name in flow.nodes:
        if name not in reached:
            yield Found.at("unreachable", name)
    for cycle in _restless(subject):
        yield Found.at("endless", cycle[0], "", nodes=", ".join(cycle[:8]))


def _options(name: str, node: Choose) -> Iterator[Found]:
    options = {option.id for option in node.choose.options}
    for option in node.routes_:
        if option not in options and node.choose.options_from is None:
            yield Found.at("unknown_option", name, f"routes.{option}", option=option)
    if node.next is None:
        for option in sorted(options - set(node.routes_)):
            yield Found.at("option_without_route", name, f"routes.{option}", option=option)
        if node.choose.options_from is not None:
            yield Found.at("option_without_route", name, "next", option="from the list")


def _timeout(node: object) -> object:
    match node:
        case Ask():
            return node.ask.timeout
        case Choose():
            return node.choose.timeout
        case Portal():
            return node.portal.timeout
    return None


def _reached(subject: Subject) -> set[str]:
    seen: set[str] = set()
    stack = [subject.flow.start, *(target for _, target in subject.flow.handlers.routes())]
    while stack:
        name = stack.pop()
        if name in subject.flow.nodes and name not in seen:
            seen.add(name)
            stack += [target for _, target in subject.flow.nodes[name].routes()]
    return seen


def _restless(subject: Subject) -> Iterator[list[str]]:
    """Cycles of nodes that never wait. A portal and a call may go on at once, so they do not count as waiting."""
    nodes = subject.flow.nodes
    resting = {name for name, node in nodes.items() if node.kind in ("ask", "handoff", "end")}
    edges = {
        name: [t for route, t in node.routes() if t in nodes and _at_once(node, route)]
        for name, node in nodes.items()
        if name not in resting
    }
    colour: dict[str, int] = {}
    for root, targets in edges.items():
        if root in colour:
            continue
        path = [root]
        colour[root] = 1
        stack = [iter(targets)]
        while stack:
            target = next((t for t in stack[-1] if t in edges and colour.get(t) != 2), None)
            if target is None:
                stack.pop()
                colour[path.pop()] = 2
            elif colour.get(target) == 1:
                yield path[path.index(target) :]
            else:
                colour[target] = 1
                path.append(target)
                stack.append(iter(edges[target]))


def _at_once(node: object, route: str) -> bool:
    """Whether a route may be taken without anything from outside."""
    match node:
        case Choose():
            return route == "otherwise" and node.choose.options_from is not None
        case Call():
            return route in ("error", "errors.refused", "errors.invalid")
        case Portal():
            return route == "next"
    return True
