#!/usr/bin/env python3
"""Checkmk local check for bodydock stations and stores: reads their retained topics from the broker, judges them, changes nothing.

Copy it to /usr/lib/check_mk_agent/local/ on a machine that reaches the broker; it wants mosquitto_sub and nothing else. What it hands to
mosquitto_sub (host, user, TLS files) stands in $XDG_CONFIG_HOME/mosquitto_sub or ~/.config/mosquitto_sub of the agent's user, one option a
line, so that no password is on a command line.

The file $MK_CONFDIR/bodydock-stations (/etc/check_mk/bodydock-stations) lists the stations and the receivers of stores (r-...), one id a line; "#" begins a comment. With it a
station that the broker has forgotten is told, and it works with brokers that give no retained message to a subscription with a wildcard
(RabbitMQ); a station that is not in the list is not looked at. Without the file the check shows the stations that it finds.

States: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN. One service a station or store and a condition's code, so that an acknowledgement stays with its cause.

Whoever has the account of one station can put anything below that station's topics. It changes what is said of that station and of no other: payloads
come as hex digits, so that none makes a line of its own; what cannot be read is told of its station; nothing of a document but plain words gets into a line.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone

WAIT_SECONDS = 3
MESSAGES_MAX = 10_000
# Of one line's text: two sentences of a condition and its subjects.
CHARACTERS_MAX = 4000
STATIONS_MAX = 1000
TOPICS_OF_STATION_MAX = 512
# All stores, as "+" is all stations.
STORES = "store/+"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
CODE = re.compile(r"[a-z]{1,16}\.[a-z]{1,16}(?:-[a-z]{1,16}){0,4}")
BASE = re.compile(r"[a-z0-9-]{1,32}(?:/[a-z0-9-]{1,32})?")
STATE_OF = {"info": 0, "warning": 1, "error": 2, "critical": 2}
OK, WARN, CRIT, UNKNOWN = 0, 1, 2, 3


def read_lines(filters):
    """Retained messages of these topics, as lines of payload in hex digits and topic."""
    options = [part for each in filters for part in ("-t", each)]
    command = ["mosquitto_sub", *options, "--retained-only", "-W", str(WAIT_SECONDS), "-C", str(MESSAGES_MAX), "-F", "%x %t"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS + 20, check=False)
    if done.returncode not in (0, 27):  # 27: the time is over, which is how it always ends
        raise RuntimeError(done.stderr.strip() or f"mosquitto_sub ended with {done.returncode}")
    return done.stdout.splitlines()


def read_topics(base, listed):
    """Documents below the base as {station: {topic: document}}, None for what cannot be read; and whether that is all."""
    stations, complete = {station: {} for station in listed}, True
    # Of one topic for each station first, so that a flood of the others hides no station; and what they say tells which others there are.
    for names_of in (first_names, further_names):
        asked = listed or ["+", STORES]
        filters = [f"{base}/v1/{place_of(station)}/{name}" for station in asked for name in names_of(station, stations)]
        lines = read_lines(filters) if filters else []
        complete = complete and len(lines) < MESSAGES_MAX
        for line in lines:
            digits, _, topic = line.partition(" ")
            place = topic[len(base) + len("/v1/"):]
            station, _, name = (place[len("store/"):] if place.startswith("store/r-") else place).partition("/")
            if name.startswith("condition/"):
                name = name.replace("/", ".").replace(".", "/", 1)  # RabbitMQ gives the dot of a code back as a slash
            stations.setdefault(station, {})[name] = read_document(digits)
    return stations, complete


def is_store(station):
    """No station's id begins like that of a receiver."""
    return station.startswith("r-")


def place_of(station):
    return f"store/{station}" if is_store(station) else station


def first_names(station, _stations):
    return ("status", "health") if station in ("+", STORES) or is_store(station) else ("status", "health", "info")


def further_names(station, stations):
    """Topics of bays and conditions: by wildcard of all stations, and in full of one that is listed, as its other documents name them."""
    if station in ("+", STORES):
        return ["bay/+", "condition/+"] if station == "+" else ["condition/+"]
    named = []
    for kind, pattern, names in (("bay", NAME, bay_names), ("condition", CODE, condition_codes)):
        try:
            named += [f"{kind}/{name}" for name in names(stations[station]) if pattern.fullmatch(name)]
        except (KeyError, TypeError):
            pass  # what is no document of a station is told when it is judged
    return named[:TOPICS_OF_STATION_MAX]


def bay_names(topics):
    return [bay["bay"] for bay in topics["info"]["configuration"]["bays"]]


def condition_codes(topics):
    return topics["health"]["conditions"]


