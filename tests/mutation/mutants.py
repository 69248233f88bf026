"""Small changes to a module's source, one at a time: what a suite that checks the behaviour must notice.

Left alone are texts, log lines, annotations and the arguments of exceptions: wording is no law of control.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    # The border moved by one, and the answer turned round.
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
_RENAMED = {"min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "any": "all", "all": "any"}
_FACTOR = 3
"""What a fraction is multiplied by: a threshold three times as large is another law, not another taste."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed place.

    Attributes
    ----------
    number : its place in the module's list.
    line : where, from 1.
    source : that line as it stands, stripped.
    change : what was done, as ``< -> <=``.
    """

    number: int
    line: int
    source: str
    change: str

    @property
    def key(self) -> str:
        """The same after lines above it were added or taken away."""
        return f"{self.source} [{self.change}]"


@dataclass(frozen=True, slots=True)
class _Change:
    """``apply`` turns the node at ``path`` of a copied tree into what stands there instead."""

    path: tuple[tuple[str, int | None], ...]
    line: int
    words: str
    apply: Callable[[ast.AST], ast.AST]


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its source."""
    lines = source.splitlines()
    changes = _changes(ast.parse(source))
    return [
        Mutant(number, change.line, lines[change.line - 1].strip(), change.words)
        for number, change in enumerate(changes)
    ]


def mutated(source: str, number: int) -> ast.Module:
    """The module with mutant ``number`` in it, ready to be compiled."""
    tree = ast.parse(source)
    change = _changes(tree)[number]
    _replace(tree, change)
    return ast.fix_missing_locations(tree)


def _changes(tree: ast.Module) -> list[_Change]:
    found = [change for node, path in _walk(tree, ()) for change in _of_node(node, path)]
    return sorted(found, key=lambda change: change.line)  # stable: of one line as they stand in the tree


def _replace(tree: ast.Module, change: _Change) -> None:
    holder: ast.AST = tree
    *way, (field, index) = change.path
    for name, position in way:
        value = getattr(holder, name)
        holder = value if position is None else value[position]
    if index is None:
        setattr(holder, field, change.apply(getattr(holder, field)))
    else:
        getattr(holder, field)[index] = change.apply(getattr(holder, field)[index])


def _walk(
    node: ast.AST, path: tuple[tuple[str, int | None], ...]
) -> Iterator[tuple[ast.AST, tuple[tuple[str, int | None], ...]]]:
    for name, value in ast.iter_fields(node):
        if _is_left_alone(node, name):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _is_wording(child):
                below = (*path, (name, index if isinstance(value, list) else None))
                yield child, below
                yield from _walk(child, below)


def _is_left_alone(node: ast.AST, field: str) -> bool:
    if field in {"annotation", "returns", "decorator_list", "type_params", "bases"}:
        return True
    # Keys of subscripts in types, and whole bodies that only exist for a type checker.
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    # An alias of a type: Name = Callable[[...], ...].
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Subscript)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id in {"Callable", "NDArray"}
    )


def _is_wording(node: ast.AST) -> bool:
    if isinstance(node, (ast.Raise, ast.JoinedStr, ast.Assert)):
        return True
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    )


def _of_node(node: ast.AST, path: tuple[tuple[str, int | None], ...]) -> Iterator[_Change]:
    line = getattr(node, "lineno", 0)

    def change(words: str, apply: Callable[[ast.AST], ast.AST]) -> _Change:
        return _Change(path, line, words, apply)

    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for other in _COMPARED[type(operator)]:
                    yield change(f"{_sign(operator)} -> {_sign(other())}", _with_operator(place, other))
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in _OPERATED and not _is_text(node):
            swapped = _OPERATED[type(operator)]
            yield change(f"{_sign(operator)} -> {_sign(swapped())}", _with_field("op", swapped()))
        case ast.BoolOp(op=operator):
            other_op = ast.Or() if isinstance(operator, ast.And) else ast.And()
            yield change(f"{_sign(operator)} -> {_sign(other_op)}", _with_field("op", other_op))
        case ast.UnaryOp(op=ast.Not() | ast.USub() as operator, operand=operand):
            if not (isinstance(operand, ast.Constant) and operand.value == 0):
                yield change(f"no {_sign(operator)}", _only(operand))
        case ast.Constant(value=bool(value)):
            yield change(f"{value} -> {not value}", _with_field("value", not value))
        case ast.Constant(value=int(value)):
            yield change(f"{value} -> {value + 1}", _with_field("value", value + 1))
        case ast.Constant(value=float(value)):
            more = value * _FACTOR if value else 1.0
            yield change(f"{value:g} -> {more:g}", _with_field("value", more))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _RENAMED:
            yield change(f"{name} -> {_RENAMED[name]}", _renamed(_RENAMED[name]))
        case ast.Call(func=ast.Name(id="abs"), args=[argument]):
            yield change("no abs", _only(argument))
        case ast.Expr(value=ast.Call()):
            yield change("call left out", _nothing)
        case ast.Assign(targets=[ast.Attribute()]) | ast.AugAssign(target=ast.Attribute()):
            yield change("assignment left out", _nothing)
        case ast.Break():
            yield change("break -> continue", lambda old: ast.copy_location(ast.Continue(), old))
        case ast.Continue():
            yield change("continue -> break", lambda old: ast.copy_location(ast.Break(), old))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if not isinstance(
            test, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant)
        ):
            yield change("condition turned round", _turned_round)


def _is_text(node: ast.AST) -> bool:
    sides = [node.left, node.right] if isinstance(node, ast.BinOp) else []
    return any(
        isinstance(side, (ast.JoinedStr, ast.List, ast.Tuple))
        or (isinstance(side, ast.Constant) and isinstance(side.value, (str, bytes)))
        for side in sides
    )


def _with_operator(place: int, other: type[ast.cmpop]) -> Callable[[ast.AST], ast.AST]:
    def apply(old: ast.AST) -> ast.AST:
        assert isinstance(old, ast.Compare)
        new = copy.copy(old)
        new.ops = [*old.ops[:place], other(), *old.ops[place + 1 :]]
        return new

    return apply


def _with_field(name: str, value: object) -> Callable[[ast.AST], ast.AST]:
    def apply(old: ast.AST) -> ast.AST:
        new = copy.copy(old)
        setattr(new, name, value)
        return new

    return apply


def _only(part: ast.expr) -> Callable[[ast.AST], ast.AST]:
    return lambda _old: part


def _renamed(name: str) -> Callable[[ast.AST], ast.AST]:
    def apply(old: ast.AST) -> ast.AST:
        assert isinstance(old, ast.Call)
        new, function = copy.copy(old), copy.copy(old.func)
        if isinstance(function, ast.Name):
            function.id = name
        elif isinstance(function, ast.Attribute):
            function.attr = name
        new.func = function
        return new

    return apply


def _nothing(old: ast.AST) -> ast.AST:
    assert isinstance(old, ast.stmt)
    return ast.copy_location(ast.Pass(), old)


def _turned_round(old: ast.AST) -> ast.AST:
    assert isinstance(old, (ast.If, ast.IfExp, ast.While))
    new = copy.copy(old)
    new.test = ast.copy_location(ast.UnaryOp(ast.Not(), old.test), old.test)
    return new


_SIGNS: dict[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.USub: "-",
}


def _sign(operator: ast.AST) -> str:
    return _SIGNS[type(operator)]
