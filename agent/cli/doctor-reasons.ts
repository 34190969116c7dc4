// What the codes of a CONNACK mean, in words for people. Source: MQTT 3.1.1, table 3.1; MQTT 5.0, table 3-1.
import type { Words } from '../monitoring/condition-kind.ts';
import { reasonText } from '../platform/broker-endings.ts';

const VERSION = {
  en: 'it does not speak this version of MQTT',
  de: 'er spricht diese Version von MQTT nicht',
};
const CLIENT_ID = { en: 'it does not take the client id', de: 'er nimmt die Client-ID nicht an' };
const UNAVAILABLE = { en: 'its service is not available now', de: 'sein Dienst ist gerade nicht verfügbar' };
const LOGIN = {
  en: 'user name, password or certificate do not fit',
  de: 'Benutzername, Passwort oder Zertifikat passen nicht',
};
const RIGHTS = {
  en: 'this station has no right to connect (user list or ACL)',
  de: 'diese Station darf sich nicht anmelden (Benutzerliste oder ACL)',
};

const REASONS: Readonly<Record<number, Words>> = {
  1: VERSION,
  2: CLIENT_ID,
  3: UNAVAILABLE,
  4: LOGIN,
  5: RIGHTS,
  128: { en: 'it gives no reason', de: 'er nennt keinen Grund' },
  129: { en: 'it cannot read our packet', de: 'er kann unser Paket nicht lesen' },
  130: { en: 'our packet breaks the protocol, it says', de: 'unser Paket verletze das Protokoll' },
  131: {
    en: 'a setting of the broker does not allow it',
    de: 'eine Einstellung des Brokers erlaubt es nicht',
  },
  132: VERSION,
  133: CLIENT_ID,
  134: LOGIN,
  135: RIGHTS,
  136: UNAVAILABLE,
  137: { en: 'it is overloaded', de: 'er ist überlastet' },
  138: { en: 'this client is banned', de: 'dieser Client ist gesperrt' },
  140: { en: 'it wants another way to log in', de: 'er verlangt ein anderes Anmeldeverfahren' },
  144: {
    en: 'it does not allow the topic of our last will',
    de: 'er erlaubt das Topic unseres letzten Willens nicht',
  },
  149: { en: 'our packet is too large for it', de: 'unser Paket ist ihm zu groß' },
  151: { en: 'a quota is used up', de: 'ein Kontingent ist erschöpft' },
  153: {
    en: 'it does not take the form of our last will',
    de: 'er nimmt die Form unseres letzten Willens nicht an',
  },
  154: { en: 'it keeps no retained messages', de: 'er bewahrt keine Nachrichten auf (retain)' },
  155: { en: 'it does not offer QoS 1', de: 'er bietet QoS 1 nicht an' },
  156: { en: 'we are to use another broker for now', de: 'wir sollen vorerst einen anderen Broker nehmen' },
  157: { en: 'the broker has moved for good', de: 'der Broker ist endgültig umgezogen' },
  159: { en: 'too many connect at a time', de: 'zu viele melden sich zugleich an' },
};

/** Words for a code; the library's where there are none of ours. */
export function reasonWords(code: number): Words {
  const text = reasonText(code);
  return REASONS[code] ?? { en: text, de: text };
}
