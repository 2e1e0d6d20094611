#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wraps comments in Swift and C files at 100 columns, which swift-format does not do.

usage: wrap-comments.py [--check] FOLDER...   --check: changes nothing, fails if it would

Only paragraphs with a line that is too long are rewrapped. Lists keep their hanging indent; tables,
code blocks and lines indented by four spaces stay as they are.
"""
import pathlib
import re
import sys
import textwrap

COLUMNS = 100
COMMENT = re.compile(r"^(\s*///?)(?: (.*)|)$")
ITEM = re.compile(r"^(\s*)([-*] |\d+\. )")


def is_fixed(text):
    return not text or text.startswith(("    ", "|", "#", "```", "SPDX")) or text.endswith("  ")


def wrap(prefix, lines):
    """A paragraph, wrapped when one of its lines is too long."""
    if all(len(f"{prefix} {line}") <= COLUMNS for line in lines):
        return [f"{prefix} {line}" for line in lines]
    item = ITEM.match(lines[0])
    first = item.group(0) if item else re.match(r"\s*", lines[0]).group(0)
    rest = " " * len(first)
    text = " ".join([lines[0][len(first):]] + [line.strip() for line in lines[1:]])
    wrapped = textwrap.wrap(
        text, COLUMNS - len(prefix) - 1, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False)
    return [f"{prefix} {line}" for line in wrapped]


def wrapped_file(lines):
    result, paragraph, prefix, fenced = [], [], "", False

    def finish():
        if paragraph:
            result.extend(wrap(prefix, paragraph))
            paragraph.clear()

    for line in lines:
        match = COMMENT.match(line)
        text = (match.group(2) or "") if match else ""
        if match and text.startswith("```"):
            fenced = not fenced
        if not match or fenced or is_fixed(text):
            finish()
            result.append(line)
            continue
        if match.group(1) != prefix or ITEM.match(text):
            finish()
        prefix = match.group(1)
        paragraph.append(text)
    finish()
    return result


def files(folder):
    found = pathlib.Path(folder).rglob("*")
    return sorted(path for path in found if path.suffix in [".swift", ".c", ".h"])


def main():
    paths = [argument for argument in sys.argv[1:] if argument != "--check"]
    is_check = len(paths) < len(sys.argv) - 1
    if not paths:
        sys.exit(__doc__)
    failures = 0
    for path in (path for folder in paths for path in files(folder)):
        with open(path, encoding="utf-8") as file:
            old = file.read()
        new = "\n".join(wrapped_file(old.split("\n")))
        if new == old:
            continue
        if is_check:
            print(f"{path}: comments need wrapping: make format", file=sys.stderr)
            failures += 1
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(new)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
