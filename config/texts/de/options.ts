// The words of the schemas in German, for the option reference: each description by its path, each "allowed" by its English text.
// A test tells what is missing here when an option is new or its English words changed.

/** Options that both files have. */
const BROKER_DE: Readonly<Record<string, string>> = {
  'broker.url':
    'Adresse des MQTT-Brokers: mqtts://HOST:PORT. mqtt:// ohne TLS gilt nur für dieses Gerät selbst.',
  'broker.base':
    'Erster Teil jedes Topics; derselbe bei Station, Empfänger und in den Zugriffsregeln (ACL) des Brokers.',
  'broker.protocol': 'Version von MQTT: 4 ist 3.1.1, 5 ist 5.0; auto versucht erst 5, dann 4.',
  'broker.ca_file':
    'Zertifikat der Stelle, von der das Zertifikat des Brokers stammen muss, PEM. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'broker.cert_file':
    'Eigenes Zertifikat, PEM; sein Common Name ist die Id dieser Station oder dieses Empfängers. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'broker.key_file':
    'Privater Schlüssel zum eigenen Zertifikat, PEM, nur für den Benutzer des Dienstes lesbar. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'broker.username':
    'Konto beim Broker, zur Anmeldung mit Passwort statt mit einem eigenen Zertifikat. Nach den Zugriffsregeln (ACL) dieses Pakets ist es die Id dieser Station oder dieses Empfängers. Mit Passwörtern sagt allein das Wort des Brokers, von welcher Station eine Nachricht ist; was signiert ist, bleibt es.',
  'broker.password_file':
    'Datei mit dem Passwort dieses Kontos: eine Zeile von 1 bis 256 Bytes. Nur für den Benutzer des Dienstes lesbar. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'broker.max_packet_bytes':
    'Größtes MQTT-Paket, das gesendet wird, in Bytes. Nennt der Broker eine kleinere Grenze, gilt diese.',
};

const VERSION = 'Version des Formats dieser Datei.';
const KEYS = 'Dateien mit privaten Schlüsseln. Sie liegen in eigenen Dateien, nie in dieser.';

