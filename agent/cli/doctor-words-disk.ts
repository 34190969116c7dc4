// Words of `bodydock doctor` for the spool and its disk.
import type { DoctorTable } from './doctor-finding.ts';

const MOVE_REMEDY = {
  en: 'Mount a local disk with ext4, XFS, Btrfs or F2FS, and name a folder on it as spool.path.',
  de: 'Einen lokalen Datenträger mit ext4, XFS, Btrfs oder F2FS einhängen und einen Ordner darauf als spool.path nennen.',
};

export const DISK_TABLE = {
  'disk.good': {
    severity: 'good',
    text: {
      en: '{free} free on {type}; 64 KiB are durable after {ms} ms.',
      de: '{free} frei auf {type}; 64 KiB sind nach {ms} ms dauerhaft.',
    },
  },
  'disk.absent': {
    severity: 'note',
    text: {
      en: 'There is no spool yet: the first start makes it.',
      de: 'Es gibt noch keinen Zwischenspeicher: Der erste Start legt ihn an.',
    },
  },
  'disk.no-parent': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'There is no spool yet, and no folder {parent}: the first start makes the last part of the path alone.',
      de: 'Es gibt noch keinen Zwischenspeicher und keinen Ordner {parent}: Der erste Start legt nur den letzten Teil des Pfads an.',
    },
    remedy: {
      en: 'Mount the disk on which it lies, or make the folder for the user of the agent.',
      de: 'Den Datenträger einhängen, auf dem er liegt, oder den Ordner für den Benutzer des Agenten anlegen.',
    },
    command: 'install -d -o bodydock -g bodydock -m 0750 {parent}',
  },
  'disk.not-makable': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'There is no spool yet, and it cannot be made: nothing can be written into {parent}.',
      de: 'Es gibt noch keinen Zwischenspeicher, und er lässt sich nicht anlegen: In {parent} lässt sich nichts schreiben.',
    },
    remedy: {
      en: 'Name a folder on a disk that can be written. A unit writes elsewhere than below /var/lib only with ReadWritePaths= (`systemctl edit bodydock`).',
      de: 'Einen Ordner auf einem beschreibbaren Datenträger nennen. Außerhalb von /var/lib schreibt die Unit nur mit ReadWritePaths= (`systemctl edit bodydock`).',
    },
    command: 'findmnt --target {parent}; ls -ld {parent}',
  },
  'disk.file-system': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The spool lies on {type}, which does not keep what was synced and renamed.',
      de: 'Der Zwischenspeicher liegt auf {type}, das Gesichertes und Umbenanntes nicht verlässlich behält.',
    },
    remedy: MOVE_REMEDY,
    command: 'findmnt --target {where}',
  },
  'disk.memory': {
    severity: 'warning',
    text: {
      en: 'The spool lies in memory ({type}): at power-off all is gone that the store does not have.',
      de: 'Der Zwischenspeicher liegt im Arbeitsspeicher ({type}): Beim Ausschalten ist weg, was der Zentralspeicher nicht hat.',
    },
    remedy: MOVE_REMEDY,
    command: 'findmnt --target {where}',
  },
  'disk.boot': {
    severity: 'warning',
    text: {
      en: 'The spool lies on the boot partition: full, it keeps the machine from being updated.',
      de: 'Der Zwischenspeicher liegt auf der Startpartition: Ist sie voll, lässt sich das Gerät nicht aktualisieren.',
    },
    remedy: MOVE_REMEDY,
    command: 'findmnt --target {where}',
  },
  'disk.read-only': {
    severity: 'error',
    text: {
      en: 'The disk of the spool is read-only. A kernel that did so by itself found the disk damaged.',
      de: 'Der Datenträger des Zwischenspeichers ist nur lesbar. Hat der Kernel das selbst getan, fand er ihn beschädigt.',
    },
    remedy: {
      en: 'Look why. Do not make it writable where the kernel names errors: check or change the disk first. Cameras keep their recordings.',
      de: 'Nachsehen, warum. Nicht beschreibbar machen, wenn der Kernel Fehler nennt: erst den Datenträger prüfen oder tauschen. Die Kameras behalten ihre Aufzeichnungen.',
    },
    command: 'dmesg | tail -n 50',
  },
  'disk.link': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The spool is a symbolic link.',
      de: 'Der Zwischenspeicher ist eine symbolische Verknüpfung.',
    },
    remedy: {
      en: 'Name the folder itself: a link can be turned elsewhere.',
      de: 'Den Ordner selbst nennen: Eine Verknüpfung kann umgelenkt werden.',
    },
    command: 'readlink -f {where}',
  },
  'disk.no-folder': {
    severity: 'error',
    exit: 78,
    text: { en: 'The spool is no folder.', de: 'Der Zwischenspeicher ist kein Ordner.' },
    command: 'ls -ld {where}',
  },
  'disk.unreadable': {
    severity: 'error',
    exit: 78,
    text: { en: 'The spool cannot be looked at.', de: 'Der Zwischenspeicher lässt sich nicht ansehen.' },
    command: 'sudo ls -ld {where}',
  },
  'disk.unwritable': {
    severity: 'error',
    text: {
      en: 'Nothing can be written into the spool ({reason}).',
      de: 'In den Zwischenspeicher lässt sich nichts schreiben ({reason}).',
    },
    command: 'ls -ld {where}',
  },
  'disk.full': {
    severity: 'error',
    text: {
      en: 'The disk is full ({free} free): no camera is read.',
      de: 'Der Datenträger ist voll ({free} frei): Keine Kamera wird gelesen.',
    },
    remedy: {
      en: 'Restore the connection to the store, and remove files that are not in the spool. Delete nothing in the spool.',
      de: 'Verbindung zum Zentralspeicher herstellen und Dateien außerhalb des Zwischenspeichers entfernen. Im Zwischenspeicher nichts löschen.',
    },
    command: 'df -h {where}',
  },
  'disk.low': {
    severity: 'warning',
    text: { en: 'Only {free} are free on the disk.', de: 'Auf dem Datenträger sind nur noch {free} frei.' },
    remedy: {
      en: 'Check the connection to the store before the disk is full.',
      de: 'Verbindung zum Zentralspeicher prüfen, bevor der Datenträger voll ist.',
    },
    command: 'df -h {where}',
  },
  'disk.inodes': {
    severity: 'error',
    text: {
      en: 'The disk has only {count} inodes left: no further files can be made.',
      de: 'Der Datenträger hat nur noch {count} Inodes: Es lassen sich keine Dateien mehr anlegen.',
    },
    remedy: {
      en: 'Remove small files that are not in the spool.',
      de: 'Kleine Dateien außerhalb des Zwischenspeichers entfernen.',
    },
    command: 'df -i {where}',
  },
  'disk.reserve': {
    severity: 'warning',
    text: {
      en: 'The reserve for log and records is not whole. The agent makes it as soon as there is space.',
      de: 'Die Reserve für Protokolle ist nicht vollständig. Der Agent legt sie an, sobald Platz ist.',
    },
    command: 'df -h {where}',
  },
  'disk.slow': {
    severity: 'warning',
    text: {
      en: 'The disk is slow: 64 KiB were durable only after {ms} ms.',
      de: 'Der Datenträger ist langsam: 64 KiB waren erst nach {ms} ms dauerhaft.',
    },
    remedy: {
      en: 'A worn memory card does that. If it stays so, change it.',
      de: 'Eine verbrauchte Speicherkarte macht das. Bleibt es so, tauschen.',
    },
    command: 'dmesg --level=err,warn',
  },
  'spool.mode': {
    severity: 'warning',
    text: {
      en: 'Others can look into the spool (mode {mode}). What lies there is sealed, but not the log.',
      de: 'Andere können in den Zwischenspeicher sehen (Modus {mode}). Was dort liegt, ist versiegelt, das Protokoll nicht.',
    },
    command: 'chmod 0750 {where}',
  },
  'spool.owner': {
    severity: 'error',
    text: {
      en: 'It does not belong to the user of the agent (number {user}), who then cannot work with it.',
      de: 'Es gehört nicht dem Benutzer des Agenten (Nummer {user}), der so nicht damit arbeiten kann.',
    },
    command: 'chown -R {user}:{group} {where}',
  },
} satisfies DoctorTable;
