// What `bodydock keys enrol` says, in German.
import type { Translated } from '../../texts.ts';
import type { KEYS_EN } from '../en/keys.ts';

export const KEYS_DE = {
  requested: `geschrieben: {file}, der Antrag der Station {station} (Schlüsselnummer {keyId})
{about}
`,
  keyMade: 'privater Schlüssel des Zertifikats: {file} (jetzt erzeugt; er bleibt hier)',
  keyKept: 'privater Schlüssel des Zertifikats: {file} (war da und bleibt)',
  noTls:
    'kein Zertifikat beantragt: Die Konfiguration nennt kein cert_file und key_file (Anmeldung mit Passwort, oder ein Broker auf diesem Gerät)',
  fingerprint: `Fingerabdruck:  {fingerprint}
`,
  next: `Die Datei zum Zentralspeicher bringen und den Fingerabdruck am Telefon vorlesen. Dort: bodydock-receiver enrol {file}
Dann hier, mit der Datei, die zurückkommt: bodydock keys enrol --answer DATEI
`,
  answer: `Antwort des Zentralspeichers „{store}“ vom {at}
  Empfänger {receivers}, Broker {broker}
  auf den Antrag mit dem Fingerabdruck {fingerprint}
`,
  roles: `  Schlüssel der Aufzeichnungsbeauftragten {officers}, der vorgesetzten Stelle {supervisors}: bei beiden nachfragen, ob es ihre sind
`,
  noRoles: `  keine Schlüssel der Rollen: Diese Station nimmt von dort keine Richtlinie beider an
  und löscht nach dessen Zurückspielen nichts
`,
  compare: 'Liest der Zentralspeicher denselben Fingerabdruck vor? ja oder nein eingeben: ',
  certificate: `eingesetzt: {file}, das Client-Zertifikat, gültig bis {until}
`,
  authorities: `eingesetzt: {file}, Zertifizierungsstellen des Brokers ({count})
`,
  pinned: `Die Konfiguration kennt diesen Zentralspeicher schon; an ihr ist nichts zu ändern.
`,
  putLines: `Für {file} (die Zeilen eintragen oder dasselbe noch einmal mit --write eingeben):
`,
  wouldChange: `Mit --write änderten sich die Zeilen der Datei so:
`,
  written: `eingetragen in {file}:
`,
  recipients: `recipients stehen nicht in der Antwort: Sie kommen von denen, die die Identitäten haben.
`,
  nextCheck: `Weiter: bodydock check
`,
} as const satisfies Translated<typeof KEYS_EN>;
