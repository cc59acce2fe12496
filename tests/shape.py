# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape that the design asks for: sizes of files and functions, layers. Prints what is off; exits 1 if anything is."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: Lines of a file, by folder.
FILES = {"plugins/modules": 250, "plugins/action": 150, "plugins/module_utils": 200, "plugins/plugin_utils": 200, "tests/leak": 200}
FUNCTION = 30
TASKS = 60


def python(folder: str, most: int) -> Iterator[str]:
    """What is off in the Python files of a folder."""
    for path in sorted((ROOT / folder).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > most:
            yield f"{path.relative_to(ROOT)}: {lines} lines, {most} are the most"
        if folder.endswith("_utils") and re.search(r"AnsibleModule\b(?!\.)(?!\.run_command)|fail_json|exit_json", code(text)):
            yield f"{path.relative_to(ROOT)}: the core knows about AnsibleModule"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (length := body_lines(node)) > FUNCTION:
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {length} lines, {FUNCTION} are the most"


def code(text: str) -> str:
    """Without comments."""
    return re.sub(r"#.*", "", text)


def body_lines(node: ast.FunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    hidden = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - hidden


def roles() -> Iterator[str]:
    """What is off in the task files."""
    for path in sorted(ROOT.glob("roles/*/tasks/*.yml")):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > TASKS:
            yield f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines, {TASKS} are the most"
        if "set_fact" in text:
            yield f"{path.relative_to(ROOT)}: set_fact keeps state that a rerun does not see"


def main() -> int:
    """Print all findings."""
    findings = [line for folder, most in FILES.items() for line in python(folder, most)]
    findings += roles()
    print("\n".join(findings) or "shape: as designed")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