def read_list(path):
    """Ids of the stations in that file, none where it is not there. Errors: ValueError for a line that is no id."""
    try:
        with open(path, encoding="utf-8") as file:
            ids = [line.partition("#")[0].strip() for line in file]
    except FileNotFoundError:
        return []
    found = list(dict.fromkeys(filter(None, ids)))
    wrong = [each for each in found if not NAME.fullmatch(each)]
    if wrong or len(found) > STATIONS_MAX:
        raise ValueError(f"{path}: {wrong[0][:40] + ' is no id of a station' if wrong else 'too many stations'}")
    return found


def read_document(digits):
    try:
        document = json.loads(bytes.fromhex(digits))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def is_number(value):
    """What JSON calls a number: a station may send true, NaN or 1e999, which no metric is."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e15 < value < 1e15


def said(state, service, metrics, text):
    """One line as Checkmk reads it."""
    values = "|".join(f"{name}={value}" for name, value in metrics.items() if is_number(value))
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
        yield said(UNKNOWN, f"bodydock {station}", {}, "no status: it was never connected, or the broker has forgotten it")
        return
    session = status["session"]
    metrics, state, text = {}, OK, f"{status['state']} since {status['since']}"
    if status["state"] in ("offline", "init"):
        state, text = CRIT, f"{status['state']} ({status['reason'] or 'starting'}) since {status['since']}"
    elif health is None or health["session"] != session:
        state, text = CRIT, "no heartbeat of this run"
    else:
        age = (now - datetime.fromisoformat(health["at"].replace("Z", "+00:00"))).total_seconds()
        metrics = {key: health[key] for key in (NUMBERS_OF_STORE if is_store(station) else NUMBERS)}
        metrics["heartbeat_age_seconds"] = max(0, round(age))
        if age > LATE_SECONDS:
            state, text = CRIT, f"connected, but its heartbeat is {round(age)} s old: it hangs, or a clock is wrong"
        elif age < -LATE_SECONDS:
            state, text = CRIT, f"its heartbeat is {round(-age)} s ahead: a clock is wrong, and one that hangs would not show"
    yield said(state, f"bodydock {station}", metrics, text)
    yield from bay_lines(station, topics)
    if health is not None and "conditions" not in health and any(health.get(key) for key in COUNTS) and not any(name.startswith("condition/") for name in topics):
        yield said(WARN, f"bodydock {station} conditions", {}, "it shows conditions and is of a version that does not name them: upgrade it")
    for name, condition in sorted(topics.items()):
        if name.startswith("condition/") and condition["session"] == session:
            yield condition_line(station, condition)


# Three heartbeats; what a station says its interval is does not count.
LATE_SECONDS = 180


NUMBERS = ("free_bytes", "spooled_recordings", "spooled_bytes", "oldest_unstored_seconds", "temperature_c", "event_loop_delay_ms", "memory_bytes")

NUMBERS_OF_STORE = ("free_bytes", "used_bytes", "recordings", "recordings_held", "recordings_due", "transfers", "log_size", "outside_age_seconds", "memory_bytes")

COUNTS = ("conditions_info", "conditions_warning", "conditions_error", "conditions_critical")


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


def broker_line(stations, complete, path):
    count = sum(not is_store(station) for station in stations)
    metrics = {"stations": count}
    if not complete:
        return said(CRIT, "bodydock broker", metrics, f"{MESSAGES_MAX} topics and more: some conditions are not seen")
    if not stations:
        hint = f"None was ever connected, or this broker gives nothing retained to a wildcard (RabbitMQ): list the stations in {path}"
        return said(WARN, "bodydock broker", metrics, f"0 stations. {hint}")
    return said(OK, "bodydock broker", metrics, f"{count} stations")


def base_of(text):
    if BASE.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no base: one or two parts of a-z, 0-9 and -")


def read_arguments():
    default = os.path.join(os.environ.get("MK_CONFDIR", "/etc/check_mk"), "bodydock-stations")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", nargs="?", type=base_of, default="bodydock", help="base of the topics (default: bodydock)")
    parser.add_argument("--stations", metavar="FILE", default=default, help=f"list of stations (default: {default})")
    return parser.parse_args()


def main():
    options = read_arguments()
    try:
        stations, complete = read_topics(options.base, read_list(options.stations))
    except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        print(said(UNKNOWN, "bodydock broker", {}, f"the topics could not be read: {error}"))
        return
    print(broker_line(stations, complete, options.stations))
    now = datetime.now(timezone.utc)
    for station, topics in sorted(stations.items()):
        print("\n".join(judge_station(station, topics, now)))


if __name__ == "__main__":
    main()
