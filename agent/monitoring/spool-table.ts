// Conditions of the disk and of the recordings that wait on it.
import type { ConditionTable } from './condition-kind.ts';

/** The disk of this station. */
export const SPOOL_TABLE = {
  'spool.full': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The disk of the station is full: no recording is taken, cameras keep theirs.',
      de: 'Der Datenträger der Station ist voll: Es wird keine Aufzeichnung übernommen, die Kameras behalten ihre.',
    },
    remedy: {
      en: 'Restore the connection to the store; the station goes on by itself. Remove files outside of the spool; delete nothing in it.',
      de: 'Verbindung zum Zentralspeicher herstellen; die Station arbeitet von selbst weiter. Dateien außerhalb des Zwischenspeichers entfernen; im Zwischenspeicher nichts löschen.',
    },
    afterMs: 0,
    causes: ['spool.gone'],
    facts: ['free_bytes', 'needed_bytes'],
  },
  'spool.low': {
    severity: 'warning',
    subject: 'none',
    text: {
      en: 'The disk of the station is nearly full.',
      de: 'Der Datenträger der Station ist fast voll.',
    },
    remedy: {
      en: 'Check the connection to the store before the disk is full.',
      de: 'Verbindung zum Zentralspeicher prüfen, bevor er voll ist.',
    },
    afterMs: 0,
    causes: ['spool.full', 'spool.gone'],
    facts: ['free_bytes', 'limit_bytes'],
  },
  'spool.reserve-used': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'The disk is so full that log and records live on their reserve.',
      de: 'Der Datenträger ist so voll, dass Protokolle von ihrer Reserve zehren.',
    },
    remedy: {
      en: 'Remove other files from the disk; the station makes its reserve anew by itself.',
      de: 'Fremde Dateien vom Datenträger entfernen; die Station legt ihre Reserve von selbst neu an.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reserve_bytes'],
  },
  'spool.gone': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The disk with the recordings is not there.',
      de: 'Der Datenträger mit den Aufzeichnungen ist nicht da.',
    },
    remedy: {
      en: 'Check the disk and its mount. Cameras keep their recordings until it is back.',
      de: 'Datenträger und Einhängepunkt prüfen. Die Kameras behalten ihre Aufzeichnungen, bis er wieder da ist.',
    },
    afterMs: 0,
    causes: [],
    facts: [],
  },
  'spool.quarantine': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'Something on the disk of the station was damaged or unknown and was put aside.',
      de: 'Auf dem Datenträger der Station war etwas beschädigt oder unbekannt und kam in Quarantäne.',
    },
    remedy: {
      en: 'Have the technician look at it and at the disk. Nothing was deleted.',
      de: 'Technik soll es und den Datenträger ansehen. Nichts wurde gelöscht.',
    },
    afterMs: 0,
    causes: [],
    facts: ['entries'],
  },
  'spool.other-key': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'What waits on the station was signed with a key that the station does not have: it is kept and not sent.',
      de: 'Was auf der Station wartet, wurde mit einem Schlüssel signiert, den die Station nicht hat: Es bleibt erhalten und wird nicht gesendet.',
    },
    remedy: {
      en: 'Put that key back in place of keys.signing_file and start the service anew. Where it is lost: move the present one away, then "bodydock keys rotate --reason lost --old-key KEY".',
      de: 'Diesen Schlüssel an die Stelle von keys.signing_file zurücklegen und den Dienst neu starten. Ist er verloren: den jetzigen beiseitelegen, dann "bodydock keys rotate --reason lost --old-key SCHLÜSSEL".',
    },
    afterMs: 0,
    causes: [],
    facts: ['key'],
  },
  'spool.recordings-lost': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The log names recordings that are neither on this station nor in the store.',
      de: 'Das Protokoll nennt Aufzeichnungen, die weder auf dieser Station noch im Zentralspeicher sind.',
    },
    remedy: {
      en: 'Do not change anything on the station. Call the technician and the data protection officer; then acknowledge it: "bodydock custody --acknowledge --reason CODE".',
      de: 'An der Station nichts verändern. Technik und Datenschutz verständigen; danach bestätigen: "bodydock custody --acknowledge --reason CODE".',
    },
    afterMs: 0,
    causes: ['spool.gone'],
    facts: ['recordings', 'first'],
  },
  'spool.write-failed': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The disk of the station refused one recording after the other: pulling has ended, cameras keep theirs.',
      de: 'Der Datenträger der Station hat eine Aufzeichnung nach der anderen abgelehnt: Es wird nichts mehr übernommen, die Kameras behalten ihre.',
    },
    remedy: {
      en: 'Check the disk of the station: full, read-only or failing. The station tries it again by itself and goes on.',
      de: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt. Die Station versucht es von selbst wieder und arbeitet weiter.',
    },
    afterMs: 0,
    causes: ['spool.gone', 'spool.full', 'station.short'],
    facts: ['failures', 'reason'],
  },
  'disk.failing': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The disk of the station fails: reading or writing ended with an error of the device.',
      de: 'Der Datenträger der Station fällt aus: Lesen oder Schreiben endete mit einem Gerätefehler.',
    },
    remedy: {
      en: 'Restore the connection to the store so that everything is delivered, then change the disk.',
      de: 'Verbindung zum Zentralspeicher herstellen, damit alles übertragen wird, dann den Datenträger tauschen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['errors', 'reason'],
  },
  'recording.damaged': {
    severity: 'error',
    subject: 'recording',
    text: {
      en: 'Parts of a recording could not be read from the camera; the rest was kept, and the file stays on the camera.',
      de: 'Teile einer Aufzeichnung waren von der Kamera nicht lesbar; der Rest wurde gesichert, und die Datei bleibt auf der Kamera.',
    },
    remedy: {
      en: 'Keep the camera and its memory as they are and call the technician.',
      de: 'Kamera und Speicher so lassen, wie sie sind, und Technik verständigen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['bay'],
  },
  'recording.rejected': {
    severity: 'info',
    subject: 'recording',
    text: {
      en: 'A file on a camera is odd: empty, of an unknown kind or oddly named. It was kept and is delivered all the same.',
      de: 'Eine Datei auf einer Kamera ist auffällig: leer, von unbekannter Art oder seltsam benannt. Sie wurde gesichert und wird trotzdem übertragen.',
    },
    remedy: {
      en: 'Nothing to do. If it happens often, show the camera to the technician.',
      de: 'Nichts zu tun. Kommt es oft vor, die Kamera der Technik zeigen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['bay', 'reason'],
  },
} satisfies ConditionTable;
