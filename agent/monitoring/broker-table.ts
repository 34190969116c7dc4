// Conditions of the connection to the broker. Most are seen only by those who ask the station itself, or once the connection is back:
// while it is lost, monitoring sees the will.
import type { ConditionTable } from './condition-kind.ts';

/** The station has one broker: no subject. */
export const BROKER_TABLE = {
  'broker.unreachable': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'The broker cannot be reached; recordings wait on the station.',
      de: 'Der Broker ist nicht erreichbar; die Aufzeichnungen warten auf der Station.',
    },
    remedy: {
      en: 'Check network, name resolution and the broker itself.',
      de: 'Netz, Namensauflösung und den Broker selbst prüfen.',
    },
    afterMs: 0,
    causes: ['broker.tls', 'broker.refused', 'broker.client-id-in-use'],
    facts: ['attempts'],
  },
  'broker.tls': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The secured connection to the broker fails: a certificate is not accepted.',
      de: 'Die gesicherte Verbindung zum Broker kommt nicht zustande: Ein Zertifikat wird nicht anerkannt.',
    },
    remedy: {
      en: 'Run "bodydock doctor": it looks at the certificates of both sides. Check the clocks of both sides, too.',
      de: '"bodydock doctor" ausführen: Es sieht die Zertifikate beider Seiten an. Auch die Uhren beider Seiten prüfen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['attempts'],
  },
  'broker.refused': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'The broker refuses the connection of this station.',
      de: 'Der Broker lehnt die Verbindung dieser Station ab.',
    },
    remedy: {
      en: 'Check what the broker allows this station: its certificate or password, its rights and its limits.',
      de: 'Prüfen, was der Broker dieser Station erlaubt: Zertifikat oder Passwort, Rechte und Grenzen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['attempts', 'reason_code'],
  },
  'broker.client-id-in-use': {
    severity: 'critical',
    subject: 'none',
    text: {
      en: 'Another program connects to the broker under the name of this station.',
      de: 'Ein anderes Programm verbindet sich unter dem Namen dieser Station mit dem Broker.',
    },
    remedy: {
      en: 'Find the second machine with the configuration of this station, such as a copied memory card, and switch it off.',
      de: 'Das zweite Gerät mit der Konfiguration dieser Station suchen, etwa eine kopierte Speicherkarte, und abschalten.',
    },
    afterMs: 0,
    causes: [],
    facts: ['attempts'],
  },
  'broker.publish-refused': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'The broker refuses messages of this station.',
      de: 'Der Broker lehnt Nachrichten dieser Station ab.',
    },
    remedy: {
      en: 'Check the rights (ACL) and quotas of this station at the broker.',
      de: 'Rechte (ACL) und Kontingente dieser Station am Broker prüfen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['reason_code'],
  },
  'broker.message-size': {
    severity: 'error',
    subject: 'none',
    text: {
      en: 'The broker or the receiver takes only messages that are too small to deliver recordings.',
      de: 'Der Broker oder der Empfänger nimmt nur Nachrichten, die für Aufzeichnungen zu klein sind.',
    },
    remedy: {
      en: 'Raise the largest message (packet) that the broker and the receiver take.',
      de: 'Größte Nachricht (Paket), die Broker und Empfänger annehmen, heraufsetzen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['payload_bytes_max', 'message_bytes_max'],
  },
  'broker.offer-size': {
    severity: 'error',
    subject: 'recording',
    text: {
      en: 'A document does not fit into the largest message of the broker.',
      de: 'Ein Dokument passt nicht in die größte Nachricht des Brokers.',
    },
    remedy: {
      en: 'Raise the largest message (packet) that the broker takes.',
      de: 'Größte Nachricht (Paket), die der Broker annimmt, heraufsetzen.',
    },
    afterMs: 0,
    causes: ['broker.message-size'],
    facts: ['payload_bytes_max'],
  },
  'broker.certificate-expiring': {
    severity: 'warning',
    subject: 'certificate',
    text: {
      en: 'A certificate for the connection to the broker ends soon, or has ended.',
      de: 'Ein Zertifikat für die Verbindung zum Broker läuft bald ab oder ist abgelaufen.',
    },
    remedy: {
      en: 'Put a new certificate in the place of the old one ("bodydock keys enrol" gets one for a station); it is taken without a restart.',
      de: 'Ein neues Zertifikat an die Stelle des alten legen ("bodydock keys enrol" holt eines für die Station); es wird ohne Neustart übernommen.',
    },
    afterMs: 0,
    causes: [],
    facts: ['days', 'ends_at'],
  },
} satisfies ConditionTable;
