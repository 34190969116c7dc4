// What `bodydock keys enrol` says to the technician, in English and German.
import type { Language } from '../evidence/page/language.ts';

export interface EnrolWords {
  /** {}: file, station, key id, path of the private key or `noTls`. */
  readonly requested: string;
  readonly keyMade: string;
  readonly keyKept: string;
  readonly noTls: string;
  /** {}: fingerprint. */
  readonly fingerprint: string;
  /** {}: file. */
  readonly next: string;
  /** {}: store, when, receivers, broker, request's fingerprint. */
  readonly answer: string;
  readonly compare: string;
  /** {}: certificate file, end. */
  readonly certificate: string;
  /** {}: authority file, how many. */
  readonly authorities: string;
  readonly pinned: string;
  /** {}: configuration file. */
  readonly putLines: string;
  readonly wouldChange: string;
  /** {}: configuration file. */
  readonly written: string;
  readonly recipients: string;
  readonly nextCheck: string;
}

export const ENROL_WORDS: Readonly<Record<Language, EnrolWords>> = {
  en: {
    requested: 'written: {}, the request of station {} (key id {})\n{}\n',
    keyMade: 'private key of the certificate: {} (made now; it stays here)',
    keyKept: 'private key of the certificate: {} (it was there and is kept)',
    noTls:
      'no certificate is asked for: the configuration names no cert_file and key_file (login by password, or a broker on this machine)',
    fingerprint: 'fingerprint:  {}\n',
    next: 'Take the file to the store and read the fingerprint out by telephone. There: bodydock-receiver enrol {}\nThen here, with the file that comes back: bodydock keys enrol --answer FILE\n',
    answer:
      'answer of the store “{}” of {}\n  receivers {}, broker {}\n  to the request with the fingerprint {}\n',
    compare: 'Does the store read out the same fingerprint? Type yes or no: ',
    certificate: 'installed: {}, the client certificate, until {}\n',
    authorities: 'installed: {}, authorities of the broker ({})\n',
    pinned: 'The configuration pins this store already; nothing to change in it.\n',
    putLines: 'For {} (put the lines in, or type this again with --write):\n',
    wouldChange: 'With --write the lines of the file would change like this:\n',
    written: 'written into {}:\n',
    recipients: 'Recipients are not in the answer: they come from whoever holds the identities.\n',
    nextCheck: 'Next: bodydock check\n',
  },
  de: {
    requested: 'geschrieben: {}, der Antrag der Station {} (Schlüsselnummer {})\n{}\n',
    keyMade: 'privater Schlüssel des Zertifikats: {} (jetzt erzeugt; er bleibt hier)',
    keyKept: 'privater Schlüssel des Zertifikats: {} (war da und bleibt)',
    noTls:
      'kein Zertifikat beantragt: Die Konfiguration nennt kein cert_file und key_file (Anmeldung mit Passwort, oder ein Broker auf diesem Gerät)',
    fingerprint: 'Fingerabdruck:  {}\n',
    next: 'Die Datei zum Zentralspeicher bringen und den Fingerabdruck am Telefon vorlesen. Dort: bodydock-receiver enrol {}\nDann hier, mit der Datei, die zurückkommt: bodydock keys enrol --answer DATEI\n',
    answer:
      'Antwort des Zentralspeichers „{}“ vom {}\n  Empfänger {}, Broker {}\n  auf den Antrag mit dem Fingerabdruck {}\n',
    compare: 'Liest der Zentralspeicher denselben Fingerabdruck vor? ja oder nein eingeben: ',
    certificate: 'eingesetzt: {}, das Client-Zertifikat, gültig bis {}\n',
    authorities: 'eingesetzt: {}, Zertifizierungsstellen des Brokers ({})\n',
    pinned: 'Die Konfiguration kennt diesen Zentralspeicher schon; an ihr ist nichts zu ändern.\n',
    putLines: 'Für {} (die Zeilen eintragen oder dasselbe noch einmal mit --write eingeben):\n',
    wouldChange: 'Mit --write änderten sich die Zeilen der Datei so:\n',
    written: 'eingetragen in {}:\n',
    recipients: 'recipients stehen nicht in der Antwort: Sie kommen von denen, die die Identitäten haben.\n',
    nextCheck: 'Weiter: bodydock check\n',
  },
};
