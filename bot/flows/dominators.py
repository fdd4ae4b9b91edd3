"""Where branches meet again: the immediate post-dominator of each node.

The one rule: what was branched upon is forgotten only at a node that every way out passes; a
node from which some way never ends has none. The method is that of Cooper, Harvey and Kennedy,
"A simple, fast dominance algorithm" (2001), on the reversed graph.
"""

from collections.abc import Iterable, Mapping


def meeting_points(*, edges: Mapping[str, Iterable[str]]) -> dict[str, str | None]:
    """The immediate post-dominator of each node, None where branches meet only at the end or never."""
    exit_ = ""
    after = {node: list(dict.fromkeys(targets)) or [exit_] for node, targets in edges.items()}
    before: dict[str, list[str]] = {exit_: []}
    for node, targets in after.items():
        for target in targets:
            before.setdefault(target, []).append(node)
    order = _postorder(exit_, before)
    rank = {node: number for number, node in enumerate(order)}
    found: dict[str, str] = {exit_: exit_}
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            known = [target for target in after[node] if target in found]
            nearest = known[0]
            for other in known[1:]:
                nearest = _common(nearest, other, found, rank)
            if found.get(node) != nearest:
                found[node], changed = nearest, True
    endless = _leading_to({node for targets in after.values() for node in targets if node not in rank}, before)
    return {node: None if node in endless or node not in found else found[node] or None for node in after}


def _postorder(start: str, edges: Mapping[str, list[str]]) -> list[str]:
    order: list[str] = []
    seen = {start}
    stack = [(start, iter(edges.get(start, ())))]
    while stack:
        node, rest = stack[-1]
        following = next((each for each in rest if each not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(edges.get(following, ()))))
    return order


def _common(one: str, other: str, found: Mapping[str, str], rank: Mapping[str, int]) -> str:
    while one != other:
        while rank[one] < rank[other]:
            one = found[one]
        while rank[other] < rank[one]:
            other = found[other]
    return one


def _leading_to(nodes: set[str], before: Mapping[str, list[str]]) -> set[str]:
    seen = set(nodes)
    stack = list(nodes)
    while stack:
        for each in before.get(stack.pop(), ()):
            if each not in seen:
                seen.add(each)
                stack.append(each)
    return seen
