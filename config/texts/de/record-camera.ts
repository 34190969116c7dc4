// What `bodydock record-camera` says, in German.
import type { Translated } from '../../texts.ts';
import type { RECORD_CAMERA_EN } from '../en/record-camera.ts';

export const RECORD_CAMERA_DE = {
  written: 'Die Kamera ist in {file} aufgenommen ({lines} Zeilen JSON). An ihr wurde nichts geändert.',
  'leftOut.0': 'Weggelassen: der Inhalt aller Dateien; keine wurde gelesen.',
  'leftOut.1':
    'Weggelassen: Namen von Dateien und Ordnern. Andere gleicher Länge stehen für sie; bekannte Endungen wie .MP4 bleiben.',
  'leftOut.2':
    'Weggelassen: Seriennummern. Nur ihre Form steht dort (A für einen Buchstaben, 0 für eine Ziffer).',
  'leftOut.3':
    'Weggelassen: Namen von Speicherkarten und jeder andere Text, den jemand geschrieben haben könnte.',
  'leftOut.4': 'Verschoben: alle Zeiten, um dieselbe Zahl von Tagen. Die Zahl steht nicht in der Datei.',
  kept: 'Behalten: Hersteller, Modell und Firmware, Größen, Uhrzeiten, Akku und Speicher, und wie lange jede Antwort dauerte.',
  look: 'Es ist eine Textdatei: vor dem Versenden ansehen.',
  made: 'Was der Treiber aus der Kamera gemacht hat:',
  files: 'Dateien: {count}',
  problems: 'nicht aufgelistet: {problems}',
  battery: 'Akku: {percent} %',
  clock: 'Uhr: gelesen, in Schritten von {ms} ms',
  notTold: 'nicht genannt: {what}',
  failed: 'fehlgeschlagen: {step} ({code})',
  'step.open': 'Öffnen',
  'step.identity': 'Wer sie ist',
  'step.clock': 'Uhr',
  'step.condition': 'Zustand',
  'step.listing': 'Auflisten',
  stopAgent:
    'Läuft der Agent auf diesem Gerät, so hat er die Kamera. Anhalten, aufnehmen, wieder starten: systemctl stop bodydock',
} as const satisfies Translated<typeof RECORD_CAMERA_EN>;
