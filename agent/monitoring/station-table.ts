// Conditions of the machine that the station is.
import type { ConditionTable } from './condition-kind.ts';

/** The computer, its clock and its lights. */
export const STATION_TABLE = {
  'configuration.refused': {
    severity: 'warning',
    subject: 'none',
    text: {
      en: 'station.yaml was changed and is not right: the station goes on with what it had before.',
      de: 'station.yaml wurde geändert und ist nicht richtig: Die Station arbeitet mit dem bisherigen Stand weiter.',
    },
    remedy: {
      en: 'Run "bodydock check": it names each line and what to do. A good file is taken over by itself.',
      de: '"bodydock check" ausführen: Es nennt jede Zeile und was zu tun ist. Eine gute Datei wird von selbst übernommen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['problems', 'line', 'key', 'reason'],
  },
  'station.clock-unsynchronised': {
    severity: 'warning',
    subject: 'none',
    text: {
      en: 'The clock of the station is not synchronised.',
      de: 'Die Uhr der Station ist nicht abgeglichen.',
    },
    remedy: {
      en: 'Check that the time server can be reached ("timedatectl"). Recordings are taken all the same.',
      de: 'Prüfen, ob der Zeitserver erreichbar ist ("timedatectl"). Aufzeichnungen werden trotzdem übernommen.',
    },
    afterMs: 0,
    causes: [],
    facts: [],
  },
  'station.short': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The station is short of memory or file handles: it takes and hands over nothing for now, cameras keep their recordings.',
      de: 'Der Station fehlt Arbeitsspeicher, oder zu viele Dateien sind offen: Sie übernimmt und überträgt vorerst nichts, die Kameras behalten ihre Aufzeichnungen.',
    },
    remedy: {
      en: 'Restart it: "systemctl restart bodydock". If it comes again, end other programs on the station and send the output of "journalctl -u bodydock" to the maker.',
      de: 'Neu starten: "systemctl restart bodydock". Kommt es wieder, andere Programme auf der Station beenden und die Ausgabe von "journalctl -u bodydock" dem Hersteller senden.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'station.temperature': {
    severity: 'warning',
    subject: 'none',
    text: {
      en: 'The station is too warm.',
      de: 'Die Station ist zu warm.',
    },
    remedy: {
      en: 'Give it air: uncover it, clean it, move it away from heating and sun.',
      de: 'Für Luft sorgen: nicht abdecken, reinigen, von Heizung und Sonne wegstellen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['temperature_c', 'limit_c'],
  },
  'station.led': {
    severity: 'warning',
    subject: 'led',
    text: {
      en: 'The light of a bay cannot be switched.',
      de: 'Die Leuchte eines Platzes lässt sich nicht schalten.',
    },
    remedy: {
      en: 'Check `led` of that bay in station.yaml, the light, and the right to write below /sys/class/leds.',
      de: '`led` dieses Platzes in station.yaml, die Leuchte und das Schreibrecht unter /sys/class/leds prüfen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
} satisfies ConditionTable;
