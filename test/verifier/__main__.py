"""An independent verifier of bodydock vaults, written from protocol/SPEC.md alone, with Python's standard library (3.11 or newer).

    python3 test/verifier VAULT... --keys KEYS [--identity FILE] [--checkpoint FILE]... [--require-outside DAYS] [--json]
    python3 test/verifier --questions

VAULT is the folder of a vault, the one with vault.json in it, or an untouched copy of it, or a kit that was handed out of one; several are
verified one after the other, each for itself. KEYS is a folder of minisign public keys that you trust: station*.pub, store*.pub, and of the two roles officer*.pub,
supervisor*.pub. Take them from where you know that they are right, never from the vault. A file may be for one station alone:
station-<id>.pub. Of witnesses outside it may have witness*.vkey, of time-stamp authorities timestamp*.pem (openssl reads them); a checkpoint of the
store's log that you kept yourself is FILE. With --require-outside 1d it is a finding where nobody outside saw the log of each store in the last day. The signatures of one document can be checked beside it with stock minisign: minisign -Vm manifest.json -p station.pub
With the age identity of a recipient and the stock `age`, every payload and every sealed name is opened as well, and nothing of it is
written anywhere; without, the sealed bytes are compared with what was signed, and what is in them stays closed.

What is printed: one line for each thing that was seen, with its code, the place below the vault and a sentence. A finding refuses the
evidence: something was altered, is missing, or was never signed. A note does not, and should be known: a recording that waits at the
station, documents that expired. Then for each station recordings, receipts and the log's own words about them, counted against each
other; `differences` names each recording that one of them has and the other has not. With --json there is one line for each vault, a
JSON object with `vault`, `good`, `findings`, `notes` (each with `code`, `place`, `detail`), `stations` and `logs`: of each log of the store up to when its past is fixed from outside.

With --questions each line of the standard input is a JSON array of such arguments, and after what is printed for it comes a line with the exit code.

Exit: 0 all are good; 1 there is a finding in one of them; 3 there is none, and a deletion rests on an order whose keys are not given; 2 it could not begin: usage, keys, a folder that is none;
70 it failed, and of the vault at which it did nothing is said.
"""

import argparse
import json
import re
import shutil
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

from age_file import AgeTool
from findings import Remark
from safe_files import FileFault, is_folder, read_small
from signed_note import NOTE_BYTES_MAX
from trusted_keys import KeysUnusable, TrustedKeys, read_trusted_keys
from verification import Verdict, verify

GOOD, FINDINGS, USAGE, NOT_JUDGED, FAILED = 0, 1, 2, 3, 70


def main(arguments: list[str]) -> int:
    """Runs the program; gives its exit code."""
    if arguments != ["--questions"]:
        return _answer(arguments)
    for line in sys.stdin:
        print(_answer(json.loads(line)), flush=True)
    return GOOD


def _answer(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    # Names on a foreign disk need be no text at all.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        keys = _begin(asked)
        brought = [(path.name, read_small(path, NOTE_BYTES_MAX)) for path in asked.checkpoint]
    except (KeysUnusable, FileFault, OSError) as error:
        print(f"verifier: {error}", file=sys.stderr)
        return USAGE
    age = shutil.which("age") if asked.identity is not None else None
    tool = AgeTool(age, asked.identity) if age is not None else None
    code = GOOD
    for vault in asked.vaults:
        try:
            verdict = verify(vault, keys, tool, time.time_ns() // 1_000_000, brought, asked.require_outside)
        except Exception:
            traceback.print_exc()
            print(f"verifier: failed at {str(vault)!a}, of which nothing is said", file=sys.stderr)
            return FAILED
        if asked.identity is not None and tool is None:
            verdict.report.note("payload.not-opened", ".", "age is not installed: no payload was opened")
        print(_json(vault, verdict) if asked.json else _text(vault, verdict), flush=True)
        if verdict.report.findings:
            code = FINDINGS
        elif verdict.report.unjudged and code == GOOD:
            code = NOT_JUDGED
    return code


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "verifier", description=about[0], epilog=about[2], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("vaults", type=Path, nargs="+", metavar="VAULT")
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--identity", type=Path)
    parser.add_argument("--checkpoint", type=Path, action="append", default=[])
    parser.add_argument("--require-outside", type=_days, metavar="DAYS")
    parser.add_argument("--json", action="store_true")
    return parser


def _days(text: str) -> int:
    """The number in `1d`."""
    if re.fullmatch(r"[1-9][0-9]{0,3}d", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError("is a number of days, such as 1d")
    return int(text[:-1])


def _begin(asked: argparse.Namespace) -> TrustedKeys:
    keys = read_trusted_keys(asked.keys)
    for vault in asked.vaults:
        if not is_folder(vault.resolve()):
            raise KeysUnusable(f"{vault} is no folder")
    if asked.identity is not None and not asked.identity.is_file():
        raise KeysUnusable(f"{asked.identity} is no file")
    return keys


def _json(vault: Path, verdict: Verdict) -> str:
    report = verdict.report
    said: dict[str, Any] = {
        "vault": str(vault),
        "good": not report.findings and not report.unjudged,
        "findings": [asdict(each) for each in report.findings],
        "notes": [asdict(each) for each in report.notes],
        "unjudged": [asdict(each) for each in report.unjudged],
        "stations": verdict.stations,
        "logs": verdict.logs,
    }
    return json.dumps(said)


def _text(vault: Path, verdict: Verdict) -> str:
    report = verdict.report
    lines = [_line("finding", each) for each in report.findings] + [_line("note", each) for each in report.notes]
    lines += [_line("open", each) for each in report.unjudged]
    for name, counts in verdict.stations.items():
        lines.append(f"{name}: " + ", ".join(f"{what} {count}" for what, count in counts.items()))
    lines += [f"{origin}: {fixed}" for origin, fixed in verdict.logs.items()]
    said = "not judged: no finding" if report.unjudged else "good: no finding"
    said = f"{len(report.findings)} findings" if report.findings else said
    lines.append(f"{vault}: {said}, {len(report.notes)} notes")
    return "\n".join(_printable(line) for line in lines)


def _line(kind: str, remark: Remark) -> str:
    return f"{kind:8} {remark.code:32} {remark.place}: {remark.detail}"


def _printable(text: str) -> str:
    """Without what would move the cursor or end the line: names and values come from anybody who wrote the vault."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
