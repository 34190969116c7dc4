// What `bodydock bays` says, in English and German.
import type { Language } from '../evidence/page/language.ts';

export interface BaysWords {
  readonly usb: string;
  readonly serial: string;
  readonly nothing: string;
  readonly empty: string;
  readonly noBay: string;
  /** {} is the name of a driver. */
  readonly opened: string;
  readonly diskBeside: string;
  /** {} is the class of the interface. */
  readonly odd: string;
  readonly noInterface: string;
  readonly noDriver: string;
  readonly serialNumber: string;
  /** What a + between two ports says. */
  readonly socket: string;
  readonly hint: string;
  /** {} is the path of the station's file. */
  readonly noFile: string;
  readonly badFile: string;
}

export const BAYS_WORDS: Readonly<Record<Language, BaysWords>> = {
  en: {
    usb: 'USB ports',
    serial: 'Serial ports',
    nothing: 'nothing',
    empty: 'empty',
    noBay: 'no bay',
    opened: 'a camera, for the driver {}',
    diskBeside: 'it shows a disk as well, which is not read',
    odd: 'refused: it has an interface of class {}, which no camera needs',
    noInterface: 'refused: it shows no interface',
    noDriver: 'refused: no driver knows it',
    serialNumber: 'serial number',
    socket:
      'Two ports with a + are one socket: a bay that names one of them has both, for cameras by USB 2 and by USB 3.',
    hint: 'A camera may say another serial number when it is opened than its USB descriptor does. Nothing was opened here.',
    noFile: 'there is no {}: bays are not known',
    badFile: '{} is not good yet (`bodydock check` says why): bays are not known',
  },
  de: {
    usb: 'USB-Anschlüsse',
    serial: 'Serielle Anschlüsse',
    nothing: 'nichts',
    empty: 'leer',
    noBay: 'kein Platz',
    opened: 'eine Kamera, für den Treiber {}',
    diskBeside: 'sie zeigt auch einen Datenträger, der nicht gelesen wird',
    odd: 'abgewiesen: Es hat eine Schnittstelle der Klasse {}, die keine Kamera braucht',
    noInterface: 'abgewiesen: Es zeigt keine Schnittstelle',
    noDriver: 'abgewiesen: kein Treiber kennt es',
    serialNumber: 'Seriennummer',
    socket:
      'Zwei Anschlüsse mit + sind eine Buchse: Ein Platz, der einen davon nennt, hat beide, für Kameras mit USB 2 und mit USB 3.',
    hint: 'Geöffnet nennt eine Kamera womöglich eine andere Seriennummer als in ihren USB-Angaben. Hier wurde nichts geöffnet.',
    noFile: '{} gibt es nicht: Plätze sind nicht bekannt',
    badFile: '{} ist noch nicht in Ordnung (`bodydock check` sagt, warum): Plätze sind nicht bekannt',
  },
};
