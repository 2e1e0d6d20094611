# SPDX-License-Identifier: Apache-2.0
"""The rows of build/bench.json, which several scripts write."""
import json
import os


def merge(path, rows):
    """Writes `rows` to `path`, replacing those of the same name and number of threads."""
    kept = json.loads(path.read_text()) if path.exists() else []
    fresh = {(row["name"], row["threads"]) for row in rows}
    kept = [row for row in kept if (row["name"], row["threads"]) not in fresh]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(kept + rows, indent=1) + "\n")
    os.replace(temporary, path)
