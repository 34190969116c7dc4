// What `bodydock spool ls` and `spool quarantine` say, in English and German.
import { fill, type Language } from '../evidence/page/language.ts';

export interface SpoolWords {
  readonly state: string;
  readonly age: string;
  readonly size: string;
  readonly camera: string;
  readonly recording: string;
  readonly receipt: string;
  readonly states: Readonly<Record<'spooled' | 'receipted' | 'released' | 'unreadable', string>>;
  sum(recordings: number, bytes: string, waiting: number, waitingBytes: string): string;
  readonly units: readonly [string, string, string, string];
  readonly nothingAside: string;
  readonly since: string;
  readonly why: string;
  readonly unknownWhy: string;
  readonly toDo: string;
  readonly remedies: Readonly<Record<'recording' | 'docking' | 'other', string>>;
  readonly command: string;
  /** Of so many more. */
  readonly leftOff: string;
  readonly closing: string;
}

export const SPOOL_WORDS: Readonly<Record<Language, SpoolWords>> = {
  en: {
    state: 'STATE',
    age: 'AGE',
    size: 'SIZE',
    camera: 'CAMERA',
    recording: 'RECORDING',
    receipt: 'RECEIPT (UTC)',
    states: { spooled: 'waits', receipted: 'stored', released: 'cleared', unreadable: 'UNREADABLE' },
    sum: (...values) => fill('{} recordings, {}; {} of them ({}) wait for the store\n', ...values),
    units: ['s', 'min', 'h', 'days'],
    nothingAside: 'Nothing was set aside.',
    since: 'since {} UTC',
    why: 'Why: ',
    unknownWhy: 'the log of the station does not say',
    toDo: 'To do: ',
    remedies: {
      recording:
        'Check it. What is damaged may lie whole on the camera or in the store: look there before anything else.',
      docking: 'Check it. The recordings of that stay have documents of their own.',
      other: 'Find out who put it there. The station did not make it, or cannot read it any more.',
    },
    command: 'Command: ',
    leftOff: '{} more names are not listed here.',
    closing:
      'The station deletes nothing of this. Keep a copy (`cp -a`), then move it out of the folder; the condition ends with the next start.',
  },
  de: {
    state: 'ZUSTAND',
    age: 'ALTER',
    size: 'GRÖSSE',
    camera: 'KAMERA',
    recording: 'AUFNAHME',
    receipt: 'QUITTUNG (UTC)',
    states: { spooled: 'wartet', receipted: 'gesichert', released: 'geräumt', unreadable: 'UNLESBAR' },
    sum: (...values) =>
      fill('{} Aufzeichnungen, {}; davon warten {} ({}) auf den Zentralspeicher\n', ...values),
    units: ['s', 'min', 'h', 'Tage'],
    nothingAside: 'Nichts ist in Quarantäne.',
    since: 'seit {} UTC',
    why: 'Grund: ',
    unknownWhy: 'das Verwahrprotokoll der Station sagt es nicht',
    toDo: 'Zu tun: ',
    remedies: {
      recording:
        'Prüfen. Was beschädigt ist, liegt womöglich heil auf der Kamera oder im Zentralspeicher: zuerst dort nachsehen.',
      docking: 'Prüfen. Die Aufzeichnungen dieses Andockvorgangs haben eigene Dokumente.',
      other:
        'Klären, wer es dorthin gelegt hat. Die Station hat es nicht gemacht oder kann es nicht mehr lesen.',
    },
    command: 'Befehl: ',
    leftOff: '{} weitere Namen sind hier nicht aufgeführt.',
    closing:
      'Die Station löscht nichts davon. Eine Kopie behalten (`cp -a`), dann aus dem Ordner nehmen; die Meldung endet mit dem nächsten Start.',
  },
};

/** A time as people say it. */
export function durationText(
  seconds: number,
  { units: [s, min, h, days] }: Pick<SpoolWords, 'units'>,
): string {
  if (seconds < 120) return `${seconds} ${s}`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} ${min}`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} ${h}`;
  return `${Math.round(seconds / 86_400)} ${days}`;
}
