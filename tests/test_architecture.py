"""The tree is the architecture: who may import whom, and how large a piece may be."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SERVER = ROOT / "server" / "enrichment"
CLIENT = ROOT / "clients" / "python" / "enrichment_client"
OURS = sorted([*SERVER.rglob("*.py"), *CLIENT.rglob("*.py")])

# Folder: what it may import of ours. The files beside the folders (app.py, cli.py, ...) may import all of it.
MAY_IMPORT = {
    "imports": {"domain", "imports", "sources", "stores"},
    "domain": {"domain"},
    "pipeline": {"domain", "pipeline"},
    "sources": {"domain", "sources"},
    "guards": {"domain", "guards"},
    "stores": {"domain", "stores"},
    "rpc": {"domain", "pipeline", "rpc"},
    "harvest": {"domain", "harvest"},
    "sandbox": {"domain", "sandbox"},
    "terminal": {"domain", "terminal"},
}
FORBIDDEN_NAMES = ("utils", "util", "common", "helpers", "helper", "manager", "misc")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(text: str) -> set[int]:
    """The numbers of the lines that hold code: no blanks, comments or docstrings."""
    lines: set[int] = set()
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in quiet:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.difference_update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


def function_lengths() -> dict[str, int]:
    lengths: dict[str, int] = {}
    for path in OURS:
        lines = code_lines(path.read_text("utf-8"))
        for function in functions_of(path):
            inside = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
            lengths[f"{path.relative_to(ROOT)}:{function.name}"] = len(lines & inside)
    return lengths


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_a_folder_imports_only_what_lies_before_it(folder: str) -> None:
    for path in (SERVER / folder).rglob("*.py"):
        for name in imports_of(path):
            if name.startswith("enrichment."):
                assert name.split(".")[1] in MAY_IMPORT[folder], f"{path.relative_to(ROOT)} imports {name}"


def test_grpc_and_protobuf_are_known_to_rpc_client_and_terminal_alone() -> None:
    for path in OURS:
        inside = path.relative_to(ROOT).parts
        if {"rpc", "terminal", "clients"} & set(inside):
            continue
        for name in imports_of(path):
            assert not name.startswith(("grpc", "google.protobuf", "imensiah.")), f"{path.relative_to(ROOT)}: {name}"


def test_the_client_needs_nothing_of_the_server() -> None:
    for path in CLIENT.rglob("*.py"):
        assert not [name for name in imports_of(path) if name.startswith("enrichment.")], path


def test_the_decisions_never_wait_and_never_look_at_a_clock() -> None:
    for name in ("plan.py", "merge.py"):
        path = SERVER / "pipeline" / name
        assert not [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Await)]
        assert not {"asyncio", "time", "os", "random"} & {module.split(".")[0] for module in imports_of(path)}


def test_no_file_is_named_after_nothing() -> None:
    for path in OURS:
        assert not [part for part in path.parts if part.removesuffix(".py") in FORBIDDEN_NAMES], path
        assert not path.name.startswith("base_"), path


def test_functions_are_short() -> None:
    lengths = function_lengths()
    longest = sorted(lengths.items(), key=lambda item: -item[1])
    assert longest[0][1] <= 40, [item for item in longest if item[1] > 40]
    short = sum(length <= 25 for length in lengths.values())
    assert short / len(lengths) >= 0.9, longest[: len(lengths) // 10 + 5]


def test_modules_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(code_lines(path.read_text("utf-8"))) for path in OURS}
    assert not {name: length for name, length in lengths.items() if length > 250}


def test_functions_take_few_parameters() -> None:
    for path in OURS:
        for function in functions_of(path):
            arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            named = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
            assert len(named) <= 4, f"{path.relative_to(ROOT)}:{function.name} takes {named}"


def test_no_two_test_files_share_a_name() -> None:
    # pytest imports them by their bare names: the second of two would be the first again.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(set(names)) == sorted(names)
