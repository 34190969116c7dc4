// What `bodydock status` says, in English and German.
import type { BayDocument, StatusDocument } from '../../protocol/transfer/monitoring.ts';
import type { Severity } from '../monitoring/condition-kind.ts';
import type { Asked } from '../monitoring/control-client.ts';
import type { Language } from '../evidence/page/language.ts';

/** Why there is nothing to show, and what to do about it. {} is the folder of the spool. */
type NoAgent = Readonly<Record<Exclude<Asked['kind'], 'answered'>, string>>;

export interface StatusWords {
  readonly states: Readonly<Record<StatusDocument['state'], string>>;
  readonly lights: Readonly<Record<BayDocument['light'], string>>;
  readonly bayStates: Readonly<Record<BayDocument['state'], string>>;
  readonly severities: Readonly<Record<Severity, string>>;
  readonly bay: string;
  readonly camera: string;
  readonly light: string;
  readonly state: string;
  readonly progress: string;
  readonly since: string;
  /** Since when the camera is in its bay. */
  readonly docked: string;
  readonly files: string;
  readonly waiting: readonly [one: string, many: string];
  readonly notTaken: string;
  readonly backlog: string;
  readonly nothingWaits: string;
  readonly recordings: readonly [one: string, many: string];
  readonly records: readonly [one: string, many: string];
  readonly oldest: string;
  readonly untilWindow: string;
  readonly aside: readonly [one: string, many: string];
  readonly store: string;
  readonly heard: string;
  readonly unheard: string;
  readonly broker: string;
  readonly connected: string;
  readonly notConnected: string;
  readonly atMost: string;
  readonly disk: string;
  readonly free: string;
  readonly unknown: string;
  readonly clock: string;
  readonly clockStates: readonly [synchronised: string, not: string, unknown: string];
  readonly noConditions: string;
  readonly toDo: string;
  readonly more: string;
  readonly refused: string;
  readonly noAgent: NoAgent;
  /** Seconds, minutes, hours, days. */
  readonly units: readonly [string, string, string, string];
}

