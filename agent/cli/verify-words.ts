// What `bodydock verify` says around what it found, in English and German. Values go into "{}" in order (page/language.ts).
import type { DockingRecord } from '../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../protocol/documents/manifest.ts';
import type { Language } from '../evidence/page/language.ts';
import type { Place } from '../evidence/verify/place.ts';

export interface VerifyWords {
  readonly kinds: Readonly<Record<Place['kind'], string>>;
  /** Folder, then whose: station, store, officer, supervisor. */
  readonly keys: string;
  /** Witnesses, and files with certificates of time-stamp authorities. */
  readonly outside: string;
  readonly noKeys: string;
  /** In front of a folder: nothing was found in it, or something was. Of one width. */
  readonly good: string;
  readonly bad: string;
  readonly noManifest: string;
  readonly roles: Readonly<Record<Manifest['role'], string>>;
  readonly bytes: string;
  readonly unitsGood: string;
  readonly deletedAt: string;
  readonly rejected: string;
  readonly receipted: string;
  readonly opened: string;
  readonly noRecord: string;
  readonly dockedAt: string;
  /** How a docking ended, and when. */
  readonly endings: Readonly<Record<DockingRecord['ended'], string>>;
  readonly endedAt: string;
  readonly part: string;
  readonly noInventory: string;
  readonly entries: string;
  readonly later: string;
  readonly finding: string;
  readonly note: string;
  readonly toDo: string;
  readonly recordings: string;
  readonly received: string;
  readonly receivedByLog: string;
  readonly dockings: string;
  readonly staff: string;
  readonly units: string;
  readonly allRejected: string;
  readonly store: string;
  readonly evaluations: string;
  readonly keyChanges: string;
  readonly log: string;
  /** A log, its lines, how many are fixed, when, by whom; and one that nobody fixes. */
  readonly fixed: string;
  readonly fixedBy: Readonly<Record<'witness' | 'station' | 'stamp', string>>;
  readonly notFixed: string;
  readonly verdictGood: string;
  readonly verdictBad: string;
  readonly verdictOpen: string;
  readonly together: string;
}

const EN: VerifyWords = {
  kinds: {
    recording: 'one recording or docking record',
    collection: 'single recordings',
    station: 'the folder of one station in a vault',
    vault: 'a vault',
    spool: 'the spool of a station',
  },
  keys: 'keys of {}: station: {}; store: {}; officer: {}; supervisor: {}',
  outside: 'trusted outside of the store: witnesses: {}; time-stamp authorities: {}',
  noKeys: 'none',
  good: 'good',
  bad: 'BAD ',
  noManifest: 'no manifest that can be read',
  roles: { media: 'media', sidecar: 'sidecar', other: 'other' },
  bytes: '{} bytes',
  unitsGood: '{} units good',
  deletedAt: 'deleted at {} ({})',
  rejected: 'rejected: {}',
  receipted: 'receipted',
  opened: 'opened',
  noRecord: 'no docking record that can be read',
  dockedAt: 'docked at {}',
  endings: {
    unplugged: 'unplugged',
    stopped: 'stopped',
    failed: 'failed',
    continued: 'listed again',
    'cut-off': 'cut-off',
  },
  endedAt: '{} at {}',
  part: 'part {} of {}',
  noInventory: 'no inventory',
  entries: '{} entries',
  later: '{} and {} later',
  finding: 'FINDING',
  note: 'note',
  toDo: 'To do: {}',
  recordings:
    '{} recordings with {} accompanying files: of all files {} good, {} receipted, {} opened, {} deleted, {} under a hold',
  received:
    '{} files receipted in all: {} here, {} deleted after their time, {} deleted by order; documents of {} of them and {} docking records dropped',
  receivedByLog: 'files received by what the log of the store says: {}',
  dockings: '{} dockings, {} of them of a camera that held no file when it was listed',
  staff: 'staff: {} reports, {} texts; {} more dropped',
  units: '{} units good, {} bytes sealed, {} bytes of originals',
  allRejected: 'rejected, and kept all the same: {}',
  store: 'store: {} orders, {} disclosures',
  evaluations: 'evaluations of recordings: {}',
  keyChanges: 'keys: {} changes, {} revocations',
  log: 'custody log: {} segments, {} entries, {} checkpoints',
  fixed:
    'log {}: {} lines; the first {} are fixed from outside at {} by {}; what came later would not be missed where it was taken away',
  fixedBy: { witness: 'witness {}', station: 'station {}', stamp: 'a time stamp' },
  notFixed:
    'log {}: {} lines, fixed by nobody outside: its times are not fixed from outside, and what was taken away at its end would not be missed',
  verdictGood: 'good: no finding, {} notes',
  verdictBad: 'NOT GOOD: {} findings, {} notes',
  verdictOpen:
    'NOT JUDGED: no finding, {} deletions or drops by orders or policies that cannot be judged without the keys of the roles; {} notes',
  together: 'all together:',
};

