// Conditions of a camera in its bay.
import type { ConditionTable } from './condition-kind.ts';

/** Subject "bay" where it matters which place, "camera" (an alias) where it outlives the docking. */
export const CAMERA_TABLE = {
  'bay.not-mounted': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'Files lie in the mount point of this bay, but nothing is mounted there. They are not taken: no camera is in the bay.',
      de: 'Im Einhängepunkt dieses Platzes liegen Dateien, aber dort ist nichts eingehängt. Sie werden nicht übernommen: Im Platz ist keine Kamera.',
    },
    remedy: {
      en: 'If a card is in the bay, see why it is not mounted (`findmnt`). Look at the files: move what may be a recording to a safe place, then clear the folder. A bay that is a plain folder must lie outside /media, /mnt and /run/media.',
      de: 'Steckt eine Karte im Platz, nachsehen, warum sie nicht eingehängt ist (`findmnt`). Dateien ansehen: Was eine Aufzeichnung sein kann, an einen sicheren Ort legen, dann den Ordner leeren. Ein Platz, der ein einfacher Ordner ist, muss außerhalb von /media, /mnt und /run/media liegen.',
    },
    afterMs: 30_000,
    causes: [],
    facts: [],
  },
  'camera.failed': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'The camera in this bay cannot be read; the station tries again by itself.',
      de: 'Die Kamera in diesem Platz kann nicht gelesen werden; die Station versucht es von selbst erneut.',
    },
    remedy: {
      en: 'Take the camera out and put it in again; then another bay. Its recordings are still on it.',
      de: 'Kamera herausnehmen und neu einsetzen, dann einen anderen Platz nehmen. Die Aufzeichnungen sind noch auf der Kamera.',
    },
    afterMs: 0,
    causes: ['camera.unknown', 'camera.other', 'station.short'],
    facts: ['reason'],
  },
  'camera.loose': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'The connection to the camera in this bay breaks off again and again; the station tries ever more rarely.',
      de: 'Die Verbindung zur Kamera in diesem Platz bricht immer wieder ab; die Station versucht es immer seltener.',
    },
    remedy: {
      en: 'Clean the contacts of camera and bay and put the camera in firmly; then another bay. Where it breaks off there too, it is the camera. Its recordings are still on it.',
      de: 'Kontakte von Kamera und Platz reinigen und die Kamera fest einsetzen; dann einen anderen Platz nehmen. Bricht es auch dort ab, liegt es an der Kamera. Die Aufzeichnungen sind noch auf der Kamera.',
    },
    afterMs: 0,
    causes: [],
    facts: ['times'],
  },
  'camera.not-taken': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'Some files of the camera in this bay cannot be taken; they stay on the camera.',
      de: 'Einige Dateien der Kamera in diesem Platz können nicht übernommen werden; sie bleiben auf der Kamera.',
    },
    remedy: {
      en: 'Leave the camera in its bay and call the technician. Do not erase or format it.',
      de: 'Kamera im Platz lassen und Technik verständigen. Nicht löschen, nicht formatieren.',
    },
    afterMs: 60_000,
    causes: ['spool.full', 'spool.gone', 'station.short', 'custody.write-failed'],
    facts: ['entries', 'reason', 'listed_bytes', 'read_bytes'],
  },
  'camera.set-aside': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'The program of the station ended three times at a file of the camera in this bay; the file stays on the camera and is not read for now.',
      de: 'Das Programm der Station endete dreimal an einer Datei der Kamera in diesem Platz; die Datei bleibt auf der Kamera und wird vorerst nicht gelesen.',
    },
    remedy: {
      en: 'Leave the camera in its bay and call the technician. Do not erase or format it. The station tries again after a day, with a new version, and by `bodydock spool tries --again`.',
      de: 'Kamera im Platz lassen und Technik verständigen. Nicht löschen, nicht formatieren. Die Station versucht es nach einem Tag, mit einer neuen Version und durch `bodydock spool tries --again` erneut.',
    },
    afterMs: 0,
    causes: [],
    facts: ['entries'],
  },
  'camera.changing': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'A file of the camera in this bay has been changing for minutes: the camera seems to record. The file stays on the camera.',
      de: 'Eine Datei der Kamera in diesem Platz ändert sich seit Minuten: Die Kamera scheint aufzunehmen. Die Datei bleibt auf der Kamera.',
    },
    remedy: {
      en: 'End the recording and leave the camera in its bay: the file is taken by itself then. If the camera does not record, call the technician.',
      de: 'Aufzeichnung beenden und Kamera im Platz lassen: Die Datei wird dann von selbst übernommen. Nimmt die Kamera nicht auf, Technik verständigen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['entries'],
  },
  'camera.listing': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'The camera in this bay does not show all its files; what it shows is taken.',
      de: 'Die Kamera in diesem Platz zeigt nicht alle ihre Dateien; was sie zeigt, wird übernommen.',
    },
    remedy: {
      en: 'Leave the camera in its bay and call the technician: its memory may be missing, locked, damaged, encrypted, divided, or hold far too many files, or the camera shows a disk as well, which is not read.',
      de: 'Kamera im Platz lassen und Technik verständigen: Ihr Speicher kann fehlen, gesperrt, beschädigt, verschlüsselt, geteilt oder mit viel zu vielen Dateien belegt sein, oder sie zeigt auch einen Datenträger, der nicht gelesen wird.',
    },
    afterMs: 0,
    causes: [],
    facts: ['places', 'reason'],
  },
  'camera.stuck': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'Work with the camera in this bay makes no progress.',
      de: 'Die Arbeit mit der Kamera in diesem Platz kommt nicht voran.',
    },
    remedy: {
      en: 'Take the camera out and put it in again. If that does not help, call the technician.',
      de: 'Kamera herausnehmen und neu einsetzen. Hilft das nicht, Technik verständigen.',
    },
    afterMs: 0,
    causes: ['camera.failed', 'spool.full', 'spool.gone', 'custody.write-failed'],
    facts: ['activity', 'quiet_s'],
  },
  'camera.slow': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'The camera in this bay is read far more slowly than usual.',
      de: 'Die Kamera in diesem Platz wird viel langsamer gelesen als üblich.',
    },
    remedy: {
      en: 'Clean the contacts of camera and bay; try another bay, then another cable.',
      de: 'Kontakte von Kamera und Platz reinigen; anderen Platz, dann anderes Kabel versuchen.',
    },
    afterMs: 0,
    causes: ['camera.stuck'],
    facts: ['rate_bytes_per_s'],
  },
  'camera.vanished': {
    severity: 'critical',
    subject: 'camera',
    text: {
      en: 'Files vanished from this camera while it was docked, and not by this station.',
      de: 'Von dieser Kamera sind in der Station Dateien verschwunden, und nicht durch die Station.',
    },
    remedy: {
      en: 'Do not use the camera. Call the technician and the data protection officer: the docking record names what was there.',
      de: 'Kamera nicht weiter benutzen. Technik und Datenschutz verständigen: Das Andockprotokoll nennt, was da war.',
    },
    afterMs: 0,
    causes: [],
    facts: ['entries', 'entries_here'],
  },
  'camera.not-erased': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'The store has recordings that the camera in this bay would not erase.',
      de: 'Der Zentralspeicher hat Aufzeichnungen, die die Kamera in diesem Platz nicht gelöscht hat.',
    },
    remedy: {
      en: 'Check whether the memory of the camera is write-protected or damaged. The recordings are safe.',
      de: 'Prüfen, ob der Speicher der Kamera schreibgeschützt oder beschädigt ist. Die Aufzeichnungen sind gesichert.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'camera.port': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'The serial port of this bay fails; recordings are taken over the other way all the same.',
      de: 'Die serielle Schnittstelle dieses Platzes fällt aus; die Aufzeichnungen werden trotzdem übernommen.',
    },
    remedy: {
      en: 'Check the serial contacts and the cable of this bay.',
      de: 'Serielle Kontakte und Kabel dieses Platzes prüfen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'camera.twice': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'One camera seems to be in two bays at a time.',
      de: 'Eine Kamera scheint in zwei Plätzen zugleich zu stecken.',
    },
    remedy: {
      en: 'Find out which camera is in which bay, and correct station.yaml or the serial number of the camera.',
      de: 'Feststellen, welche Kamera in welchem Platz steckt, und station.yaml oder die Seriennummer der Kamera berichtigen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['bays', 'same'],
  },
  'camera.missing': {
    severity: 'warning',
    subject: 'camera',
    text: {
      en: 'This camera has not been docked at this station for a long time. Whether it docks at another one, this station cannot know.',
      de: 'Diese Kamera war lange nicht in dieser Station. Ob sie in einer anderen andockt, kann diese Station nicht wissen.',
    },
    remedy: {
      en: 'Find the camera and dock it; recordings may be on it. Lost, broken or given back: "bodydock camera retire". Docked at another station now: take it out of station.yaml, or raise camera_missing_days (0: never told).',
      de: 'Kamera suchen und einsetzen; es können Aufzeichnungen darauf sein. Verloren, defekt oder zurückgegeben: "bodydock camera retire". Jetzt in einer anderen Station: aus station.yaml nehmen oder camera_missing_days erhöhen (0: nie melden).',
    },
    afterMs: 0,
    causes: ['station.clock-unsynchronised'],
    facts: ['days'],
  },
  'camera.clock-wrong': {
    severity: 'warning',
    subject: 'camera',
    text: {
      en: 'The clock of this camera was far off when it was docked.',
      de: 'Die Uhr dieser Kamera ging beim Einsetzen stark falsch.',
    },
    remedy: {
      en: 'The station corrects the times of the recordings. If it comes again, have the clock battery of the camera changed.',
      de: 'Die Station berichtigt die Zeiten der Aufzeichnungen. Kommt es wieder, die Pufferbatterie der Kamera tauschen lassen.',
    },
    afterMs: 0,
    causes: ['station.clock-unsynchronised'],
    facts: ['offset_s'],
  },
  'camera.battery-weak': {
    severity: 'warning',
    subject: 'camera',
    text: {
      en: 'The battery of this camera is weak.',
      de: 'Der Akku dieser Kamera ist schwach.',
    },
    remedy: {
      en: 'Charge the camera before it is taken; if its charge falls from docking to docking, change the battery.',
      de: 'Kamera vor der Mitnahme laden; sinkt die Ladung von Mal zu Mal, den Akku tauschen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['battery_percent', 'battery_cycles', 'trend_percent_per_docking'],
  },
} satisfies ConditionTable;
