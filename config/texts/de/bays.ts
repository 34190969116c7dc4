// What `bodydock bays` and `bodydock bays learn` say, in German.
import type { Translated } from '../../texts.ts';
import type { BAYS_EN } from '../en/bays.ts';

export const BAYS_DE = {
  usb: 'USB-Anschlüsse',
  serial: 'Serielle Anschlüsse',
  nothing: 'nichts',
  empty: 'leer',
  noBay: 'kein Platz',
  opened: 'eine Kamera, für den Treiber {driver}',
  diskBeside: 'sie zeigt auch einen Datenträger, der nicht gelesen wird',
  odd: 'abgewiesen: Es hat eine Schnittstelle der Klasse {class}, die keine Kamera braucht',
  noInterface: 'abgewiesen: Es zeigt keine Schnittstelle',
  noDriver: 'abgewiesen: kein Treiber kennt es',
  serialNumber: 'Seriennummer',
  socket:
    'Zwei Anschlüsse mit + sind eine Buchse: Ein Platz, der einen davon nennt, hat beide, für Kameras mit USB 2 und mit USB 3.',
  hint: 'Geöffnet nennt eine Kamera womöglich eine andere Seriennummer als in ihren USB-Angaben. Hier wurde nichts geöffnet.',
  noFile: '{file} gibt es nicht: Plätze sind nicht bekannt',
  badFile: '{file} ist noch nicht in Ordnung (`bodydock check` sagt, warum): Plätze sind nicht bekannt',
  begin:
    'Alle Kameras aus der Station nehmen. Eine Kamera nach der anderen zeigt, welcher USB-Anschluss welcher Platz ist; nichts auf ihr wird gelesen.',
  already: 'Steckt schon und zählt erst, wenn es herausgenommen war: {devices}',
  next: 'Eine Kamera in den Platz stecken, der {bay} werden soll. Die Eingabetaste beendet.',
  nextKnown:
    'Eine Kamera in einen Platz stecken. Einer, der in station.yaml steht, behält seine Kennung ({bays}), jeder andere wird {bay}. Die Eingabetaste beendet.',
  learned: '{bay} ist USB-Anschluss {port} ({device}).',
  several: 'Mehrere kamen zugleich, an den Anschlüssen {ports}. Herausnehmen und nur eine einstecken.',
  again: 'Anschluss {port} ist schon {bay}. Die Kamera in den nächsten Platz stecken.',
  noCamera: 'An Anschluss {port} steckt {device}: {why}. Herausnehmen und eine Kamera einstecken.',
  gone: 'Es war gleich wieder weg. Einstecken und einen Moment stecken lassen.',
  done: 'Beendet mit {count} Plätzen. Für station.yaml:',
  none: 'Kein Platz wurde gelernt.',
  left: 'Plätze der Datei, die jetzt nicht gelernt wurden, bleiben dort, wie sie sind: {bays}',
  written: 'Geschrieben nach {file}',
} as const satisfies Translated<typeof BAYS_EN>;
