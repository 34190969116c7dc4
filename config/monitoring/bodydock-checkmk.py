#!/usr/bin/env python3
"""Checkmk local check for bodydock stations: reads the retained topics of all stations from the broker, judges them, changes nothing.

Copy it to /usr/lib/check_mk_agent/local/ on a machine that reaches the broker; it wants mosquitto_sub and nothing else. What it hands to
mosquitto_sub (host, user, TLS files) stands in $XDG_CONFIG_HOME/mosquitto_sub or ~/.config/mosquitto_sub of the agent's user, one option a
line, so that no password is on a command line. The base of the topics is its one argument, "bodydock" where it is left out.

States: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN. One service a station and a condition's code, so that an acknowledgement stays with its cause.

Whoever has the account of one station can put anything below that station's topics. It changes what is said of that station and of no other: payloads
come as hex digits, so that none makes a line of its own; what cannot be read is told of its station; nothing of a document but plain words gets into a line.
"""

import json
import re
import subprocess
import sys
from datetime import datetime, timezone

WAIT_SECONDS = 3
MESSAGES_MAX = 10_000
# Of one line's text: two sentences of a condition and its subjects.
CHARACTERS_MAX = 4000
# Of one topic for each station first, so that a flood of the others hides no station.
NAMES = (("status", "health"), ("bay/+", "condition/+"))
STATE_OF = {"info": 0, "warning": 1, "error": 2, "critical": 2}
OK, WARN, CRIT, UNKNOWN = 0, 1, 2, 3


def read_lines(base, names):
    """Retained messages of these topics of all stations, as lines of payload in hex digits and topic."""
    filters = [part for name in names for part in ("-t", f"{base}/v1/+/{name}")]
    command = ["mosquitto_sub", *filters, "--retained-only", "-W", str(WAIT_SECONDS), "-C", str(MESSAGES_MAX), "-F", "%x %t"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS + 20, check=False)
    if done.returncode not in (0, 27):  # 27: the time is over, which is how it always ends
        raise RuntimeError(done.stderr.strip() or f"mosquitto_sub ended with {done.returncode}")
    return done.stdout.splitlines()


def read_topics(base):
    """All retained documents below the base as {station: {topic: document}}, None for what cannot be read; and whether that is all."""
    stations, complete = {}, True
    for names in NAMES:
        lines = read_lines(base, names)
        complete = complete and len(lines) < MESSAGES_MAX
        for line in lines:
            digits, _, topic = line.partition(" ")
            station, _, name = topic[len(base) + len("/v1/"):].partition("/")
            stations.setdefault(station, {})[name] = read_document(digits)
    return stations, complete


def read_document(digits):
    try:
        document = json.loads(bytes.fromhex(digits))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def said(state, service, metrics, text):
    """One line as Checkmk reads it."""
    values = "|".join(f"{name}={value}" for name, value in metrics.items() if isinstance(value, (int, float)))
    name = re.sub(r"[^A-Za-z0-9 ._-]", "?", service[:CHARACTERS_MAX])
    clean = "".join(each if each.isprintable() else " " for each in text[:CHARACTERS_MAX].replace("|", "/"))
    return f'{state} "{name}" {values or "-"} {clean}'


def judge_station(station, topics, now):
    """Its lines; one that says so where its documents are not what a station says."""
    try:
        return list(station_lines(station, topics, now))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return [said(UNKNOWN, f"bodydock {station}", {}, "its topics hold what no station says: who has its account?")]


def station_lines(station, topics, now):
    if None in topics.values():
        raise ValueError("a document that cannot be read")
    status, health = topics.get("status"), topics.get("health")
    if status is None:
        yield said(UNKNOWN, f"bodydock {station}", {}, "no status: has this station ever been connected?")
        return
    session = status["session"]
    metrics, state, text = {}, OK, f"{status['state']} since {status['since']}"
    if status["state"] in ("offline", "init"):
        state, text = CRIT, f"{status['state']} ({status['reason'] or 'starting'}) since {status['since']}"
    elif health is None or health["session"] != session:
        state, text = CRIT, "no heartbeat of this run"
    else:
        age = (now - datetime.fromisoformat(health["at"].replace("Z", "+00:00"))).total_seconds()
        metrics = {key: health[key] for key in NUMBERS}
        metrics["heartbeat_age_seconds"] = max(0, round(age))
        if age > LATE_SECONDS:
            state, text = CRIT, f"connected, but its heartbeat is {round(age)} s old: it hangs, or a clock is wrong"
        elif age < -LATE_SECONDS:
            state, text = CRIT, f"its heartbeat is {round(-age)} s ahead: a clock is wrong, and one that hangs would not show"
    yield said(state, f"bodydock {station}", metrics, text)
    yield from bay_lines(station, topics)
    for name, condition in sorted(topics.items()):
        if name.startswith("condition/") and condition["session"] == session:
            yield condition_line(station, condition)


# Three heartbeats; what a station says its interval is does not count.
LATE_SECONDS = 180


NUMBERS = ("free_bytes", "spooled_recordings", "spooled_bytes", "oldest_unstored_seconds", "temperature_c", "event_loop_delay_ms", "memory_bytes")


def bay_lines(station, topics):
    for name, bay in sorted(topics.items()):
        if name.startswith("bay/"):
            state = CRIT if bay["light"] == "call-someone" else OK
            waiting = bay["entries"] - bay["entries_receipted"]
            yield said(state, f"bodydock {station} {bay['bay']}", {"entries_waiting": waiting}, f"{bay['state']}, {bay['light']}, camera {bay['camera']}")


def about(subject):
    """A subject with the reason that a remedy may go by."""
    return ": ".join(part for part in (subject["subject"], subject["facts"].get("reason")) if isinstance(part, str))


def condition_line(station, condition):
    subjects = ", ".join(filter(None, map(about, condition["subjects"])))
    text = f"{condition['text']['en']} {condition['remedy']['en']}" + (f" [{subjects}]" if subjects else "")
    return said(STATE_OF.get(condition["severity"], WARN), f"bodydock {station} {condition['code']}", {"subjects": condition["subjects_shown"]}, text)


def main():
    base = sys.argv[1] if len(sys.argv) > 1 else "bodydock"
    try:
        stations, complete = read_topics(base)
    except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        print(said(UNKNOWN, "bodydock broker", {}, f"the topics could not be read: {error}"))
        return
    metrics = {"stations": len(stations)}
    if complete:
        print(said(OK if stations else WARN, "bodydock broker", metrics, f"{len(stations)} stations"))
    else:
        print(said(CRIT, "bodydock broker", metrics, f"{MESSAGES_MAX} topics and more: some conditions are not seen"))
    now = datetime.now(timezone.utc)
    for station, topics in sorted(stations.items()):
        print("\n".join(judge_station(station, topics, now)))


if __name__ == "__main__":
    main()