const DE: VerifyWords = {
  kinds: {
    recording: 'eine Aufzeichnung oder ein Andockprotokoll',
    collection: 'einzelne Aufzeichnungen',
    station: 'der Ordner einer Station in einem Tresor',
    vault: 'ein Tresor',
    spool: 'der Zwischenspeicher einer Station',
  },
  keys: 'Schlüssel aus {}: Station: {}; Zentralspeicher: {}; Aufzeichnungsbeauftragte: {}; vorgesetzte Stelle: {}',
  outside: 'außerhalb des Zentralspeichers vertraut: Zeugen: {}; Zeitstempeldienste: {}',
  noKeys: 'keiner',
  good: 'gut      ',
  bad: 'NICHT GUT',
  noManifest: 'kein lesbares Manifest',
  roles: { media: 'Film oder Ton', sidecar: 'Begleitdatei', other: 'andere Datei' },
  bytes: '{} Bytes',
  unitsGood: '{} Einheiten gut',
  deletedAt: 'gelöscht am {} ({})',
  rejected: 'auffällig: {}',
  receipted: 'quittiert',
  opened: 'geöffnet',
  noRecord: 'kein lesbares Andockprotokoll',
  dockedAt: 'angedockt am {}',
  endings: {
    unplugged: 'herausgenommen',
    stopped: 'Programm beendet',
    failed: 'Kamera verstummt',
    continued: 'neu aufgelistet',
    'cut-off': 'abgerissen',
  },
  endedAt: '{} am {}',
  part: 'Teil {} von {}',
  noInventory: 'keine Auflistung',
  entries: '{} Einträge',
  later: '{} und später {}',
  finding: 'BEFUND',
  note: 'Hinweis',
  toDo: 'Zu tun: {}',
  recordings:
    '{} Aufzeichnungen mit {} Begleitdateien; von allen Dateien gut {}, quittiert {}, geöffnet {}, gelöscht {}, mit Löschsperre {}',
  received:
    'insgesamt quittierte Dateien: {}; davon vorhanden {}, nach ihrer Zeit gelöscht {}, auf Anordnung gelöscht {}; Dokumente entfernt: von {} Dateien, dazu {} Andockprotokolle',
  receivedByLog: 'laut Verwahrprotokoll des Zentralspeichers eingegangene Dateien: {}',
  dockings: 'Andockvorgänge: {}; davon mit einer Kamera, auf der beim Auflisten keine Datei war: {}',
  staff: 'Personal: {} Berichte, {} Texte; außerdem {} entfernt',
  units: 'gute Einheiten: {}, versiegelte Bytes: {}, Bytes der Originale: {}',
  allRejected: 'auffällig und trotzdem aufbewahrt: {}',
  store: 'Zentralspeicher: Anordnungen {}, Einsichten und Herausgaben {}',
  evaluations: 'Auswertungen von Aufzeichnungen: {}',
  keyChanges: 'Schlüssel: Wechsel {}, Sperren {}',
  log: 'Verwahrprotokoll: Abschnitte {}, Einträge {}, Prüfpunkte {}',
  fixed:
    'Verwahrprotokoll {}: Zeilen: {}; die ersten {} stehen von außen fest, seit {} durch {}; was später kam, würde nicht vermisst, wenn es weggenommen wurde',
  fixedBy: { witness: 'den Zeugen {}', station: 'die Station {}', stamp: 'einen Zeitstempel' },
  notFixed:
    'Verwahrprotokoll {}: Zeilen: {}; von außen steht nichts fest: Seine Zeiten sind nicht von außen bestätigt, und was am Ende weggenommen wurde, würde nicht vermisst',
  verdictGood: 'gut: kein Befund, Hinweise: {}',
  verdictBad: 'NICHT GUT: Befunde: {}, Hinweise: {}',
  verdictOpen:
    'NICHT BEURTEILT: kein Befund; Löschungen nach Anordnungen oder Richtlinien, die ohne die Schlüssel der Rollen nicht zu beurteilen sind: {}; Hinweise: {}',
  together: 'alles zusammen:',
};

export const VERIFY_WORDS: Readonly<Record<Language, VerifyWords>> = { en: EN, de: DE };