/** Descriptions of station.yaml. */
export const STATION_OPTIONS_DE: Readonly<Record<string, string>> = {
  version: VERSION,
  station:
    'Id dieser Station. Das eigene Zertifikat nennt sie, und jedes Topic und jedes Dokument enthält sie.',
  spool: 'Wo Aufzeichnungen warten, bis der Zentralspeicher sie hat.',
  'spool.path':
    'Ordner für versiegelte Aufzeichnungen, Dokumente und das Verwahrprotokoll. Wird beim ersten Start angelegt. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'spool.reserve_bytes':
    'Platz, den Aufzeichnungen nie belegen: So bleiben Verwahrprotokoll und Journal auch auf einem vollen Datenträger schreibbar.',
  'spool.keep_hours':
    'So viele Stunden bleibt eine versiegelte Kopie nach ihrer Quittung, damit ein Zentralspeicher, der aus einer Sicherung zurückgeholt wurde, sie noch einmal bekommt: mindestens doppelt so lange wie `store.backup_hours`. Wo Platz fehlt, geht sie früher, und sie bleibt nie länger als 14 Tage oder die meisten Tage einer Richtlinie, wenn das weniger sind.',
  'spool.documents_days':
    'So viele Tage bleiben Manifest und Quittung einer Aufzeichnung nach der Quittung auf dieser Station: An ihnen wird eine Datei wiedererkannt, die noch auf einer Kamera liegt.',
  keys: KEYS,
  'keys.signing_file':
    'Signaturschlüssel dieser Station, angelegt mit `bodydock keys make station`. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  recipients:
    'Öffentliche Schlüssel, für die jede Aufzeichnung versiegelt wird. Wer die Identität zu einem davon hat, kann sie öffnen; diese Station kann es nicht.',
  'recipients[]': 'Ein öffentlicher age-Schlüssel (recipient).',
  store: 'Die Gegenseite, wie diese Station sie kennt.',
  'store.public_keys':
    'Schlüssel, deren Quittungen, Zusagen und Ablehnungen gelten. Nur diese Datei kann sie ändern.',
  'store.public_keys[]': 'Ein öffentlicher Schlüssel des Zentralspeichers.',
  'store.receivers': 'Empfänger, an die diese Station liefert.',
  'store.receivers[]': 'Id eines Empfängers.',
  'store.backup_hours':
    'Stunden zwischen zwei Sicherungen des Zentralspeichers, wie sie dort eingerichtet sind. `bodydock doctor` warnt, wenn `spool.keep_hours` kleiner ist als das Doppelte davon.',
  broker: 'Der MQTT-Broker zwischen Station und Zentralspeicher.',
  ...BROKER_DE,
  'broker.rate_bytes_per_s':
    'So viele Nutzbytes je Sekunde sendet diese Station höchstens, über alle Aufzeichnungen; ohne Angabe gibt es keine Grenze. Andockprotokolle und Verwahrprotokoll warten nicht darauf, gehen aber von dem ab, was für Aufzeichnungen bleibt; die Überwachung ist zu klein, um zu zählen.',
  'broker.windows':
    'Stunden jedes Tages, in denen Aufzeichnungen gesendet werden, nach der Ortszeit dieses Geräts (mit Sommerzeit); ohne Angabe oder leer: immer. Aufzeichnungen, die auf der Kamera gesperrt sind, Andockprotokolle, Verwahrprotokoll und Überwachung gehen zu jeder Stunde. Bis zu ihrer Quittung bleibt eine Aufzeichnung auch auf der Kamera.',
  'broker.windows[]': 'Stunden jedes Tages.',
  'broker.windows[].from': 'Wann das Zeitfenster beginnt.',
  'broker.windows[].to': 'Wann es endet; liegt das Ende vor dem Beginn, endet es am nächsten Tag.',
  bays: 'Die Plätze für Kameras.',
  'bays[]': 'Ein Platz für eine Kamera.',
  'bays[].id': 'Name des Platzes; er steht in Topics und Dokumenten.',
  'bays[].folder':
    'Ordner, in dem die Dateien der Kamera erscheinen, etwa ein Einhängepunkt. An einem Einhängepunkt, an dem nichts eingehängt ist (unter /media, /mnt oder /run/media, in fstab, oder einer Mount-Unit), ist keine Kamera da, was auch darin liegt. Der Benutzer des Dienstes, bodydock, muss dort und in den Ordnern darunter schreiben können, sonst wird nichts gelöscht. Ein Platz hat einen Ordner oder einen USB-Anschluss, einen seriellen Anschluss, oder je einen von beiden. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'bays[].usb_port':
    'USB-Buchse des Platzes, für Kameras, die PTP oder MTP sprechen oder sich als Laufwerk zeigen: Controller, USB-Generation und Anschlüsse, wie `bodydock bays` sie zeigt. Eine Buchse für USB 3 hat zwei Anschlüsse; einer davon genügt. Dieser Name bleibt. Der Name ihres Ordners in /sys/bus/usb/devices, etwa 1-1.4, geht auch; er beginnt mit der Nummer des Busses, die nach einem Start eines Geräts mit mehreren Controllern eine andere sein kann.',
  'bays[].serial_path':
    'Serieller Anschluss des Platzes, unter /dev/serial/by-path: Dieser Name gehört zur Buchse. Allein überträgt er die Aufzeichnungen; neben einem Ordner sagt er, welche Kamera es ist, wie es ihr geht und was ihre Uhr anzeigt.',
  'bays[].serial': 'Wie der serielle Anschluss dieses Platzes betrieben wird.',
  'bays[].serial.baud': 'Geschwindigkeit der Leitung in Bit je Sekunde, so wie die Kamera sie hat.',
  'bays[].serial.framing':
    'Wie Pakete übertragen werden: console sind gekennzeichnete base64-Zeilen, raw sind bloße Pakete. Welches, sagt der Hersteller der Kamera.',
  'bays[].camera':
    'Id der Kamera, für die dieser Platz bestimmt ist, eine aus `cameras`. Ein Platz ohne Ordner kann sie weglassen: Dann ist es die Kamera aus `cameras`, deren Seriennummer die Kamera nennt.',
  'bays[].led':
    'Leuchte des Platzes: eine LED dieses Geräts, nach ihrem Ordner in /sys/class/leds. Dauerlicht: entnehmen; langsames Blinken: nicht entnehmen; schnelles Blinken: Hilfe holen.',
  'bays[].led_wait':
    'Eine zweite Leuchte. Mit ihr leuchtet `led`, wenn die Kamera entnommen werden darf; diese leuchtet bei „nicht entnehmen“ und blinkt bei „Hilfe holen“.',
  cameras:
    'Die Kameras, die hierher gehören. Mit `unknown_cameras: accept` kann die Liste leer sein oder fehlen, sonst nennt sie mindestens eine.',
  'cameras[]': 'Eine Kamera, die diese Station leeren darf.',
  'cameras[].id': 'Name der Kamera; er steht in Dokumenten.',
  'cameras[].alias': 'Anzeigename, den Personal und Überwachung sehen; wo er fehlt, ist es die Id.',
  'cameras[].model':
    'Modell, wie die Kamera es nennt; steht es hier, muss es übereinstimmen, damit es diese Kamera ist.',
  'cameras[].serial':
    'Seriennummer, wie die Kamera sie nennt: Auf einem Platz, der keine Kamera benennt, wird sie daran erkannt. Sie steht in keiner Nachricht und in keinem Log.',
  'cameras[].password_file':
    'Datei mit dem Passwort der Kamera, für Kameras, die ihre Dateien nur damit zeigen (Rekorder mit USB-Id 4255:0001): eine Zeile druckbares ASCII. Nur für den Benutzer des Dienstes lesbar. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  unknown_cameras:
    'Was mit einer Kamera geschieht, deren Platz keine benennt und deren Seriennummer nicht in dieser Datei steht: refuse rührt sie nicht an und ruft jemanden, accept übernimmt ihre Aufzeichnungen unter einer eigenen Id.',
  camera_missing_days:
    'Tage, nach denen eine Kamera als fehlend gemeldet wird (camera.missing), die nicht in dieser Station war; 0: nie. Eine Station kennt nur ihre eigenen Andockvorgänge: Eine, die auch anderswo andockt, fehlt hier. Eine Kamera, die `bodydock camera retire` außer Betrieb genommen hat oder die nicht mehr in dieser Datei steht, fehlt nicht.',
  roles:
    'Wessen Signaturen eine Richtlinie beider Rollen braucht, die diese Station annimmt, und eine Erklärung, dass der Speicher zurückgespielt wurde; auch die der Schlüssel, die die vorige Richtlinie nennt, gelten. Ohne Schlüssel nimmt sie keine Richtlinie an, ihre Dokumente nennen keine, und nach einem Zurückspielen des Speichers löscht sie nichts.',
  'roles.officers': 'Schlüssel der Aufzeichnungsbeauftragten, die eine Richtlinie als Erste signieren.',
  'roles.officers[]': 'Ein öffentlicher Schlüssel für diese Rolle.',
  'roles.supervisors':
    'Schlüssel der vorgesetzten Stelle, die sie als Zweite signiert. Kein Schlüssel steht in beiden Listen.',
  'roles.supervisors[]': 'Ein öffentlicher Schlüssel für diese Rolle.',
  release:
    'Ob Dateien von Kameras gelöscht werden: never nie; after-receipt, sobald der Zentralspeicher signiert quittiert hat und zu jedem öffentlichen Schlüssel bewiesen ist, dass jemand damit öffnen kann.',
  metrics:
    'Zahlen für Werkzeuge auf diesem Gerät (OpenMetrics), unter http://127.0.0.1:PORT/metrics; ohne Angabe keine.',
  'metrics.port': 'Port von 127.0.0.1 und keiner anderen Adresse.',
  screen: 'Die Seite für einen Bildschirm neben dem Dock; ohne Angabe gibt es keine.',
  'screen.port':
    'Port von 127.0.0.1, an dem der Agent die Seite ausliefert, für einen Browser auf diesem Gerät und keinen anderen. Das Paket bodydock-screen zeigt Port 8460.',
  'screen.questions':
    'Datei mit den Fragen, die die Seite dem Personal nach dem Berühren eines Platzes stellt, oder „standard“ für die mitgelieferten; ohne Angabe nimmt die Seite keine Berichte an. Berichte halten nur Station und Tag fest.',
  'screen.phone': 'Telefonnummer, die die Seite nennt, wo Hilfe gebraucht wird.',
  log: 'Das Log des Programms.',
  'log.level': 'Was ins Log kommt: error, warn, info oder debug, jeweils mit allem davor.',
};

