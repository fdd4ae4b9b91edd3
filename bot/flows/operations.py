"""Operations of connectors: what a flow may ask a firm's system, and how the answer is labelled.

The one rule: a field that is not declared is dropped, and what selects protected data is who
signed in (`customer.id`), never anything that was typed.

    connector: cards
    base_url: http://127.0.0.1:8091/telco
    allow: [127.0.0.1]
    operations:
      puk: {method: GET, path: "/customers/{customer}/puk", parameters: {customer: {required: true}},
            person: customer, assurance: signed_in, errors: {404: not_found},
            result: {code: {type: string, label: [secret]}}}
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from bot.events import JSON
from bot.flows.values import Labelled, Path, TooLarge, check_size
from compliance.labels import PUBLIC, Assurance, Label, UnknownCategory, join, parse

CATEGORIES = [str(category.name).lower() for category in Label]


def _label(names: object) -> object:
    if not isinstance(names, (list, tuple)):
        return names
    try:
        return parse(str(name) for name in names)
    except UnknownCategory as error:
        raise ValueError(f"{error} is none of {', '.join(CATEGORIES)}") from None


def _assurance(name: object) -> object:
    try:
        return Assurance[name.upper()] if isinstance(name, str) else name
    except KeyError:
        raise ValueError(f"is none of {', '.join(each.name.lower() for each in Assurance)}") from None


LabelNames = Annotated[
    Label,
    BeforeValidator(_label),
    PlainSerializer(lambda label: label.names, return_type=list[str]),
    WithJsonSchema({"type": "array", "items": {"enum": CATEGORIES}}),
]
AssuranceName = Annotated[
    Assurance,
    BeforeValidator(_assurance),
    PlainSerializer(lambda assurance: assurance.name.lower(), return_type=str),
    WithJsonSchema({"enum": [each.name.lower() for each in Assurance]}),
]


class WrongShape(ValueError):
    """An answer that is not what the operation declares; its text names the field, never content."""


class Strict(BaseModel):
    """A part of a document: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True)


class Parameter(Strict):
    """A value that the flow gives to an operation."""

    required: bool = False


class ResultField(Strict):
    """A field of the answer, its type and the categories that it holds."""

    type: Literal["string", "number", "integer", "boolean", "date", "list", "object"] = "string"
    label: LabelNames = PUBLIC
    items: dict[str, "ResultField"] | None = None
    fields: dict[str, "ResultField"] | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _has_parts(self) -> Self:
        if self.type == "object" and self.fields is None:
            raise ValueError("an object needs fields")
        return self


class Operation(Strict):
    """One request to a firm's system."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str
    parameters: dict[str, Parameter] = {}
    query: dict[str, Parameter] = {}
    body: dict[str, Parameter] = {}
    person: str | None = None
    assurance: AssuranceName = Assurance.NONE
    timeout_seconds: Annotated[float, Field(gt=0, le=30)] = 3
    retries: Annotated[int, Field(ge=0, le=5)] = 0
    errors: dict[int, str] = {}
    result: dict[str, ResultField] = {}

    @property
    def accepted(self) -> dict[str, Parameter]:
        """Every parameter by name, wherever it is sent."""
        return {**self.parameters, **self.query, **self.body}

    @property
    def outcome(self) -> Label:
        """The label of how a call went: success, error, presence."""
        client = Label.CLIENT if self.person else PUBLIC
        return client | join(label for _, label in _labels(self.result, ()))

    @property
    def labels(self) -> dict[Path, Label]:
        """The label of each field of the result by path."""
        return dict(_labels(self.result, ()))

    def shape(self, *, answer: JSON) -> Labelled:
        """Keep the declared fields of an answer and label them. Raise WrongShape or TooLarge."""
        kept = _object(self.result, answer, "result") if self.result else {}
        check_size(kept)
        return Labelled(kept, PUBLIC, self.labels)

    @model_validator(mode="after")
    def _person_is_a_parameter(self) -> Self:
        if self.person is not None and self.person not in self.accepted:
            raise ValueError("person names no parameter")
        return self


class Connector(Strict):
    """The operations of one system of a firm."""

    connector: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    base_url: str
    allow: list[str] = []
    secret: str | None = None
    operations: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Operation]

    @property
    def named(self) -> dict[str, Operation]:
        """Its operations by the names that flows use: `cards.puk`."""
        return {f"{self.connector}.{name}": operation for name, operation in self.operations.items()}


def _labels(fields: Mapping[str, ResultField], above: Path) -> list[tuple[Path, Label]]:
    found: list[tuple[Path, Label]] = []
    for name, declared in fields.items():
        path = (*above, name)
        found.append((path, declared.label))
        found += _labels({**(declared.items or {}), **(declared.fields or {})}, path)
    return found


def _object(fields: Mapping[str, ResultField], answer: JSON, where: str) -> dict[str, JSON]:
    if not isinstance(answer, dict):
        raise WrongShape(where)
    kept: dict[str, JSON] = {}
    for name, declared in fields.items():
        value = answer.get(name)
        if value is None:
            if not declared.optional and name not in answer:
                raise WrongShape(f"{where}.{name}")
            kept[name] = None
        else:
            kept[name] = _value(declared, value, f"{where}.{name}")
    return kept


_PLAIN: dict[str, tuple[type[Any], ...]] = {
    "string": (str,),
    "date": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}


def _value(declared: ResultField, value: JSON, where: str) -> JSON:
    if declared.type == "object":
        return _object(declared.fields or {}, value, where)
    if declared.type == "list":
        if not isinstance(value, list):
            raise WrongShape(where)
        if declared.items is not None:
            return [_object(declared.items, item, where) for item in value]
        if not all(isinstance(item, (str, int, float, bool)) for item in value):
            raise WrongShape(where)
        return list(value)
    if not isinstance(value, _PLAIN[declared.type]) or (isinstance(value, bool) and declared.type != "boolean"):
        raise WrongShape(where)
    return value


__all__ = ["CATEGORIES", "Connector", "Operation", "Parameter", "ResultField", "TooLarge", "WrongShape"]
