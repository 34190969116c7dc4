"""An independent verifier of bodydock vaults, written from protocol/SPEC.md alone, with Python's standard library.

    python3 test/verifier VAULT --keys KEYS [--identity FILE] [--json]

KEYS is a folder of minisign public keys that you trust: station*.pub, store*.pub, and of the two roles officer*.pub, supervisor*.pub.
With an age identity and the stock `age`, every payload is opened as well. Exit: 0 good, 1 findings, 2 usage.
"""

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from age_file import AgeTool
from findings import Remark
from safe_files import is_folder
from trusted_keys import KeysUnusable, read_trusted_keys
from verification import Verdict, verify

GOOD, FINDINGS, USAGE = 0, 1, 2


def main(arguments: list[str]) -> int:
    """Runs the program; gives its exit code."""
    parser = argparse.ArgumentParser("verifier", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("vault", type=Path)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--identity", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    age = shutil.which("age")
    try:
        keys = read_trusted_keys(asked.keys)
        if not is_folder(asked.vault.resolve()):
            raise KeysUnusable(f"{asked.vault} is no folder")
        if asked.identity is not None and not asked.identity.is_file():
            raise KeysUnusable(f"{asked.identity} is no file")
    except KeysUnusable as error:
        print(f"verifier: {error}", file=sys.stderr)
        return USAGE
    tool = AgeTool(age, asked.identity) if age is not None and asked.identity is not None else None
    verdict = verify(asked.vault, keys, tool)
    if asked.identity is not None and tool is None:
        verdict.report.note("payload.not-opened", ".", "age is not installed: no payload was opened")
    print(_json(verdict) if asked.json else _text(verdict))
    return FINDINGS if verdict.report.findings else GOOD


def _json(verdict: Verdict) -> str:
    report = verdict.report
    return json.dumps(
        {
            "good": not report.findings,
            "findings": [asdict(each) for each in report.findings],
            "notes": [asdict(each) for each in report.notes],
            "stations": verdict.stations,
        },
        indent=1,
    )


def _text(verdict: Verdict) -> str:
    report = verdict.report
    lines = [_line("finding", each) for each in report.findings] + [_line("note", each) for each in report.notes]
    for name, counts in verdict.stations.items():
        lines.append(f"{name}: " + ", ".join(f"{what} {count}" for what, count in counts.items()))
    said = f"{len(report.findings)} findings" if report.findings else "good: no finding"
    return "\n".join([*lines, f"{said}, {len(report.notes)} notes"])


def _line(kind: str, remark: Remark) -> str:
    return f"{kind:8} {remark.code:32} {remark.place}: {remark.detail}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
