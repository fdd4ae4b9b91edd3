"""Variables, expressions and calls: whether what is read is set, and what is given is taken."""

from collections.abc import Iterator

from bot.flows.checks.subject import Found, Subject
from bot.flows.compiled import ROOTS
from bot.flows.nodes import Call, Choose, Node

_SETTABLE = frozenset({"language"})


def find(subject: Subject) -> Iterator[Found]:
    """Bad expressions, unknown or unused variables and fields, calls that do not fit their operation."""
    yield from subject.bad
    flow = subject.flow
    assigned: dict[str, str] = {}
    for name, node in flow.nodes.items():
        for variable in node.assigns():
            assigned.setdefault(variable, name)
            if variable in ROOTS and not (variable in _SETTABLE and node.kind == "set"):
                yield Found.at("reserved_name", name, variable, variable=variable)
    fields = _fields(subject)
    read: set[str] = set()
    for name, node in flow.nodes.items():
        known = {*ROOTS, *assigned, *_own(node)}
        for place, expression in subject.reads[name]:
            read |= expression.roots
            for path in expression.reads.paths:
                if path[0] not in known:
                    yield Found.at("unknown_variable", name, place, variable=path[0])
                elif len(path) > 1 and path[0] in fields and path[1] not in fields[path[0]]:
                    yield Found.at("unknown_field", name, place, variable=path[0], field=path[1])
        if isinstance(node, Call):
            yield from _call(subject, name, node)
    for variable, name in assigned.items():
        if variable not in read and variable not in ROOTS:
            yield Found.at("unused_variable", name, variable, variable=variable)


def _own(node: Node) -> set[str]:
    return {"item"} if isinstance(node, Choose) and node.choose.options_from is not None else set()


def _fields(subject: Subject) -> dict[str, set[str]]:
    """The fields of variables that only calls set."""
    fields: dict[str, set[str]] = {}
    elsewhere: set[str] = set()
    for node in subject.flow.nodes.values():
        operation = subject.operations.get(node.call.operation) if isinstance(node, Call) else None
        for variable in node.assigns():
            if operation is None:
                elsewhere.add(variable)
            else:
                fields.setdefault(variable, set()).update(operation.result)
    return {variable: names for variable, names in fields.items() if variable not in elsewhere}


def _call(subject: Subject, name: str, node: Call) -> Iterator[Found]:
    operation = subject.operations.get(node.call.operation)
    if operation is None:
        yield Found.at("unknown_operation", name, "operation", operation=node.call.operation)
        return
    for parameter in node.call.with_:
        if parameter not in operation.accepted:
            yield Found.at(
                "unknown_parameter", name, f"with.{parameter}", operation=node.call.operation, parameter=parameter
            )
    for parameter, declared in operation.accepted.items():
        if declared.required and parameter not in node.call.with_:
            yield Found.at("missing_parameter", name, "with", operation=node.call.operation, parameter=parameter)
    if operation.person is not None:
        given = subject.expressions.get((name, f"with.{operation.person}"))
        if given is None or given.reads.plain != ("customer", "id"):
            yield Found.at("person_not_customer", name, f"with.{operation.person}", parameter=operation.person)