export const STATUS_WORDS: Readonly<Record<Language, StatusWords>> = {
  en: {
    states: { init: 'starting', ready: 'ready', degraded: 'degraded', offline: 'stopping' },
    lights: {
      off: '-',
      'safe-to-take': 'safe to take',
      'do-not-take': 'do not take',
      'call-someone': 'call someone',
    },
    bayStates: {
      empty: 'empty',
      reading: 'reading',
      pulling: 'pulling',
      pushing: 'pushing',
      erasing: 'erasing',
      done: 'done',
      failed: 'failed',
    },
    severities: { info: 'note', warning: 'warning', error: 'error', critical: 'critical' },
    bay: 'BAY',
    camera: 'CAMERA',
    light: 'LIGHT',
    state: 'STATE',
    progress: 'PROGRESS',
    since: 'since {} UTC',
    docked: 'docked since {} UTC',
    files: '{} files',
    waiting: ['1 waits', '{} wait'],
    notTaken: '{} cannot be taken',
    backlog: 'Backlog',
    nothingWaits: 'none: the store has everything',
    recordings: ['1 recording', '{} recordings'],
    records: ['1 docking record', '{} docking records'],
    oldest: 'oldest {}',
    untilWindow: 'recordings wait for their hours until {} UTC',
    aside: [
      '1 entry set aside (`bodydock spool quarantine`)',
      '{} entries set aside (`bodydock spool quarantine`)',
    ],
    store: 'Store',
    heard: 'last heard {} ago',
    unheard: 'not heard since the agent started',
    broker: 'Broker',
    connected: '{}, connected',
    notConnected: '{}, NOT connected',
    atMost: 'at most {}/s',
    disk: 'Disk',
    free: '{} free',
    unknown: 'unknown',
    clock: 'Clock',
    clockStates: ['synchronised', 'NOT synchronised', 'the system does not tell'],
    noConditions: 'No active conditions.',
    toDo: 'To do: ',
    more: '... {} more lines: `bodydock status --once` shows all',
    refused:
      'The file station.yaml is refused: `bodydock check` names each line and what to do. Until it is right the agent goes on with what it had before:',
    noAgent: {
      absent:
        'No agent runs on the spool {}. Start it: `systemctl start bodydock`. If it does not stay: `journalctl -u bodydock -n 50`, and `bodydock doctor`.',
      busy: 'An agent holds the spool {}, but does not answer: it starts or stops. Try again in a minute; then look into `journalctl -u bodydock -n 50`.',
      denied:
        'This user may not ask the agent of the spool {}. Take `sudo bodydock status`, or add the user to the group bodydock.',
      silent:
        'The agent of the spool {} does not answer in time. Look into `journalctl -u bodydock -n 50`; if it hangs, the watchdog starts it anew.',
    },
    units: ['s', 'min', 'h', 'days'],
  },
  de: {
    states: { init: 'startet', ready: 'bereit', degraded: 'eingeschränkt', offline: 'endet' },
    lights: {
      off: '-',
      'safe-to-take': 'entnehmen',
      'do-not-take': 'nicht entnehmen',
      'call-someone': 'Hilfe holen',
    },
    bayStates: {
      empty: 'leer',
      reading: 'liest',
      pulling: 'holt',
      pushing: 'überträgt',
      erasing: 'löscht',
      done: 'fertig',
      failed: 'Fehler',
    },
    severities: { info: 'Hinweis', warning: 'Warnung', error: 'Fehler', critical: 'kritisch' },
    bay: 'PLATZ',
    camera: 'KAMERA',
    light: 'LEUCHTE',
    state: 'ZUSTAND',
    progress: 'FORTSCHRITT',
    since: 'seit {} UTC',
    docked: 'angedockt seit {} UTC',
    files: '{} Dateien',
    waiting: ['1 wartet noch', '{} warten noch'],
    notTaken: '{} nicht übernehmbar',
    backlog: 'Rückstand',
    nothingWaits: 'keiner: Der Zentralspeicher hat alles',
    recordings: ['1 Aufzeichnung', '{} Aufzeichnungen'],
    records: ['1 Andockprotokoll', '{} Andockprotokolle'],
    oldest: 'älteste {}',
    untilWindow: 'Aufzeichnungen warten auf ihr Zeitfenster bis {} UTC',
    aside: [
      '1 Eintrag in Quarantäne (`bodydock spool quarantine`)',
      '{} Einträge in Quarantäne (`bodydock spool quarantine`)',
    ],
    store: 'Zentralspeicher',
    heard: 'letzter Kontakt: {} her',
    unheard: 'seit dem Start des Agenten nicht gehört',
    broker: 'Broker',
    connected: '{}, verbunden',
    notConnected: '{}, NICHT verbunden',
    atMost: 'höchstens {}/s',
    disk: 'Datenträger',
    free: '{} frei',
    unknown: 'unbekannt',
    clock: 'Uhr',
    clockStates: ['abgeglichen', 'NICHT abgeglichen', 'Abgleich nicht feststellbar'],
    noConditions: 'Nichts zu melden.',
    toDo: 'Zu tun: ',
    more: '... {} weitere Zeilen: `bodydock status --once` zeigt alle',
    refused:
      'Die Datei station.yaml wird abgewiesen: `bodydock check` nennt jede Zeile und was zu tun ist. Bis sie stimmt, arbeitet der Agent mit dem bisherigen Stand weiter:',
    noAgent: {
      absent:
        'Auf dem Zwischenspeicher {} läuft kein Agent. Starten: `systemctl start bodydock`. Bleibt er nicht: `journalctl -u bodydock -n 50` und `bodydock doctor`.',
      busy: 'Ein Agent hält den Zwischenspeicher {}, antwortet aber nicht: Er startet oder endet. In einer Minute erneut versuchen; danach in `journalctl -u bodydock -n 50` sehen.',
      denied:
        'Dieser Benutzer darf den Agenten des Zwischenspeichers {} nicht fragen. `sudo bodydock status` nehmen oder den Benutzer in die Gruppe bodydock aufnehmen.',
      silent:
        'Der Agent des Zwischenspeichers {} antwortet nicht rechtzeitig. In `journalctl -u bodydock -n 50` sehen; hängt er, startet ihn der Watchdog neu.',
    },
    units: ['s', 'min', 'h', 'Tage'],
  },
};
