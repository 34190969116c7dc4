// Words of `bodydock doctor` for the configuration and the files that it names.
import type { DoctorTable } from './doctor-finding.ts';

const CERTIFICATE_REMEDY = {
  en: 'Enrol once more for a new certificate (`bodydock keys enrol`), or put one of the authority in the place of this one; no restart is needed.',
  de: 'Mit einer neuen Anmeldung ein neues Zertifikat holen (`bodydock keys enrol`) oder eines der Zertifizierungsstelle an diese Stelle legen; ein Neustart ist nicht nötig.',
};
const SHOW_CERTIFICATE = 'openssl x509 -noout -subject -issuer -dates -in {where}';

/** Codes are those of `bodydock check`, and {message} is its sentence. */
export const FILES_TABLE = {
  'config.good': {
    severity: 'good',
    text: {
      en: 'The configuration and the files that it names are right.',
      de: 'Die Konfiguration und die Dateien, die sie nennt, stimmen.',
    },
  },
  'config.refused': {
    severity: 'error',
    exit: 78,
    text: { en: '{message}', de: 'Die Konfiguration stimmt nicht: {message}' },
    remedy: {
      en: 'Correct each line that is named, and check again; a running agent takes it over by itself.',
      de: 'Jede genannte Zeile berichtigen und erneut prüfen; ein laufender Agent übernimmt sie von selbst.',
    },
    command: 'bodydock check --config {where}',
  },
  'config.left-out': {
    severity: 'note',
    text: {
      en: 'Not looked at before this file is right: keys, certificates, proofs, bays, power, the way to the broker, the store.',
      de: 'Nicht angesehen, bevor diese Datei stimmt: Schlüssel, Zertifikate, Nachweise, Plätze, Strom, der Weg zum Broker, der Zentralspeicher.',
    },
  },
  'config.all-left-out': {
    severity: 'note',
    text: {
      en: 'Looked at nothing but the system: the file does not tell where the spool is, so neither agent nor disk could be asked.',
      de: 'Nur das System angesehen: Die Datei sagt nicht, wo der Zwischenspeicher liegt; Agent und Datenträger ließen sich so nicht fragen.',
    },
  },
  'file.refused': {
    severity: 'error',
    exit: 78,
    text: { en: 'The file cannot be used: {message}', de: 'Die Datei ist nicht brauchbar: {message}' },
    command: 'bodydock check --config {config}',
  },
  'file.remark': {
    severity: 'warning',
    text: { en: 'Remark: {message}', de: 'Anmerkung: {message}' },
    command: 'bodydock check --config {config}',
  },
  'key.mode': {
    severity: 'error',
    exit: 78,
    text: { en: 'Others can use this secret file.', de: 'Andere können diese geheime Datei benutzen.' },
    remedy: {
      en: 'If others work on this machine, make a new key instead: this one may be known.',
      de: 'Arbeiten andere an diesem Gerät, statt dessen einen neuen Schlüssel machen: Dieser ist womöglich bekannt.',
    },
    command: 'chmod 0600 {where}',
  },
  'key.owner': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'This secret file belongs to somebody who has no business with it.',
      de: 'Diese geheime Datei gehört jemandem, den sie nichts angeht.',
    },
    command: 'chown root:root {where}',
  },
  'key.missing': {
    severity: 'error',
    exit: 78,
    text: { en: 'The signing key is not there.', de: 'Der Signaturschlüssel ist nicht da.' },
    remedy: {
      en: 'Put it there, or correct its path. A new signing key: `bodydock keys make station`; the store must learn it then.',
      de: 'Ihn dorthin legen oder den Pfad berichtigen. Ein neuer Signaturschlüssel: `bodydock keys make station`; der Zentralspeicher muss ihn dann kennenlernen.',
    },
    command: 'ls -l {where}',
  },
  'tls.key-missing': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The private key of the certificate is not there.',
      de: 'Der private Schlüssel des Zertifikats ist nicht da.',
    },
    remedy: {
      en: 'Put it there, or correct its path. `bodydock keys enrol` makes the key of the certificate and asks for a new certificate.',
      de: 'Ihn dorthin legen oder den Pfad berichtigen. `bodydock keys enrol` legt den Schlüssel des Zertifikats an und beantragt ein neues.',
    },
    command: 'ls -l {where}',
  },
  'tls.file-missing': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The file with certificates is not there.',
      de: 'Die Datei mit Zertifikaten ist nicht da.',
    },
    remedy: {
      en: 'Put it there, or correct its path. `bodydock keys enrol` asks for a new certificate; the answer brings those of the authorities, too.',
      de: 'Sie dorthin legen oder den Pfad berichtigen. `bodydock keys enrol` beantragt ein neues Zertifikat; die Antwort bringt auch die der Stellen mit.',
    },
    command: 'ls -l {where}',
  },
  'file.missing': {
    severity: 'error',
    exit: 78,
    text: { en: 'The file is not there.', de: 'Die Datei ist nicht da.' },
    remedy: {
      en: 'Put it there, or correct its path.',
      de: 'Sie dorthin legen oder den Pfad berichtigen.',
    },
    command: 'ls -l {where}',
  },
  'key.own-pin': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The key of this station is listed as a key of the store.',
      de: 'Der Schlüssel dieser Station steht als Schlüssel des Zentralspeichers in der Konfiguration.',
    },
    remedy: {
      en: 'store.public_keys takes the second line of store.pub.',
      de: 'store.public_keys nimmt die zweite Zeile von store.pub.',
    },
    command: 'bodydock keys show {where}',
  },
  'tls.expired': {
    severity: 'error',
    exit: 78,
    text: { en: 'The certificate has expired.', de: 'Das Zertifikat ist abgelaufen.' },
    remedy: CERTIFICATE_REMEDY,
    command: SHOW_CERTIFICATE,
  },
  'tls.expiring': {
    severity: 'warning',
    text: {
      en: 'The certificate expires within 30 days.',
      de: 'Das Zertifikat läuft in weniger als 30 Tagen ab.',
    },
    remedy: CERTIFICATE_REMEDY,
    command: SHOW_CERTIFICATE,
  },
  'tls.not-yet-valid': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The certificate is not valid yet: the clock of this machine is wrong, or it was made for later.',
      de: 'Das Zertifikat gilt noch nicht: Die Uhr dieses Geräts geht falsch, oder es ist für später ausgestellt.',
    },
    command: 'timedatectl',
  },
  'tls.name': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The common name of the certificate is not the id of this station ({station}).',
      de: 'Der Name (CN) des Zertifikats ist nicht die Kennung dieser Station ({station}).',
    },
    remedy: {
      en: 'Get a certificate with that common name: the broker goes by it.',
      de: 'Ein Zertifikat mit diesem Namen (CN) holen: Der Broker richtet sich danach.',
    },
    command: SHOW_CERTIFICATE,
  },
  'tls.key-mismatch': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The key does not belong to the certificate.',
      de: 'Der Schlüssel gehört nicht zum Zertifikat.',
    },
    remedy: {
      en: 'Name the key that the certificate was made with.',
      de: 'Den Schlüssel nennen, mit dem das Zertifikat gemacht wurde.',
    },
    command: 'openssl pkey -noout -pubout -in {where}',
  },
  'proof.missing': {
    severity: 'warning',
    text: {
      en: 'There is no proof that all recipients can open ({count} without): no camera is emptied.',
      de: 'Es fehlt der Nachweis, dass alle Öffnungsberechtigten öffnen können ({count} ohne): Keine Kamera wird geleert.',
    },
    remedy: {
      en: 'Never bring an identity here. Take the challenges to where it is, answer them there, install the answers here (handbook, 1.7), then `systemctl restart bodydock`.',
      de: 'Nie eine Identität hierher bringen. Die Aufgaben dorthin bringen, wo sie ist, dort beantworten, die Antworten hier einsetzen (Handbuch, 1.7), dann `systemctl restart bodydock`.',
    },
    command: 'bodydock keys prove --config {config} --ask /root/challenges',
  },
} satisfies DoctorTable;
