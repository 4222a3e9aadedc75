"""Fails where a branch of the core is not covered: `domain`, `pipeline` and `guards` are held at 100 %.

Run: python tests/coverage_floor.py .coverage.json
"""

import json
import sys
from pathlib import Path

CORE = ("domain", "pipeline", "guards")


def main(report: str) -> int:
    files = json.loads(Path(report).read_text("utf-8"))["files"]
    gaps = 0
    for name, data in sorted(files.items()):
        if Path(name).parent.name not in CORE or not (data["missing_lines"] or data["missing_branches"]):
            continue
        gaps += 1
        print(f"{name}: lines {data['missing_lines']}, branches {data['missing_branches']} are not covered")
    print(f"branch coverage of {', '.join(CORE)}: {'100 %' if not gaps else f'{gaps} files have gaps'}")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