/** Descriptions of receiver.yaml. */
export const RECEIVER_OPTIONS_DE: Readonly<Record<string, string>> = {
  version: VERSION,
  receiver: 'Id dieses Empfängers. Sein Zertifikat nennt sie.',
  vault: 'Wo Aufzeichnungen aufbewahrt werden.',
  'vault.path':
    'Ordner, in dem die Aufzeichnungen liegen (Tresor). Wird beim ersten Start angelegt. Ein eigener Speicher wird genau unter diesem Pfad eingehängt: lag der Tresor schon dort, wartet der Empfänger auf ihn und legt im leeren Ordner keinen neuen an. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'vault.quota_bytes':
    'So viele Bytes darf der Tresor enthalten; darüber wird nichts mehr angenommen, und Aufzeichnungen warten auf den Stationen.',
  keys: KEYS,
  'keys.signing_file':
    'Signaturschlüssel des Zentralspeichers, angelegt mit `bodydock keys make store`. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  stations: 'Die Stationen, deren Aufzeichnungen angenommen werden. Nur diese Datei kann sie ändern.',
  'stations[]': 'Eine Station, deren Aufzeichnungen angenommen werden.',
  'stations[].id': 'Id der Station.',
  'stations[].public_keys':
    'Schlüssel, deren Manifeste gelten: der jetzige, und frühere, solange noch Aufzeichnungen von ihnen warten.',
  'stations[].public_keys[]': 'Ein öffentlicher Schlüssel der Station.',
  retention: 'Wie lange der Zentralspeicher Aufzeichnungen und Dokumente behält.',
  'retention.days':
    'Tage, nach denen eine Aufzeichnung fällig ist und ihre versiegelte Datei gelöscht wird, gezählt nach Kapitel 10 der SPEC, außer solange eine Löschsperre gilt. Ohne Angabe 14 oder die wenigsten der Richtlinie beider Rollen, die allein darunter gehen darf; mehr als die meisten der Richtlinie ist ein kritischer Zustand. Weniger als vorher gilt nur für das, was danach empfangen wird.',
  'retention.documents_days':
    'Tage, die die Dokumente einer gelöschten Aufzeichnung, Andockprotokolle und abgeschlossene Abschnitte der Verwahrprotokolle bleiben; der Löschnachweis bleibt immer. Ohne Angabe 730 oder die Tage der Richtlinie beider Rollen. Nicht weniger als `days`; weniger als vorher gilt nur für das, was danach empfangen wird.',
  'retention.timer_hours':
    'Stunden zwischen zwei Läufen, in denen der laufende Empfänger Fälliges löscht. 0: nie von selbst; dann muss jemand `bodydock-receiver expire` aufrufen.',
  roles:
    'Wer anordnen darf, dass eine Aufzeichnung eine Löschsperre bekommt, sie verliert oder vorzeitig gelöscht wird, und wer Aufzeichnungen auswertet. Ein früherer Schlüssel bleibt in der Liste, solange eine Löschsperre gilt, die er unterschrieben hat.',
  'roles.officers':
    'Schlüssel der Aufzeichnungsbeauftragten: die erste Unterschrift unter eine Anordnung: Löschsperre, deren Aufhebung oder Löschung.',
  'roles.officers[]': 'Ein öffentlicher Schlüssel für diese Rolle.',
  'roles.supervisors':
    'Schlüssel der vorgesetzten Stelle: die zweite Unterschrift. Kein Schlüssel steht in beiden Listen, und mit einer leeren Liste gilt keine Anordnung ganz.',
  'roles.supervisors[]': 'Ein öffentlicher Schlüssel für diese Rolle.',
  'roles.evaluators':
    'Schlüssel derer, die am Büroplatz Aufzeichnungen auswerten (SPEC 4.18). Sie ordnen nichts an; kein Schlüssel steht auch in einer der anderen Listen.',
  'roles.evaluators[]': 'Ein öffentlicher Schlüssel für diese Rolle.',
  witnesses:
    'Zeugen außerhalb dieses Hauses (C2SP tlog-witness), die jede Stunde unterschreiben, wie weit das Verwahrprotokoll dieses Zentralspeichers gekommen ist. Was sie unterschrieben haben, kann hier niemand zurücknehmen, auch dieser Zentralspeicher nicht. Vorher müssen sie sein Verwahrprotokoll kennen.',
  'witnesses[]': 'Ein Zeuge.',
  'witnesses[].key': 'Sein Schlüssel für Gegenzeichnungen, wie er ihn veröffentlicht; der Name steht darin.',
  'witnesses[].url': 'Wo er Prüfpunkte annimmt: `/add-checkpoint` wird angehängt.',
  metrics:
    'Zahlen für Werkzeuge auf diesem Gerät (OpenMetrics), unter http://127.0.0.1:PORT/metrics; ohne Angabe keine.',
  'metrics.port': 'Port von 127.0.0.1 und keiner anderen Adresse.',
  desk: 'Was der Arbeitsplatz der Dienststelle von diesem Zentralspeicher erfragt (`bodydock desk`); ohne Angabe nichts.',
  'desk.address': 'Adresse dieses Geräts, unter der er zu erreichen ist; `::` ist jede.',
  'desk.port':
    'Port, unter dem er zu erreichen ist. Seine Unit erlaubt 8743; ein anderer gehört auch in eine eigene Datei zu ihr.',
  'desk.ca_file':
    'Zertifizierungsstelle, von der die Zertifikate der Fragenden kommen müssen, PEM. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'desk.crl_file':
    'Gesperrte Zertifikate dieser Stelle, PEM; beim Start gelesen. Ohne Angabe ist keines gesperrt. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'desk.cert_file':
    'Zertifikat dieses Servers, PEM. Unter den Namen und Adressen darin und keinen anderen ist er zu erreichen. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'desk.key_file':
    'Privater Schlüssel dieses Zertifikats, PEM, nur für root: Die Unit bekommt, was in /etc/bodydock/desk liegt. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'desk.origins':
    'Woher Browser die Seite des Arbeitsplatzes haben. `null` ist eine Datei auf ihrem eigenen Datenträger und auch jede andere Seite ohne Herkunft: nur für Geräte, die keine fremden Seiten öffnen.',
  'desk.origins[]': 'Eine Herkunft.',
  notify:
    'Mails, wenn eine kritische Meldung des Zentralspeichers beginnt oder endet, und eine an jedem Tag; ohne Angabe keine. Der Zentralspeicher arbeitet auch ohne sie.',
  'notify.server':
    'Server, der die Mails annimmt: `smtps:` mit TLS von Anfang an (465), `smtp:` mit STARTTLS (587). Zu diesem Gerät selbst geht `smtp:` ohne TLS, wenn kein `ca_file` genannt ist.',
  'notify.ca_file':
    'Zertifizierungsstelle, von der das Zertifikat des Servers sein muss, PEM. Ohne Angabe gelten die des Systems. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'notify.username': 'Konto beim Server; ohne Angabe meldet sich niemand an.',
  'notify.password_file':
    'Datei mit dem Passwort dieses Kontos: eine Zeile mit 1 bis 256 Bytes, nur für root: Die Unit bekommt, was in /etc/bodydock/keys liegt. Ein relativer Pfad beginnt beim Ordner dieser Datei.',
  'notify.from': 'Adresse des Absenders.',
  'notify.to': 'Wer die Mails bekommt.',
  'notify.to[]': 'Eine Adresse.',
  'notify.language': 'Sprache der Mails.',
  'notify.daily_at':
    'Wann die Mail des Tages geht, nach der Uhr dieses Geräts: alles in Ordnung, oder was nicht. Kommt sie nicht, nach dem Zentralspeicher sehen.',
  timestamps: 'Ein Zeitstempeldienst (RFC 3161), der das Verwahrprotokoll einmal am Tag datiert.',
  'timestamps.url': 'Wo der Dienst Anfragen nach RFC 3161 annimmt.',
  'timestamps.ca_file':
    'Zertifikat, mit dem seine Zeitstempel geprüft werden, PEM. Damit sagt ein Zeitstempel auch diesem Gerät die Zeit; ohne sie wird nichts gelöscht.',
  broker: 'Der MQTT-Broker zwischen Stationen und Zentralspeicher.',
  ...BROKER_DE,
};

