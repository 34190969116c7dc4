// Conditions of who a camera is and of what is plugged in where (SPEC 12).
import type { ConditionTable } from './condition-kind.ts';

export const IDENTITY_TABLE = {
  'camera.unknown': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'The camera in this bay is not registered at this station, or says no serial number. Nothing on it was touched.',
      de: 'Die Kamera in diesem Platz ist an dieser Station nicht eingetragen, oder sie nennt keine Seriennummer. Nichts auf ihr wurde angerührt.',
    },
    remedy: {
      en: 'Take it out. If it belongs here: add it with its serial number to cameras in station.yaml, or name it in its bay.',
      de: 'Kamera herausnehmen. Gehört sie hierher: mit ihrer Seriennummer unter cameras in station.yaml eintragen, oder im Platz benennen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason'],
  },
  'camera.other': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'Another camera of this station is in this bay than the one that the bay is for. Nothing on it was touched.',
      de: 'In diesem Platz steckt eine andere Kamera dieser Station als die, für die er bestimmt ist. Nichts auf ihr wurde angerührt.',
    },
    remedy: {
      en: 'Put each camera into its own bay, or take camera out of the bays in station.yaml: then each is known by its serial number.',
      de: 'Jede Kamera in ihren eigenen Platz stecken, oder camera bei den Plätzen in station.yaml streichen: Dann wird jede an ihrer Seriennummer erkannt.',
    },
    afterMs: 0,
    causes: [],
    facts: ['camera', 'expected', 'reason'],
  },
  'camera.locked-out': {
    severity: 'error',
    subject: 'bay',
    text: {
      en: 'Cameras in this bay did not accept their password several times in a row; no more is tried, lest a camera lock itself.',
      de: 'Kameras in diesem Platz haben ihr Passwort mehrmals nacheinander nicht angenommen; es wird nicht weiter versucht, damit sich keine Kamera sperrt.',
    },
    remedy: {
      en: 'Keep the camera: its recordings are still on it. Put its right password into its password_file, then "systemctl restart bodydock".',
      de: 'Kamera aufbewahren: Die Aufzeichnungen sind noch darauf. Ihr richtiges Passwort in ihre password_file eintragen, dann "systemctl restart bodydock".',
    },
    afterMs: 0,
    causes: [],
    facts: ['refusals'],
  },
  'camera.serial-differs': {
    severity: 'warning',
    subject: 'bay',
    text: {
      en: 'The camera in this bay says another serial number than station.yaml gives for it; it is served all the same.',
      de: 'Die Kamera in diesem Platz nennt eine andere Seriennummer, als in station.yaml für sie steht; sie wird trotzdem bedient.',
    },
    remedy: {
      en: 'Check whether it is the right camera; then correct its serial number in station.yaml.',
      de: 'Prüfen, ob es die richtige Kamera ist; dann ihre Seriennummer in station.yaml berichtigen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['camera'],
  },
  'usb.unexpected-device': {
    severity: 'warning',
    subject: 'port',
    text: {
      en: 'A camera, a phone or a disk is at a USB port that is no bay. It is not opened, and nothing on it is taken.',
      de: 'An einem USB-Anschluss, der kein Platz ist, steckt eine Kamera, ein Telefon oder ein Datenträger. Das Gerät wird nicht geöffnet, nichts von ihm wird übernommen.',
    },
    remedy: {
      en: 'Put a camera into a bay, take anything else out. If the port is a bay: `bodydock bays learn` writes the bays for station.yaml.',
      de: 'Kameras in einen Platz stecken, anderes abziehen. Ist der Anschluss ein Platz: `bodydock bays learn` schreibt die Plätze für station.yaml.',
    },
    afterMs: 5000,
    causes: [],
    facts: ['usb_id'],
  },
} satisfies ConditionTable;
