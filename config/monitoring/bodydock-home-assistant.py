#!/usr/bin/env python3
"""Tells Home Assistant of the bodydock stations at a broker: publishes one retained MQTT discovery message an entity.

Run it once, and again when a station or a bay was added; `--remove` takes all of them away again. It reads <base>/v1/+/info with
mosquitto_sub and writes <prefix>/... with mosquitto_pub. Options for both (host, user, TLS files) stand in ~/.config/mosquitto_sub and
~/.config/mosquitto_pub, one a line. The account must be allowed to write below the prefix, which no station's account is: so a station is who its topic
says, whatever its document says, and what is no name makes no topic.

A broker that gives no retained message to a subscription with a wildcard (RabbitMQ) wants two more: name each station with `--station`, and
print the entities as configuration with `--yaml` for Home Assistant's configuration.yaml, because Home Assistant looks for discovery messages by a
wildcard and would lose all entities at its next start. Their states come either way, by full topics.
"""

import argparse
import json
import re
import subprocess
import sys

WAIT_SECONDS = 2
STATIONS_MAX = 1000
BAYS_MAX = 64
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

# Field of `health`, name, unit, device class.
NUMBERS = (
    ("free_bytes", "Free space", "B", "data_size"),
    ("spooled_recordings", "Recordings waiting", None, None),
    ("oldest_unstored_seconds", "Oldest recording or docking record waiting", "s", "duration"),
    ("temperature_c", "Temperature", "°C", "temperature"),
    ("conditions_critical", "Critical conditions", None, None),
    ("conditions_error", "Errors", None, None),
    ("conditions_warning", "Warnings", None, None),
)


def read_stations(base, named):
    """Retained information by the id of the station: of those that are named, of every one where none is."""
    filters = [part for station in named or ["+"] for part in ("-t", f"{base}/v1/{station}/info")]
    command = ["mosquitto_sub", *filters, "--retained-only", "-W", str(WAIT_SECONDS), "-C", str(STATIONS_MAX), "-F", "%x %t"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS + 20, check=False)
    if done.returncode not in (0, 27):
        raise SystemExit(done.stderr)
    read = (read_station(base, *line.split(" ", 1)) for line in done.stdout.splitlines())
    return dict(found for found in read if found is not None)


def read_station(base, digits, topic):
    """A station by its topic with its information; None, and said, where that is not what a station says."""
    station = topic[len(base) + len("/v1/"):].removesuffix("/info")
    try:
        info = json.loads(bytes.fromhex(digits))
        version, bays = str(info["version"])[:64], [bay["bay"] for bay in info["configuration"]["bays"]]
        if len(bays) <= BAYS_MAX and all(NAME.fullmatch(name) for name in (station, *bays)):
            return station, (version, bays)
    except (KeyError, RecursionError, TypeError, ValueError):
        pass
    print(f"left out: {topic} holds what no station says", file=sys.stderr)
    return None


def entities(base, station, version, bays):
    """Discovery messages of one station as (component, object id, configuration)."""
    topic = f"{base}/v1/{station}"
    device = {"identifiers": [f"bodydock-{station}"], "name": f"Docking station {station}", "model": "bodydock", "sw_version": version}
    common = {
        "device": device,
        "availability_topic": f"{topic}/status",
        "availability_template": "{{ 'offline' if value_json.state in ['offline', 'init'] else 'online' }}",
    }
    yield "sensor", "state", {**common, "name": "State", "state_topic": f"{topic}/status", "value_template": "{{ value_json.state }}"}
    for field, name, unit, device_class in NUMBERS:
        more = {key: value for key, value in (("unit_of_measurement", unit), ("device_class", device_class)) if value}
        # A heartbeat that stays out makes the number unavailable.
        yield "sensor", field, {**common, **more, "name": name, "state_topic": f"{topic}/health", "expire_after": 180, "value_template": "{{ value_json." + field + " }}"}
    for name in bays:
        yield "sensor", name, {**common, "name": f"Bay {name}", "state_topic": f"{topic}/bay/{name}", "value_template": "{{ value_json.light }}", "json_attributes_topic": f"{topic}/bay/{name}"}


def name_of(text):
    if NAME.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no id of a station")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="bodydock")
    parser.add_argument("--prefix", default="homeassistant")
    parser.add_argument("--station", action="append", default=[], type=name_of, help="a station; may be given more than once (default: all that are found)")
    parser.add_argument("--remove", action="store_true", help="take the discovery messages away again")
    parser.add_argument("--yaml", action="store_true", help="print lines for configuration.yaml and publish nothing")
    options = parser.parse_args()
    found = sorted(read_stations(options.base, options.station).items())
    if not found:
        raise SystemExit("no station found: none was ever connected, or this broker gives nothing retained to a wildcard (RabbitMQ): name each with --station")
    if options.yaml:
        print("mqtt:")
        for station, (version, bays) in found:
            for component, name, configuration in entities(options.base, station, version, bays):
                print(f"  - {component}: {json.dumps({**configuration, 'unique_id': f'bodydock_{station}_{name}'})}")
        return
    for station, (version, bays) in found:
        for component, name, configuration in entities(options.base, station, version, bays):
            unique = f"bodydock_{station}_{name}"
            text = "" if options.remove else json.dumps({**configuration, "unique_id": unique})
            topic = f"{options.prefix}/{component}/bodydock-{station}/{name}/config"
            payload = ["-s"] if text else ["-n"]
            subprocess.run(["mosquitto_pub", "-t", topic, "-r", "-q", "1", *payload], input=text, text=True, check=True, timeout=20)
            print(topic)


if __name__ == "__main__":
    main()
