// What an entry of a custody log means, in a few words. An event without words here is shown by its name.
import type { Language } from '../page/language.ts';

type EventWords = Readonly<Record<string, readonly [en: string, de: string]>>;

const EVENTS: EventWords = {
  docked: ['camera was put into the station', 'Kamera in die Station gesteckt'],
  undocked: ['camera was taken away', 'Kamera herausgenommen'],
  'camera-refused': [
    'a camera was refused, nothing on it read',
    'eine Kamera abgewiesen, nichts von ihr gelesen',
  ],
  'camera-clock': ['the camera’s clock was measured', 'Uhr der Kamera gemessen'],
  'camera-clock-set': ['the camera’s clock was set', 'Uhr der Kamera gestellt'],
  inventory: ['everything on the camera was listed', 'alles auf der Kamera aufgelistet'],
  seen: ['a file was seen on the camera', 'Datei auf der Kamera gesehen'],
  pulled: ['read from the camera, every byte', 'von der Kamera gelesen, jedes Byte'],
  sealed: ['sealed', 'versiegelt'],
  rejected: ['counts as odd, and is kept', 'gilt als auffällig und wird aufbewahrt'],
  spooled: ['signed, and safe in the station', 'signiert und in der Station gesichert'],
  matched: ['found on the camera again, same bytes', 'auf der Kamera wiedergefunden, dieselben Bytes'],
  'not-taken': ['could not be taken now', 'konnte nicht übernommen werden'],
  'docking-recorded': ['the record of the docking was signed', 'Andockprotokoll signiert'],
  offered: ['offered to the store', 'dem Zentralspeicher angeboten'],
  receipted: [
    'the store’s receipt was verified and kept',
    'Quittung des Zentralspeichers geprüft und verwahrt',
  ],
  'asked-again': [
    'the store had lost it and asked for it again',
    'Zentralspeicher hatte sie verloren und erneut angefordert',
  ],
  'store-restored': [
    'the store was restored from a backup: no receipt of before counted from then on',
    'Zentralspeicher aus einer Sicherung wiederhergestellt: frühere Quittungen galten von da an nicht mehr',
  ],
  'receipt-refused': ['a receipt was not accepted', 'eine Quittung nicht anerkannt'],
  erasing: ['about to be erased from the camera', 'soll auf der Kamera gelöscht werden'],
  erased: ['erased from the camera, absence confirmed', 'auf der Kamera gelöscht, Fehlen bestätigt'],
  'not-erased': [
    'not erased from the camera by the station',
    'von der Station nicht auf der Kamera gelöscht',
  ],
  'erasure-unconfirmed': [
    'the camera was told to erase it; nobody could see whether it is gone',
    'Kamera zum Löschen angewiesen; ob die Datei fort ist, war nicht zu sehen',
  ],
  'spool-reclaimed': ['the station’s sealed copy was removed', 'versiegelte Kopie der Station entfernt'],
  'spool-documents-dropped': [
    'the station’s copies of the documents were removed',
    'Kopien der Dokumente in der Station entfernt',
  ],
  quarantined: ['set aside as odd', 'als auffällig zur Seite gelegt'],
  'expiry-warned': ['warned: will be deleted soon', 'gewarnt: wird bald gelöscht'],
  order: ['an order was signed', 'Anordnung signiert'],
  'hold-lapsed': ['a hold lapsed', 'Aufbewahrung verfallen'],
  deleting: ['deletion began', 'Löschung begonnen'],
  deleted: ['the sealed file was deleted', 'versiegelte Datei gelöscht'],
  'documents-dropped': ['the documents were removed', 'Dokumente entfernt'],
  disclosed: ['opened or handed out', 'geöffnet oder herausgegeben'],
};

/** The words for an event. */
export function eventWords(event: string, language: Language): string {
  return EVENTS[event]?.[language === 'de' ? 1 : 0] ?? event;
}

/** Facts that say something to a reader, in this order; digests stand in the lines themselves. */
export const SHOWN_FACTS = [
  'camera',
  'entries',
  'offset_ms',
  'reason',
  'verb',
  'role',
  'receiver',
  'command',
] as const;
/** A fact of a log as the page shows it. */
export type ShownFact = (typeof SHOWN_FACTS)[number];
