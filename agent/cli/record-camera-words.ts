// What `bodydock record-camera` says, in English and German.
import type { Language } from '../evidence/page/language.ts';

export interface RecordCameraWords {
  /** {}: path of the file, number of lines. */
  readonly written: string;
  readonly leftOut: readonly string[];
  readonly kept: string;
  readonly look: string;
  readonly made: string;
  readonly files: string;
  readonly problems: string;
  readonly battery: string;
  readonly clock: string;
  readonly notTold: string;
  /** {}: step, code of the error. */
  readonly failed: string;
  readonly steps: Readonly<Record<string, string>>;
  readonly stopAgent: string;
}

export const RECORD_CAMERA_WORDS: Readonly<Record<Language, RecordCameraWords>> = {
  en: {
    written: 'The camera is recorded in {} ({} lines of JSON). Nothing was changed on it.',
    leftOut: [
      'Left out: the contents of all files; not one of them was read.',
      'Left out: names of files and folders. Others of the same length stand for them; known endings such as .MP4 stay.',
      'Left out: serial numbers. Only their shape is there (A for a letter, 0 for a digit).',
      'Left out: names of cards, and every other text that a person could have written.',
      'Moved: all times, by the same number of days. The number is not in the file.',
    ],
    kept: 'Kept: maker, model and firmware, sizes, times of day, battery and storage, and how long each answer took.',
    look: 'It is a text file: look at it before you send it.',
    made: 'What the driver made of the camera:',
    files: 'files: {}',
    problems: 'not listed: {}',
    battery: 'battery: {} %',
    clock: 'clock: read, in steps of {} ms',
    notTold: 'not told: {}',
    failed: 'failed: {} ({})',
    steps: {
      open: 'opening',
      identity: 'who it is',
      clock: 'clock',
      condition: 'condition',
      listing: 'listing',
    },
    stopAgent:
      'If the agent runs on this machine, it has the camera. Stop it, record, and start it again: systemctl stop bodydock',
  },
  de: {
    written: 'Die Kamera ist in {} aufgenommen ({} Zeilen JSON). An ihr wurde nichts geändert.',
    leftOut: [
      'Weggelassen: der Inhalt aller Dateien; keine wurde gelesen.',
      'Weggelassen: Namen von Dateien und Ordnern. Andere gleicher Länge stehen für sie; bekannte Endungen wie .MP4 bleiben.',
      'Weggelassen: Seriennummern. Nur ihre Form steht dort (A für einen Buchstaben, 0 für eine Ziffer).',
      'Weggelassen: Namen von Speicherkarten und jeder andere Text, den jemand geschrieben haben könnte.',
      'Verschoben: alle Zeiten, um dieselbe Zahl von Tagen. Die Zahl steht nicht in der Datei.',
    ],
    kept: 'Behalten: Hersteller, Modell und Firmware, Größen, Uhrzeiten, Akku und Speicher, und wie lange jede Antwort dauerte.',
    look: 'Es ist eine Textdatei: vor dem Versenden ansehen.',
    made: 'Was der Treiber aus der Kamera gemacht hat:',
    files: 'Dateien: {}',
    problems: 'nicht aufgelistet: {}',
    battery: 'Akku: {} %',
    clock: 'Uhr: gelesen, in Schritten von {} ms',
    notTold: 'nicht genannt: {}',
    failed: 'fehlgeschlagen: {} ({})',
    steps: {
      open: 'Öffnen',
      identity: 'Wer sie ist',
      clock: 'Uhr',
      condition: 'Zustand',
      listing: 'Auflisten',
    },
    stopAgent:
      'Läuft der Agent auf diesem Gerät, so hat er die Kamera. Anhalten, aufnehmen, wieder starten: systemctl stop bodydock',
  },
};
