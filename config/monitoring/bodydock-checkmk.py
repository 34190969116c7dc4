#!/usr/bin/env python3
"""Checkmk local check for bodydock stations: reads the retained topics of all stations from the broker, judges them, changes nothing.

Copy it to /usr/lib/check_mk_agent/local/ on a machine that reaches the broker; it wants mosquitto_sub and nothing else. What it hands to
mosquitto_sub (host, user, TLS files) stands in $XDG_CONFIG_HOME/mosquitto_sub or ~/.config/mosquitto_sub of the agent's user, one option a
line, so that no password is on a command line. The base of the topics is its one argument, "bodydock" where it is left out.

States: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN. One service a station and a condition's code, so that an acknowledgement stays with its cause.
"""

import json
import subprocess
import sys
from datetime import datetime, timezone

WAIT_SECONDS = 3
MESSAGES_MAX = 10_000
STATE_OF = {"info": 0, "warning": 1, "error": 2, "critical": 2}
OK, WARN, CRIT, UNKNOWN = 0, 1, 2, 3


def read_topics(base):
    """All retained documents below the base as {station: {topic: document}}."""
    names = ["status", "health", "bay/+", "condition/+"]
    filters = [part for name in names for part in ("-t", f"{base}/v1/+/{name}")]
    command = ["mosquitto_sub", *filters, "--retained-only", "-W", str(WAIT_SECONDS), "-C", str(MESSAGES_MAX), "-F", "%t %p"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS + 20, check=False)
    if done.returncode not in (0, 27):  # 27: the time is over, which is how it always ends
        raise RuntimeError(done.stderr.strip() or f"mosquitto_sub ended with {done.returncode}")
    stations = {}
    for line in done.stdout.splitlines():
        topic, _, text = line.partition(" ")
        station, _, name = topic[len(base) + len("/v1/"):].partition("/")
        if text:
            stations.setdefault(station, {})[name] = json.loads(text)
    return stations


def said(state, service, metrics, text):
    """One line as Checkmk reads it."""
    values = "|".join(f"{name}={value}" for name, value in metrics.items() if value is not None)
    clean = text.replace("\n", " ").replace("|", "/")
    print(f'{state} "{service}" {values or "-"} {clean}')


def judge_station(station, topics, now):
    status, health = topics.get("status"), topics.get("health")
    if status is None:
        said(UNKNOWN, f"bodydock {station}", {}, "no status: has this station ever been connected?")
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
        if age > 3 * health["interval_seconds"]:
            state, text = CRIT, f"connected, but its heartbeat is {round(age)} s old: it hangs, or a clock is wrong"
    said(state, f"bodydock {station}", metrics, text)
    judge_bays(station, topics)
    for name, condition in sorted(topics.items()):
        if name.startswith("condition/") and condition["session"] == session:
            judge_condition(station, condition)


NUMBERS = ("free_bytes", "spooled_recordings", "spooled_bytes", "oldest_unstored_seconds", "temperature_c", "event_loop_delay_ms", "memory_bytes")


def judge_bays(station, topics):
    for name, bay in sorted(topics.items()):
        if name.startswith("bay/"):
            state = CRIT if bay["light"] == "call-someone" else OK
            waiting = bay["entries"] - bay["entries_receipted"]
            said(state, f"bodydock {station} {bay['bay']}", {"entries_waiting": waiting}, f"{bay['state']}, {bay['light']}, camera {bay['camera']}")


def about(subject):
    """A subject with the reason that a remedy may go by."""
    return ": ".join(part for part in (subject["subject"], subject["facts"].get("reason")) if isinstance(part, str))


def judge_condition(station, condition):
    subjects = ", ".join(filter(None, map(about, condition["subjects"])))
    text = f"{condition['text']['en']} {condition['remedy']['en']}" + (f" [{subjects}]" if subjects else "")
    said(STATE_OF.get(condition["severity"], WARN), f"bodydock {station} {condition['code']}", {"subjects": condition["subjects_shown"]}, text)


def main():
    base = sys.argv[1] if len(sys.argv) > 1 else "bodydock"
    try:
        stations = read_topics(base)
    except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        said(UNKNOWN, "bodydock broker", {}, f"the topics could not be read: {error}")
        return
    said(OK if stations else WARN, "bodydock broker", {"stations": len(stations)}, f"{len(stations)} stations")
    now = datetime.now(timezone.utc)
    for station, topics in sorted(stations.items()):
        judge_station(station, topics, now)


if __name__ == "__main__":
    main()