const NAME = '{} bis {} Zeichen aus a-z, {}-{} und "-", am Anfang und am Ende kein "-"';

/** What may stand there; "{}" is a number, in the same order in both languages. */
export const ALLOWED_DE: Readonly<Record<string, string>> = {
  '{}': '{}',
  'a group of keys': 'eine Gruppe von Angaben',
  '{} to {} digits, spaces and "+()/-"': '{} bis {} Ziffern, Leerzeichen und "+()/-"',
  'a whole number from {} to {}': 'eine ganze Zahl von {} bis {}',
  'a path of {} to {} characters': 'ein Pfad aus {} bis {} Zeichen',
  'an absolute path below /dev of at most {} characters':
    'ein absoluter Pfad unter /dev aus höchstens {} Zeichen',
  'controller, generation and ports as in "xhci-hcd.{}/usb{}-{}.{}", or bus and ports as in "{}-{}.{}"':
    'Controller, Generation und Anschlüsse wie in "xhci-hcd.{}/usb{}-{}.{}", oder Bus und Anschlüsse wie in "{}-{}.{}"',
  '{} to {} characters without spaces, "+", "#" and "/"':
    '{} bis {} Zeichen ohne Leerzeichen, "+", "#" und "/"',
  '{} to {} printable characters': '{} bis {} druckbare Zeichen',
  '{} to {} letters, digits and ":._+-", as `ls /sys/class/leds` shows it':
    '{} bis {} Buchstaben, Ziffern und ":._+-", so wie `ls /sys/class/leds` es zeigt',
  '{} to {} of a-z, {}-{} and "-", with no "-" at either end': NAME,
  '{} to {} of a-z, {}-{} and "-", with no "-" at either end, not starting with "r-"': `${NAME}, und nicht mit "r-" beginnend`,
  '"r-" and {} to {} of a-z, {}-{} and "-", with no "-" at either end, {} in all': `"r-" und ${NAME}, zusammen {}`,
  'the second line of a minisign .pub file: {} characters, "RW..."':
    'die zweite Zeile einer .pub-Datei von minisign: {} Zeichen, "RW..."',
  'an age recipient: "age{}" and {} characters': 'ein recipient von age: "age{}" und {} Zeichen',
  'a list of {} to {} age recipients': 'eine Liste mit {} bis {} recipients von age',
  'a list of {} to {} public keys': 'eine Liste mit {} bis {} öffentlichen Schlüsseln',
  'a list of at most {} witnesses': 'eine Liste mit höchstens {} Zeugen',
  'NAME+ID+BASE{}, as witnesses publish their keys':
    'NAME+ID+BASE{}, wie Zeugen ihre Schlüssel veröffentlichen',
  'https://HOST[:PORT][/PATH], or http:// where the way is safe otherwise':
    'https://HOST[:PORT][/PFAD], oder http://, wo der Weg anders gesichert ist',
  'an address of IPv{} or IPv{}': 'eine Adresse von IPv{} oder IPv{}',
  'smtps://HOST[:PORT] or smtp://HOST[:PORT]': 'smtps://NAME[:PORT] oder smtp://NAME[:PORT]',
  'NAME@HOST, of ASCII and without a display name': 'KONTO@NAME in ASCII und ohne Anzeigenamen',
  'a list of {} to {} addresses': 'eine Liste mit {} bis {} Adressen',
  'en or de': 'en oder de',
  'https://HOST[:PORT], or null': 'https://NAME[:PORT], oder null',
  'a list of {} to {} origins': 'eine Liste mit {} bis {} Herkunftsangaben',
  'a list of at most {} public keys': 'eine Liste mit höchstens {} öffentlichen Schlüsseln',
  'a list of {} to {} receiver ids': 'eine Liste mit {} bis {} Ids von Empfängern',
  'a list of {} to {} bays': 'eine Liste mit {} bis {} Plätzen',
  'a list of at most {} cameras': 'eine Liste mit höchstens {} Kameras',
  'a list of at most {} windows': 'eine Liste mit höchstens {} Zeitfenstern',
  'a time of day from {}:{} to {}:{}': 'eine Uhrzeit von {}:{} bis {}:{}',
  'a list of {} to {} stations': 'eine Liste mit {} bis {} Stationen',
  'mqtts://HOST[:PORT], or mqtt://localhost[:PORT]': 'mqtts://RECHNER[:PORT], oder mqtt://localhost[:PORT]',
  'one or two parts of a-z, {}-{} and "-", with "/" between them':
    'ein oder zwei Teile aus a-z, {}-{} und "-", mit "/" dazwischen',
  'auto, {} or {}': 'auto, {} oder {}',
  'console or raw': 'console oder raw',
  'refuse or accept': 'refuse oder accept',
  'never or after-receipt': 'never oder after-receipt',
  'error, warn, info or debug': 'error, warn, info oder debug',
  'true or false': 'true oder false',
};
