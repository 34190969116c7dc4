// Codes of documents and log entries, and kinds of failure, in German: by their English.

/** What a code means where a person could not guess it. Codes that are not here stay as they are. */
export const CODES_DE: Readonly<Record<string, string>> = {
  true: 'ja',
  false: 'nein',
  null: 'unbekannt',
  hold: 'Löschsperre',
  unhold: 'Löschsperre aufheben',
  delete: 'löschen',
  officer: 'Aufzeichnungsbeauftragte',
  supervisor: 'vorgesetzte Stelle',
  open: 'öffnen',
  export: 'herausgeben',
  empty: 'leere Datei',
  'unknown-kind': 'unbekannte Art von Datei',
  'odd-name': 'ungewöhnlicher Name',
  damaged: 'beschädigt',
  'not-a-file': 'keine Datei',
  changing: 'änderte sich gerade',
  unreadable: 'nicht lesbar',
  'too-damaged': 'zu stark beschädigt',
  'camera-failed': 'Kamera antwortete nicht',
  'spool-full': 'Zwischenspeicher der Station voll',
  'spool-failed': 'Schreiben in der Station schlug fehl',
  'agent-failed': 'beendete das Programm der Station mehrmals',
  quarantined: 'in Quarantäne',
  'not-reached': 'Andockvorgang endete vorher',
};

/** The kinds of failure that a report names; what comes after a colon in one is a code. */
export const FAILURES_DE: ReadonlyMap<string, string> = new Map([
  ['waiting', 'nicht übernommen'],
  ['docking failed', 'Andockvorgang abgebrochen (Kamera antwortete nicht)'],
  ['docking cut-off', 'Andockvorgang durch Stromausfall oder Neustart unterbrochen'],
  ['inventory not complete', 'Inhalt der Kamera nicht vollständig lesbar'],
  ['odd but kept', 'auffällig, aber aufbewahrt'],
  ['recording of a docking record is missing', 'Aufzeichnung eines Andockprotokolls fehlt'],
  ['docking record is missing', 'Andockprotokoll fehlt'],
  ['docking record was let go in order', 'Andockprotokoll nach Ablauf der Frist entfernt'],
  ['docking record has not come yet', 'Andockprotokoll noch nicht eingegangen'],
  ['receipt refused', 'Quittung zurückgewiesen'],
  ['set aside as damaged', 'beschädigt, in Quarantäne'],
  ['custody log broken', 'Verwahrprotokoll unterbrochen'],
  ['file not erased from its camera', 'Datei nicht von der Kamera gelöscht'],
  [
    'file gone from its camera before it was to be erased',
    'Datei war vor dem Löschen nicht mehr auf der Kamera',
  ],
  [
    'file to be erased from its camera, and nobody could see whether it went',
    'Datei sollte auf der Kamera gelöscht werden; ob sie fort ist, war nicht zu sehen',
  ],
  ["station's clock stepped", 'Uhr der Station gesprungen'],
  ['camera refused', 'Kamera abgewiesen'],
  ['try failed', 'Versuch fehlgeschlagen'],
  ['order that does not hold', 'Anordnung, deren Signatur nicht stimmt'],
  ['other', 'Sonstiges'],
]);
