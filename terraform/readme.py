#!/usr/bin/env python3
"""Writes the tables of inputs and outputs in the READMEs below terraform/, between their markers, from the .tf files.

    terraform/readme.py          rewrites them
    terraform/readme.py --check  fails if one is out of date
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
BEGIN, END = "<!-- tables: made by terraform/readme.py -->", "<!-- /tables -->"
BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.M | re.S)
FIELD = re.compile(r'^  (type|default|description)\s*= (.*?)(?=^  \w+\s*=|^\s*$|^  validation|^  #|\Z)', re.M | re.S)


def blocks(folder, kind):
    for path in sorted(folder.glob("*.tf")):
        for found, name, body in BLOCK.findall(path.read_text()):
            if found == kind:
                yield name, {key: " ".join(value.split()) for key, value in FIELD.findall(body)}


def cell(text):
    return text.replace("|", "\\|")


def tables(folder):
    lines = ["| input | type | default | what it is |", "| --- | --- | --- | --- |"]
    for name, fields in blocks(folder, "variable"):
        kind = fields["type"] if len(fields["type"]) < 40 else fields["type"].split("(")[0] + "(…)"
        default = f"`{cell(fields['default'])}`" if "default" in fields else "required"
        lines.append(f"| `{name}` | `{cell(kind)}` | {default} | {cell(fields['description'].strip(chr(34)))} |")
    lines += ["", "| output | what it is |", "| --- | --- |"]
    lines += [f"| `{name}` | {cell(fields['description'].strip(chr(34)))} |" for name, fields in blocks(folder, "output")]
    return "\n".join(lines)


def main():
    stale = []
    for readme in sorted(HERE.rglob("README.md")):
        text = readme.read_text()
        if BEGIN not in text:
            continue
        before, rest = text.split(BEGIN, 1)
        made = f"{before}{BEGIN}\n{tables(readme.parent)}\n{END}{rest.split(END, 1)[1]}"
        if made != text:
            stale.append(str(readme.relative_to(HERE)))
            if "--check" not in sys.argv:
                readme.write_text(made)
    if stale:
        print(("out of date, run terraform/readme.py: " if "--check" in sys.argv else "written: ") + ", ".join(stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
