// Words of `bodydock doctor` for bays, system and the running agent.
import type { DoctorTable } from './doctor-finding.ts';

export const MACHINE_TABLE = {
  'agent.good': {
    severity: 'good',
    text: { en: 'The agent runs and says that all is well.', de: 'Der Agent läuft und meldet nichts.' },
  },
  'agent.absent': {
    severity: 'error',
    text: { en: 'No agent runs on this spool.', de: 'Auf diesem Zwischenspeicher läuft kein Agent.' },
    remedy: {
      en: 'Mend first what stands as an error elsewhere, then start it. What it says: `journalctl -u bodydock -n 50`.',
      de: 'Erst beheben, was sonst als Fehler dasteht, dann starten. Was er sagt: `journalctl -u bodydock -n 50`.',
    },
    command: 'systemctl start bodydock',
  },
  'agent.busy': {
    severity: 'warning',
    text: {
      en: 'An agent holds the spool and does not answer: it starts or stops.',
      de: 'Ein Agent hält den Zwischenspeicher und antwortet nicht: Er startet oder endet.',
    },
    remedy: { en: 'Ask again in a minute.', de: 'In einer Minute erneut fragen.' },
    command: 'journalctl -u bodydock -n 50',
  },
  'agent.denied': {
    severity: 'warning',
    text: { en: 'This user may not ask the agent.', de: 'Dieser Benutzer darf den Agenten nicht fragen.' },
    command: 'sudo bodydock doctor',
  },
  'agent.silent': {
    severity: 'error',
    text: { en: 'The agent does not answer.', de: 'Der Agent antwortet nicht.' },
    remedy: {
      en: 'A hanging disk or mount does that; the watchdog starts the agent anew.',
      de: 'Ein hängender Datenträger macht das; der Watchdog startet den Agenten neu.',
    },
    command: 'journalctl -u bodydock -n 50',
  },
  'agent.path-length': {
    severity: 'warning',
    text: {
      en: 'The name of the spool is too long for the socket of the agent: `bodydock status` cannot ask.',
      de: 'Der Name des Zwischenspeichers ist zu lang für den Socket des Agenten: `bodydock status` kann nicht fragen.',
    },
    remedy: { en: 'Choose a shorter spool.path.', de: 'Einen kürzeren spool.path wählen.' },
  },
  'bay.good': {
    severity: 'good',
    text: {
      en: 'The ports and folders of all bays are there.',
      de: 'Die Anschlüsse und Ordner aller Plätze sind da.',
    },
  },
  'bay.absent': {
    severity: 'note',
    text: {
      en: 'It is not there: the bay counts as empty until it appears. With a camera in the bay, this is wrong.',
      de: 'Es ist nicht da: Der Platz gilt als leer, bis es erscheint. Steckt eine Kamera im Platz, stimmt das nicht.',
    },
    command: 'bodydock bays --config {config}',
  },
  'bay.owner': {
    severity: 'warning',
    text: { en: 'It {message}.', de: 'Er {message}.' },
    remedy: {
      en: 'What is taken from this bay can never be erased from the camera as it is. A mounted card: mount it for that user (uid=, gid=).',
      de: 'Was von diesem Platz übernommen wird, kann so nie von der Kamera gelöscht werden. Eine eingehängte Karte: für diesen Benutzer einhängen (uid=, gid=).',
    },
    command: 'ls -ld {where}',
  },
  'bay.no-hub': {
    severity: 'warning',
    text: {
      en: 'The hub of this bay ({hub}) is not there: the dock is unplugged or has no power.',
      de: 'Der Verteiler dieses Platzes ({hub}) ist nicht da: Das Dock ist nicht angesteckt oder ohne Strom.',
    },
    command: 'lsusb -t',
  },
  'bay.no-folder': {
    severity: 'error',
    exit: 78,
    text: { en: 'The folder of the bay is no folder.', de: 'Der Ordner des Platzes ist kein Ordner.' },
    command: 'ls -ld {where}',
  },
  'bay.same-folder': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'A link leads the bay to files that are none of a camera, or of another bay.',
      de: 'Eine Verknüpfung führt den Platz zu Dateien, die keiner Kamera gehören oder einem anderen Platz.',
    },
    command: 'readlink -f {where}',
  },
  'bay.no-port': {
    severity: 'error',
    exit: 78,
    text: {
      en: 'The port of the bay is no serial port.',
      de: 'Der Anschluss des Platzes ist kein serieller.',
    },
    command: 'ls -l /dev/serial/by-path',
  },
  'bay.same-port': {
    severity: 'error',
    exit: 78,
    text: { en: 'Two bays have the same port.', de: 'Zwei Plätze haben denselben Anschluss.' },
    command: 'bodydock bays --config {config}',
  },
  'bay.wandering-port': {
    severity: 'warning',
    text: {
      en: 'This name does not follow the socket: after a restart it may be another bay.',
      de: 'Dieser Name folgt nicht der Buchse: Nach einem Neustart kann es ein anderer Platz sein.',
    },
    command: 'ls -l /dev/serial/by-path',
  },
  'bay.port-denied': {
    severity: 'error',
    text: {
      en: 'This user may not open the port. The unit runs the agent in the group dialout.',
      de: 'Dieser Benutzer darf den Anschluss nicht öffnen. Die Unit führt den Agenten in der Gruppe dialout aus.',
    },
    command: 'ls -lL {where}',
  },
  'bay.refused': {
    severity: 'warning',
    text: {
      en: 'The device in this bay is not opened: it is no camera that a driver knows, or shows an interface that no camera needs.',
      de: 'Das Gerät in diesem Platz wird nicht geöffnet: keine Kamera, die ein Treiber kennt, oder eine Schnittstelle, die keine Kamera braucht.',
    },
    command: 'bodydock bays --config {config}',
  },
  'bay.device-denied': {
    severity: 'error',
    text: {
      en: 'The agent (user {user}) may not open the camera at this port ({node}).',
      de: 'Der Agent (Benutzer {user}) darf die Kamera an diesem Anschluss ({node}) nicht öffnen.',
    },
    remedy: {
      en: 'The udev rule of the package gives it to the group bodydock; then plug the camera in again.',
      de: 'Die udev-Regel des Pakets gibt sie der Gruppe bodydock; danach die Kamera neu einstecken.',
    },
    command: 'udevadm control --reload && udevadm trigger --subsystem-match=usb',
  },
  'power.good': {
    severity: 'good',
    text: {
      en: 'The power of the ports of all bays can be switched where a camera hangs.',
      de: 'Die Anschlüsse aller Plätze lassen sich aus- und einschalten, wenn eine Kamera hängt.',
    },
  },
  'power.off': {
    severity: 'note',
    text: {
      en: 'The power helper is off: where a camera hangs and a reset does not help, somebody must pull it.',
      de: 'Der Stromhelfer ist aus: Hängt eine Kamera und hilft kein Zurücksetzen, muss jemand sie ziehen.',
    },
    remedy: {
      en: 'It is optional, and needs a hub that switches each port by itself.',
      de: 'Er ist freiwillig und braucht einen Verteiler, der jeden Anschluss einzeln schaltet.',
    },
    command: 'systemctl enable --now bodydock-power',
  },
  'power.silent': {
    severity: 'warning',
    text: {
      en: 'The power helper is turned on and does not answer.',
      de: 'Der Stromhelfer ist eingeschaltet und antwortet nicht.',
    },
    command: 'journalctl -u bodydock-power -n 20',
  },
  'power.no-switch': {
    severity: 'note',
    text: {
      en: 'The kernel has no switch for this port: Linux is older than 6.0, or the hub is not there.',
      de: 'Der Kernel hat keinen Schalter für diesen Anschluss: Linux ist älter als 6.0, oder der Verteiler fehlt.',
    },
    command: 'uname -r; lsusb -t',
  },
  'system.good': {
    severity: 'good',
    text: { en: 'The service is enabled and active.', de: 'Der Dienst ist eingeschaltet und läuft.' },
  },
  'system.none': {
    severity: 'note',
    text: {
      en: 'systemd does not run here: nothing starts the agent by itself.',
      de: 'systemd läuft hier nicht: Nichts startet den Agenten von selbst.',
    },
  },
  'system.no-unit': {
    severity: 'warning',
    text: {
      en: 'The unit bodydock.service is not installed.',
      de: 'Die Unit bodydock.service ist nicht installiert.',
    },
    command: 'apt install ./bodydock_*.deb',
  },
  'system.disabled': {
    severity: 'error',
    text: {
      en: 'The service is not enabled: after a power cut the station stays dead.',
      de: 'Der Dienst ist nicht eingeschaltet: Nach einem Stromausfall bleibt die Station tot.',
    },
    command: 'systemctl enable --now bodydock',
  },
  'system.failed': {
    severity: 'error',
    text: {
      en: 'The service is {state}; it was started anew {restarts} times.',
      de: 'Der Dienst ist {state}; er wurde {restarts} Mal neu gestartet.',
    },
    command: 'journalctl -u bodydock -n 50',
  },
  'system.no-rules': {
    severity: 'warning',
    text: {
      en: 'The udev rule is not installed: the agent may not open cameras, and other programs may.',
      de: 'Die udev-Regel ist nicht installiert: Der Agent darf Kameras nicht öffnen, andere Programme schon.',
    },
    remedy: {
      en: 'Install the package, or copy 70-bodydock.rules there.',
      de: 'Das Paket installieren oder 70-bodydock.rules dorthin kopieren.',
    },
    command: 'udevadm control --reload && udevadm trigger',
  },
  'system.no-module': {
    severity: 'warning',
    text: {
      en: 'The kernel has no {module}, which a bay here needs.',
      de: 'Dem Kern fehlt {module}, das ein Platz hier braucht.',
    },
    command: 'modprobe {module}',
  },
  'clock.good': {
    severity: 'good',
    text: {
      en: 'The clock is synchronised; time zone {zone}.',
      de: 'Die Uhr ist abgeglichen; Zeitzone {zone}.',
    },
  },
  'clock.unsynchronised': {
    severity: 'warning',
    text: {
      en: 'The clock is not synchronised: capture times carry its uncertainty, and cameras are not set.',
      de: 'Die Uhr ist nicht abgeglichen: Aufzeichnungszeiten tragen ihre Unsicherheit, und Kameras werden nicht gestellt.',
    },
    command: 'timedatectl set-ntp true',
  },
  'clock.unknown': {
    severity: 'note',
    text: {
      en: 'The system does not say whether its clock is synchronised; time zone {zone}.',
      de: 'Das System sagt nicht, ob seine Uhr abgeglichen ist; Zeitzone {zone}.',
    },
    command: 'timedatectl',
  },
  'clock.zone': {
    severity: 'note',
    text: {
      en: 'The time zone is UTC: cameras that only know local time would be read wrongly by hours.',
      de: 'Die Zeitzone ist UTC: Kameras, die nur Ortszeit kennen, würden um Stunden falsch gelesen.',
    },
    command: 'timedatectl set-timezone Europe/Berlin',
  },
} satisfies DoctorTable;
