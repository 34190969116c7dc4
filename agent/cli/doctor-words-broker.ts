// Words of `bodydock doctor` for the way to the broker, its rights, and the store.
import { MONITORING_README, RETAINED_WORDS } from '../../agent/platform/retained-look.ts';
import type { DoctorTable } from './doctor-finding.ts';

const SHOW_SERVER = 'openssl s_client -connect {where} -showcerts </dev/null';
const ACL_REMEDY = {
  en: 'On the machine of the broker: compare its ACL with mosquitto.acl of this package, and reload it.',
  de: 'Auf dem Gerät des Brokers: seine ACL mit mosquitto.acl dieses Pakets vergleichen und neu laden.',
};
const RELOAD = 'systemctl reload mosquitto';

export const BROKER_TABLE = {
  'broker.good': {
    severity: 'good',
    text: {
      en: 'The broker is reached and takes this station (MQTT {version}).',
      de: 'Der Broker ist erreichbar und nimmt diese Station an (MQTT {version}).',
    },
  },
  'broker.by-agent': {
    severity: 'good',
    text: {
      en: 'The agent is connected to the broker.',
      de: 'Der Agent ist mit dem Broker verbunden.',
    },
  },
  'broker.not-tried': {
    severity: 'note',
    text: {
      en: 'Login, rights and store were not tried: an agent runs, and a second login with its certificate could cut it off.',
      de: 'Anmeldung, Rechte und Zentralspeicher nicht probiert: Ein Agent läuft, und eine zweite Anmeldung mit seinem Zertifikat könnte ihn trennen.',
    },
    remedy: {
      en: 'To try them all the same (the agent comes back by itself within minutes):',
      de: 'Um sie trotzdem zu probieren (der Agent kommt in Minuten von selbst zurück):',
    },
    command: 'bodydock doctor --connect --config {config}',
  },
  'broker.no-name': {
    severity: 'error',
    exit: 69,
    text: {
      en: 'The name of the broker cannot be resolved ({reason}).',
      de: 'Der Name des Brokers lässt sich nicht auflösen ({reason}).',
    },
    remedy: {
      en: 'Check broker.url, the network cable and the name server.',
      de: 'broker.url, Netzkabel und Namensserver prüfen.',
    },
    command: 'getent hosts {host}',
  },
  'broker.no-connection': {
    severity: 'error',
    exit: 69,
    text: {
      en: 'The broker does not answer at this address ({reason}).',
      de: 'Der Broker antwortet unter dieser Adresse nicht ({reason}).',
    },
    remedy: {
      en: 'Check that it runs and that no firewall is between. On its machine:',
      de: 'Prüfen, ob er läuft und keine Firewall dazwischen ist. Auf seinem Gerät:',
    },
    command: 'systemctl status mosquitto',
  },
  'broker.unanswered': {
    severity: 'error',
    exit: 69,
    text: {
      en: 'The connection stands, but it ends without an answer of a broker ({reason}).',
      de: 'Die Verbindung steht, endet aber ohne Antwort eines Brokers ({reason}).',
    },
    remedy: {
      en: 'The log of the broker says why; another service at that port says nothing of MQTT.',
      de: 'Das Protokoll des Brokers sagt, warum; ein anderer Dienst an diesem Port sagt nichts von MQTT.',
    },
    command: 'journalctl -u mosquitto -n 50',
  },
  'broker.refused': {
    severity: 'error',
    exit: 69,
    text: {
      en: 'The broker refuses this station: {words} (code {code}).',
      de: 'Der Broker weist diese Station ab: {words} (Code {code}).',
    },
    remedy: { en: 'On the machine of the broker:', de: 'Auf dem Gerät des Brokers:' },
    command: 'journalctl -u mosquitto -n 50',
  },
  'broker.password-refused': {
    severity: 'error',
    exit: 69,
    text: {
      en: 'The broker refuses the account {user}: the password is not the one that it knows, or the account has no right to connect.',
      de: 'Der Broker weist das Konto {user} ab: Das Passwort ist nicht das, das er kennt, oder das Konto darf sich nicht anmelden.',
    },
    remedy: {
      en: 'Set the password at the broker, have it read its file again (systemctl reload mosquitto), and put the same one into {file}. On the machine of the broker:',
      de: 'Das Passwort am Broker setzen, ihn seine Datei neu lesen lassen (systemctl reload mosquitto) und dasselbe in {file} schreiben. Auf dem Gerät des Brokers:',
    },
    command: 'mosquitto_passwd /etc/mosquitto/passwd {user}',
  },
  'broker.password-missing': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The file with the password for the broker is not there.',
      de: 'Die Datei mit dem Passwort für den Broker ist nicht da.',
    },
    remedy: {
      en: 'Put the password of the account into it, one line, for the service alone:',
      de: 'Das Passwort des Kontos hineinschreiben, eine Zeile, nur für den Dienst lesbar:',
    },
    command: 'install -m 600 /dev/stdin {where}',
  },
  'broker.by-password': {
    severity: 'note',
    text: {
      en: "This station logs in at the broker by password. The broker's word alone says which station a message is from, and whoever copies the password can speak for this station there. Recordings, docking records and receipts are signed as always; over a network the connection has TLS.",
      de: 'Diese Station meldet sich am Broker mit Passwort an. Von welcher Station eine Nachricht ist, sagt allein das Wort des Brokers, und wer das Passwort kopiert, kann dort für diese Station sprechen. Aufzeichnungen, Andockprotokolle und Quittungen sind signiert wie immer; über ein Netz hat die Verbindung TLS.',
    },
    remedy: {
      en: 'A client certificate binds the name to a key of this machine (handbook, "Brokers").',
      de: 'Ein Client-Zertifikat bindet den Namen an einen Schlüssel dieses Geräts (Handbuch, „Broker“).',
    },
  },
  'broker.username': {
    severity: 'warning',
    text: {
      en: 'broker.username is not the id of this station ({station}): the ACL of this package lets each account write below its own name only.',
      de: 'broker.username ist nicht die Kennung dieser Station ({station}): Die ACL dieses Pakets lässt jedes Konto nur unter seinem eigenen Namen schreiben.',
    },
    remedy: {
      en: 'Give the account the id of the station as its name, or the broker an ACL of its own.',
      de: 'Dem Konto die Kennung der Station als Namen geben, oder dem Broker eine eigene ACL.',
    },
    command: "grep -n '%u' /etc/mosquitto/mosquitto.acl",
  },
  'tls.good': {
    severity: 'good',
    text: {
      en: '{protocol}; the certificate of the broker is trusted until {until}.',
      de: '{protocol}; dem Zertifikat des Brokers wird bis {until} vertraut.',
    },
  },
  'tls.server-authority': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The certificate of the broker is not of the authority in ca_file: it was issued by "{issuer}", ca_file holds "{authority}".',
      de: 'Das Zertifikat des Brokers ist nicht von der Stelle in ca_file: ausgestellt von "{issuer}", ca_file enthält "{authority}".',
    },
    remedy: {
      en: 'If the broker is the right one, put the certificate of its authority into {file}. If not, somebody is in between: do not trust it.',
      de: 'Ist es der richtige Broker, das Zertifikat seiner Stelle nach {file} legen. Sonst ist jemand dazwischen: nicht vertrauen.',
    },
    command: SHOW_SERVER,
  },
  'tls.server-name': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The certificate of the broker is for {names}, not for {host}.',
      de: 'Das Zertifikat des Brokers gilt für {names}, nicht für {host}.',
    },
    remedy: {
      en: 'Write a name of the certificate into broker.url, or get the broker a certificate for this one.',
      de: 'Einen Namen des Zertifikats in broker.url schreiben oder dem Broker ein Zertifikat für diesen besorgen.',
    },
    command: SHOW_SERVER,
  },
  'tls.server-expired': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The certificate of the broker expired at {until}.',
      de: 'Das Zertifikat des Brokers ist am {until} abgelaufen.',
    },
    remedy: {
      en: 'Get the broker a new certificate; or the clock of this machine is wrong (`timedatectl`).',
      de: 'Dem Broker ein neues Zertifikat besorgen; oder die Uhr dieses Geräts geht falsch (`timedatectl`).',
    },
    command: SHOW_SERVER,
  },
  'tls.server-not-yet-valid': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The certificate of the broker is valid from {from} on: the clock of this machine is wrong, or it was made for later.',
      de: 'Das Zertifikat des Brokers gilt erst ab {from}: Die Uhr dieses Geräts geht falsch, oder es ist für später ausgestellt.',
    },
    command: 'timedatectl',
  },
  'tls.server-expiring': {
    severity: 'warning',
    text: {
      en: 'The certificate of the broker expires at {until}.',
      de: 'Das Zertifikat des Brokers läuft am {until} ab.',
    },
    remedy: { en: 'Get the broker a new certificate.', de: 'Dem Broker ein neues Zertifikat besorgen.' },
    command: SHOW_SERVER,
  },
  'tls.plain': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'At this port nobody speaks TLS.',
      de: 'An diesem Port spricht niemand TLS.',
    },
    remedy: {
      en: 'Name the port of the secured listener in broker.url (mosquitto: 8883).',
      de: 'In broker.url den Port des gesicherten Zugangs nennen (mosquitto: 8883).',
    },
    command: SHOW_SERVER,
  },
  'tls.version': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The broker does not offer TLS 1.3, and nothing older is taken.',
      de: 'Der Broker bietet TLS 1.3 nicht an, und Älteres wird nicht genommen.',
    },
    remedy: {
      en: 'mosquitto: `tls_version tlsv1.3` in its configuration.',
      de: 'mosquitto: `tls_version tlsv1.3` in seiner Konfiguration.',
    },
    command: SHOW_SERVER,
  },
  'tls.client-refused': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The broker does not accept the certificate of this station ({reason}).',
      de: 'Der Broker erkennt das Zertifikat dieser Station nicht an ({reason}).',
    },
    remedy: {
      en: 'It must be issued by an authority that the broker knows (mosquitto: cafile), be in date and not revoked.',
      de: 'Es muss von einer Stelle sein, die der Broker kennt (mosquitto: cafile), gültig und nicht gesperrt.',
    },
    command: 'openssl x509 -noout -subject -issuer -dates -in {file}',
  },
  'tls.failed': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The secured connection fails: {reason}.',
      de: 'Die gesicherte Verbindung kommt nicht zustande: {reason}.',
    },
    command: SHOW_SERVER,
  },
  'acl.good': {
    severity: 'good',
    text: {
      en: 'The rights at the broker are right: own topics yes, those of other stations no.',
      de: 'Die Rechte am Broker stimmen: eigene Topics ja, die anderer Stationen nein.',
    },
  },
  'acl.untold': {
    severity: 'note',
    text: {
      en: 'Rights cannot be tried here: the broker speaks MQTT 3.1.1, or is open on this machine.',
      de: 'Rechte lassen sich hier nicht probieren: Der Broker spricht MQTT 3.1.1 oder steht auf diesem Gerät offen.',
    },
  },
  'acl.own-refused': {
    severity: 'error',
    text: {
      en: 'This station may not write {topic}.',
      de: 'Diese Station darf {topic} nicht schreiben.',
    },
    remedy: ACL_REMEDY,
    command: RELOAD,
  },
  'acl.foreign-write': {
    severity: 'error',
    text: {
      en: 'This station may write the topics of other stations ({topic}).',
      de: 'Diese Station darf Topics anderer Stationen schreiben ({topic}).',
    },
    remedy: ACL_REMEDY,
    command: RELOAD,
  },
  'acl.foreign-read': {
    severity: 'error',
    text: {
      en: 'This station may read what other stations say ({topic}).',
      de: 'Diese Station darf lesen, was andere Stationen sagen ({topic}).',
    },
    remedy: ACL_REMEDY,
    command: RELOAD,
  },
  'monitoring.wildcard': { severity: 'good', ...RETAINED_WORDS.wildcard },
  'monitoring.full-topic': {
    severity: 'warning',
    ...RETAINED_WORDS['full-topic'],
    command: `less ${MONITORING_README}`,
  },
  'monitoring.neither': {
    severity: 'warning',
    ...RETAINED_WORDS.neither,
    command: `less ${MONITORING_README}`,
  },
  'monitoring.untold': {
    severity: 'note',
    text: {
      en: 'Which monitoring works with this broker was not found out: this station may not read its own trial topic.',
      de: 'Welche Überwachung mit diesem Broker arbeitet, ist nicht festzustellen: Diese Station darf ihr eigenes Probe-Topic nicht lesen.',
    },
    remedy: {
      en: 'Add the line `pattern read bodydock/v1/%u/up/trial` to the ACL (mosquitto.acl of this package has it), or ask at the store:',
      de: 'Die Zeile `pattern read bodydock/v1/%u/up/trial` in die ACL aufnehmen (mosquitto.acl dieses Pakets hat sie) oder am Zentralspeicher fragen:',
    },
    command: 'bodydock-receiver check --connect',
  },
  'store.good': {
    severity: 'good',
    text: {
      en: 'The store answers ({receiver}), signed with a key that this station knows.',
      de: 'Der Zentralspeicher antwortet ({receiver}), signiert mit einem Schlüssel, den diese Station kennt.',
    },
  },
  'store.by-agent': {
    severity: 'good',
    text: {
      en: 'The agent last heard from the store {seconds} s ago.',
      de: 'Der Agent hat vom Zentralspeicher zuletzt vor {seconds} s gehört.',
    },
  },
  'store.unheard': {
    severity: 'note',
    text: {
      en: 'The agent has not heard from the store since it started.',
      de: 'Der Agent hat seit seinem Start nichts vom Zentralspeicher gehört.',
    },
    remedy: { en: 'On the machine of the store:', de: 'Auf dem Gerät des Zentralspeichers:' },
    command: 'systemctl status bodydock-receiver',
  },
  'store.silent': {
    severity: 'error',
    exit: 69,
    text: {
      en: 'The broker is there, but no receiver of the store answers. Recordings wait on the station.',
      de: 'Der Broker ist da, aber kein Empfänger des Zentralspeichers antwortet. Aufzeichnungen warten auf der Station.',
    },
    remedy: {
      en: 'Does it run, is it connected, does its file list this station with its key, and may it write {topic}? On its machine:',
      de: 'Läuft er, ist er verbunden, steht diese Station mit ihrem Schlüssel in seiner Datei, und darf er {topic} schreiben? Auf seinem Gerät:',
    },
    command: 'systemctl status bodydock-receiver',
  },
  'store.stranger': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'Somebody answers as the store, but not with a key and name of this configuration ({reason}).',
      de: 'Jemand antwortet als Zentralspeicher, aber nicht mit Schlüssel und Namen dieser Konfiguration ({reason}).',
    },
    remedy: {
      en: 'Compare store.public_keys and store.receivers with the store. If they are right, somebody forges: call IT security. On the store:',
      de: 'store.public_keys und store.receivers mit dem Zentralspeicher vergleichen. Stimmen sie, fälscht jemand: IT-Sicherheit rufen. Auf dem Zentralspeicher:',
    },
    command: 'bodydock keys show /etc/bodydock/keys/store.pub',
  },
} satisfies DoctorTable;
