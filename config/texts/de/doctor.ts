// What `bodydock doctor` says of each code, in German. {name} is a value of that name, {where} the place.
import type { DOCTOR_EN } from '../en/doctor.ts';

export const DOCTOR_DE = {
  // Configuration and the files that it names.
  'config.good': { text: 'Die Konfiguration und die Dateien, die sie nennt, stimmen.' },
  'spool.keep-short': {
    text: 'Versiegelte Kopien bleiben nach der Quittung {keep} Stunden, der Zentralspeicher wird alle {backup} Stunden gesichert: Was hier vor der nächsten Sicherung entfernt wird, gibt es kein zweites Mal.',
    remedy:
      'spool.keep_hours auf mindestens {wanted} setzen (höchstens {most} zählen) oder den Zentralspeicher öfter sichern und store.backup_hours berichtigen.',
  },
  'config.refused': {
    text: 'Die Konfiguration stimmt nicht: {message}',
    remedy:
      'Jede genannte Zeile berichtigen und erneut prüfen; ein laufender Agent übernimmt sie von selbst.',
  },
  'config.left-out': {
    text: 'Nicht angesehen, bevor diese Datei stimmt: Schlüssel, Zertifikate, Nachweise, Plätze, Strom, der Weg zum Broker, der Zentralspeicher.',
  },
  'config.all-left-out': {
    text: 'Nur das System angesehen: Die Datei sagt nicht, wo der Zwischenspeicher liegt; Agent und Datenträger ließen sich so nicht fragen.',
  },
  'file.refused': { text: 'Die Datei ist nicht brauchbar: {message}' },
  'file.remark': { text: 'Anmerkung: {message}' },
  'key.mode': {
    text: 'Andere können diese geheime Datei benutzen.',
    remedy:
      'Arbeiten andere an diesem Gerät, statt dessen einen neuen Schlüssel machen: Dieser ist womöglich bekannt.',
  },
  'key.owner': { text: 'Diese geheime Datei gehört jemandem, den sie nichts angeht.' },
  'key.missing': {
    text: 'Der Signaturschlüssel ist nicht da.',
    remedy:
      'Ihn dorthin legen oder den Pfad berichtigen. Ein neuer Signaturschlüssel: `bodydock keys make station`; der Zentralspeicher muss ihn dann kennenlernen.',
  },
  'tls.key-missing': {
    text: 'Der private Schlüssel des Zertifikats ist nicht da.',
    remedy:
      'Ihn dorthin legen oder den Pfad berichtigen. `bodydock keys enrol` legt den Schlüssel des Zertifikats an und beantragt ein neues.',
  },
  'tls.file-missing': {
    text: 'Die Datei mit Zertifikaten ist nicht da.',
    remedy:
      'Sie dorthin legen oder den Pfad berichtigen. `bodydock keys enrol` beantragt ein neues Zertifikat; die Antwort bringt auch die der Stellen mit.',
  },
  'file.missing': { text: 'Die Datei ist nicht da.', remedy: 'Sie dorthin legen oder den Pfad berichtigen.' },
  'key.own-pin': {
    text: 'Der Schlüssel dieser Station steht als Schlüssel des Zentralspeichers in der Konfiguration.',
    remedy: 'store.public_keys nimmt die zweite Zeile von store.pub.',
  },
  'tls.expired': {
    text: 'Das Zertifikat ist abgelaufen.',
    remedy:
      'Mit einer neuen Anmeldung ein neues Zertifikat holen (`bodydock keys enrol`) oder eines der Zertifizierungsstelle an diese Stelle legen; ein Neustart ist nicht nötig.',
  },
  'tls.expiring': {
    text: 'Das Zertifikat läuft in weniger als 30 Tagen ab.',
    remedy:
      'Mit einer neuen Anmeldung ein neues Zertifikat holen (`bodydock keys enrol`) oder eines der Zertifizierungsstelle an diese Stelle legen; ein Neustart ist nicht nötig.',
  },
  'tls.not-yet-valid': {
    text: 'Das Zertifikat gilt noch nicht: Die Uhr dieses Geräts geht falsch, oder es ist für später ausgestellt.',
  },
  'tls.name': {
    text: 'Der Name (CN) des Zertifikats ist nicht die Kennung dieser Station ({station}).',
    remedy: 'Ein Zertifikat mit diesem Namen (CN) holen: Der Broker richtet sich danach.',
  },
  'tls.key-mismatch': {
    text: 'Der Schlüssel gehört nicht zum Zertifikat.',
    remedy: 'Den Schlüssel nennen, mit dem das Zertifikat gemacht wurde.',
  },
  'proof.missing': {
    text: 'Es fehlt der Nachweis, dass alle Öffnungsberechtigten öffnen können ({count} ohne): Keine Kamera wird geleert.',
    remedy:
      'Nie eine Identität hierher bringen. Die Aufgaben dorthin bringen, wo sie ist, dort beantworten, die Antworten hier einsetzen (Handbuch, 1.7), dann `systemctl restart bodydock`.',
  },
  // The disk.
  'disk.good': { text: '{free} frei auf {type}; 64 KiB sind nach {ms} ms dauerhaft.' },
  'disk.absent': { text: 'Es gibt noch keinen Zwischenspeicher: Der erste Start legt ihn an.' },
  'disk.no-parent': {
    text: 'Es gibt noch keinen Zwischenspeicher und keinen Ordner {parent}: Der erste Start legt nur den letzten Teil des Pfads an.',
    remedy:
      'Den Datenträger einhängen, auf dem er liegt, oder den Ordner für den Benutzer des Agenten anlegen.',
  },
  'disk.not-makable': {
    text: 'Es gibt noch keinen Zwischenspeicher, und er lässt sich nicht anlegen: In {parent} lässt sich nichts schreiben.',
    remedy:
      'Einen Ordner auf einem beschreibbaren Datenträger nennen. Außerhalb von /var/lib schreibt die Unit nur mit ReadWritePaths= (`systemctl edit bodydock`).',
  },
  'disk.file-system': {
    text: 'Der Zwischenspeicher liegt auf {type}, das Gesichertes und Umbenanntes nicht verlässlich behält.',
    remedy:
      'Einen lokalen Datenträger mit ext4, XFS, Btrfs oder F2FS einhängen und einen Ordner darauf als spool.path nennen.',
  },
  'disk.memory': {
    text: 'Der Zwischenspeicher liegt im Arbeitsspeicher ({type}): Beim Ausschalten ist weg, was der Zentralspeicher nicht hat.',
    remedy:
      'Einen lokalen Datenträger mit ext4, XFS, Btrfs oder F2FS einhängen und einen Ordner darauf als spool.path nennen.',
  },
  'disk.boot': {
    text: 'Der Zwischenspeicher liegt auf der Startpartition: Ist sie voll, lässt sich das Gerät nicht aktualisieren.',
    remedy:
      'Einen lokalen Datenträger mit ext4, XFS, Btrfs oder F2FS einhängen und einen Ordner darauf als spool.path nennen.',
  },
  'disk.read-only': {
    text: 'Der Datenträger des Zwischenspeichers ist nur lesbar. Hat der Kernel das selbst getan, fand er ihn beschädigt.',
    remedy:
      'Nachsehen, warum. Nicht beschreibbar machen, wenn der Kernel Fehler nennt: erst den Datenträger prüfen oder tauschen. Die Kameras behalten ihre Aufzeichnungen.',
  },
  'disk.link': {
    text: 'Der Zwischenspeicher ist eine symbolische Verknüpfung.',
    remedy: 'Den Ordner selbst nennen: Eine Verknüpfung kann umgelenkt werden.',
  },
  'disk.no-folder': { text: 'Der Zwischenspeicher ist kein Ordner.' },
  'disk.unreadable': { text: 'Der Zwischenspeicher lässt sich nicht ansehen.' },
  'disk.unwritable': { text: 'In den Zwischenspeicher lässt sich nichts schreiben ({reason}).' },
  'disk.full': {
    text: 'Der Datenträger ist voll ({free} frei): Keine Kamera wird gelesen.',
    remedy:
      'Verbindung zum Zentralspeicher herstellen und Dateien außerhalb des Zwischenspeichers entfernen. Im Zwischenspeicher nichts löschen.',
  },
  'disk.low': {
    text: 'Auf dem Datenträger sind nur noch {free} frei.',
    remedy: 'Verbindung zum Zentralspeicher prüfen, bevor der Datenträger voll ist.',
  },
  'disk.inodes': {
    text: 'Der Datenträger hat nur noch {count} Inodes: Es lassen sich keine Dateien mehr anlegen.',
    remedy: 'Kleine Dateien außerhalb des Zwischenspeichers entfernen.',
  },
  'disk.reserve': {
    text: 'Die Reserve für Verwahrprotokoll und Andockprotokolle ist nicht vollständig. Der Agent legt sie an, sobald Platz ist.',
  },
  'disk.slow': {
    text: 'Der Datenträger ist langsam: 64 KiB waren erst nach {ms} ms dauerhaft.',
    remedy: 'Eine verbrauchte Speicherkarte macht das. Bleibt es so, tauschen.',
  },
  'spool.mode': {
    text: 'Andere können in den Zwischenspeicher sehen (Modus {mode}). Was dort liegt, ist versiegelt, das Verwahrprotokoll nicht.',
  },
  'spool.owner': {
    text: 'Es gehört nicht dem Benutzer des Agenten (Nummer {user}), der so nicht damit arbeiten kann.',
  },
  // Bays, system and the running agent.
  'agent.good': { text: 'Der Agent läuft und meldet nichts.' },
  'agent.absent': {
    text: 'Auf diesem Zwischenspeicher läuft kein Agent.',
    remedy:
      'Erst beheben, was sonst als Fehler dasteht, dann starten. Was er sagt: `journalctl -u bodydock -n 50`.',
  },
  'agent.busy': {
    text: 'Ein Agent hält den Zwischenspeicher und antwortet nicht: Er startet oder endet.',
    remedy: 'In einer Minute erneut fragen.',
  },
  'agent.denied': { text: 'Dieser Benutzer darf den Agenten nicht fragen.' },
  'agent.silent': {
    text: 'Der Agent antwortet nicht.',
    remedy: 'Ein hängender Datenträger macht das; der Watchdog startet den Agenten neu.',
  },
  'agent.path-length': {
    text: 'Der Name des Zwischenspeichers ist zu lang für den Socket des Agenten: `bodydock status` kann nicht fragen.',
    remedy: 'Einen kürzeren spool.path wählen.',
  },
  'bay.good': { text: 'Die Anschlüsse und Ordner aller Plätze sind da.' },
  'bay.absent': {
    text: 'Es ist nicht da: Der Platz gilt als leer, bis es erscheint. Steckt eine Kamera im Platz, stimmt das nicht.',
  },
  'bay.owner': {
    text: 'Er {message}.',
    remedy:
      'Was von diesem Platz übernommen wird, kann so nie von der Kamera gelöscht werden. Eine eingehängte Karte: für diesen Benutzer einhängen (uid=, gid=).',
  },
  'bay.no-hub': {
    text: 'Der Verteiler dieses Platzes ({hub}) ist nicht da: Das Dock ist nicht angesteckt oder ohne Strom.',
  },
  'bay.no-folder': { text: 'Der Ordner des Platzes ist kein Ordner.' },
  'bay.same-folder': {
    text: 'Eine Verknüpfung führt den Platz zu Dateien, die keiner Kamera gehören oder einem anderen Platz.',
  },
  'bay.no-port': { text: 'Der Anschluss des Platzes ist kein serieller.' },
  'bay.same-port': { text: 'Zwei Plätze haben denselben Anschluss.' },
  'bay.wandering-port': {
    text: 'Dieser Name folgt nicht der Buchse: Nach einem Neustart kann es ein anderer Platz sein.',
  },
  'bay.port-denied': {
    text: 'Dieser Benutzer darf den Anschluss nicht öffnen. Die Unit führt den Agenten in der Gruppe dialout aus.',
  },
  'bay.refused': {
    text: 'Das Gerät in diesem Platz wird nicht geöffnet: keine Kamera, die ein Treiber kennt, oder eine Schnittstelle, die keine Kamera braucht.',
  },
  'bay.device-denied': {
    text: 'Der Agent (Benutzer {user}) darf die Kamera an diesem Anschluss ({node}) nicht öffnen.',
    remedy: 'Die udev-Regel des Pakets gibt sie der Gruppe bodydock; danach die Kamera neu einstecken.',
  },
  'power.good': {
    text: 'Die Anschlüsse aller Plätze lassen sich aus- und einschalten, wenn eine Kamera hängt.',
  },
  'power.off': {
    text: 'Der Stromhelfer ist aus: Hängt eine Kamera und hilft kein Zurücksetzen, muss jemand sie ziehen.',
    remedy: 'Er ist freiwillig und braucht einen Verteiler, der jeden Anschluss einzeln schaltet.',
  },
  'power.silent': { text: 'Der Stromhelfer ist eingeschaltet und antwortet nicht.' },
  'power.no-switch': {
    text: 'Der Kernel hat keinen Schalter für diesen Anschluss: Linux ist älter als 6.0, oder der Verteiler fehlt.',
  },
  'system.good': { text: 'Der Dienst ist eingeschaltet und läuft.' },
  'system.none': { text: 'systemd läuft hier nicht: Nichts startet den Agenten von selbst.' },
  'system.no-unit': { text: 'Die Unit bodydock.service ist nicht installiert.' },
  'system.disabled': {
    text: 'Der Dienst ist nicht eingeschaltet: Nach einem Stromausfall bleibt die Station tot.',
  },
  'system.failed': { text: 'Der Dienst ist {state}; er wurde {restarts} Mal neu gestartet.' },
  'system.no-rules': {
    text: 'Die udev-Regel ist nicht installiert: Der Agent darf Kameras nicht öffnen, andere Programme schon.',
    remedy: 'Das Paket installieren oder 70-bodydock.rules dorthin kopieren.',
  },
  'system.no-module': { text: 'Dem Kern fehlt {module}, das ein Platz hier braucht.' },
  'clock.good': { text: 'Die Uhr ist abgeglichen; Zeitzone {zone}.' },
  'clock.unsynchronised': {
    text: 'Die Uhr ist nicht abgeglichen: Aufzeichnungszeiten tragen ihre Unsicherheit, und Kameras werden nicht gestellt.',
  },
  'clock.unknown': { text: 'Das System sagt nicht, ob seine Uhr abgeglichen ist; Zeitzone {zone}.' },
  'clock.zone': {
    text: 'Die Zeitzone ist UTC: Kameras, die nur Ortszeit kennen, würden um Stunden falsch gelesen.',
  },
  // The way to the broker, the rights there, and the store.
  'broker.good': { text: 'Der Broker ist erreichbar und nimmt diese Station an (MQTT {version}).' },
  'broker.by-agent': { text: 'Der Agent ist mit dem Broker verbunden.' },
  'broker.not-tried': {
    text: 'Anmeldung, Rechte und Zentralspeicher nicht probiert: Ein Agent läuft, und eine zweite Anmeldung mit seinem Zertifikat könnte ihn trennen.',
    remedy: 'Um sie trotzdem zu probieren (der Agent kommt in Minuten von selbst zurück):',
  },
  'broker.no-name': {
    text: 'Der Name des Brokers lässt sich nicht auflösen ({reason}).',
    remedy: 'broker.url, Netzkabel und Namensserver prüfen.',
  },
  'broker.no-connection': {
    text: 'Der Broker antwortet unter dieser Adresse nicht ({reason}).',
    remedy: 'Prüfen, ob er läuft und keine Firewall dazwischen ist. Auf seinem Gerät:',
  },
  'broker.unanswered': {
    text: 'Die Verbindung steht, endet aber ohne Antwort eines Brokers ({reason}).',
    remedy: 'Das Journal des Brokers sagt, warum; ein anderer Dienst an diesem Port sagt nichts von MQTT.',
  },
  'broker.refused': {
    text: 'Der Broker weist diese Station ab: {words} (Code {code}).',
    remedy: 'Auf dem Gerät des Brokers:',
  },
  'broker.password-refused': {
    text: 'Der Broker weist das Konto {user} ab: Das Passwort ist nicht das, das er kennt, oder das Konto darf sich nicht anmelden.',
    remedy:
      'Das Passwort am Broker setzen, ihn seine Datei neu lesen lassen (systemctl reload mosquitto) und dasselbe in {file} schreiben. Auf dem Gerät des Brokers:',
  },
  'broker.password-missing': {
    text: 'Die Datei mit dem Passwort für den Broker ist nicht da.',
    remedy: 'Das Passwort des Kontos hineinschreiben, eine Zeile, nur für den Dienst lesbar:',
  },
  'broker.by-password': {
    text: 'Diese Station meldet sich am Broker mit Passwort an. Von welcher Station eine Nachricht ist, sagt allein das Wort des Brokers, und wer das Passwort kopiert, kann dort für diese Station sprechen. Aufzeichnungen, Andockprotokolle und Quittungen sind signiert wie immer; über ein Netz hat die Verbindung TLS.',
    remedy: 'Ein Client-Zertifikat bindet den Namen an einen Schlüssel dieses Geräts (Handbuch, „Broker“).',
  },
  'broker.username': {
    text: 'broker.username ist nicht die Kennung dieser Station ({station}): Die ACL dieses Pakets lässt jedes Konto nur unter seinem eigenen Namen schreiben.',
    remedy: 'Dem Konto die Kennung der Station als Namen geben, oder dem Broker eine eigene ACL.',
  },
  'tls.good': { text: '{protocol}; dem Zertifikat des Brokers wird bis {until} vertraut.' },
  'tls.server-authority': {
    text: 'Das Zertifikat des Brokers ist nicht von der Stelle in ca_file: ausgestellt von "{issuer}", ca_file enthält "{authority}".',
    remedy:
      'Ist es der richtige Broker, das Zertifikat seiner Stelle nach {file} legen. Sonst ist jemand dazwischen: nicht vertrauen.',
  },
  'tls.server-name': {
    text: 'Das Zertifikat des Brokers gilt für {names}, nicht für {host}.',
    remedy:
      'Einen Namen des Zertifikats in broker.url schreiben oder dem Broker ein Zertifikat für diesen besorgen.',
  },
  'tls.server-expired': {
    text: 'Das Zertifikat des Brokers ist am {until} abgelaufen.',
    remedy:
      'Dem Broker ein neues Zertifikat besorgen; oder die Uhr dieses Geräts geht falsch (`timedatectl`).',
  },
  'tls.server-not-yet-valid': {
    text: 'Das Zertifikat des Brokers gilt erst ab {from}: Die Uhr dieses Geräts geht falsch, oder es ist für später ausgestellt.',
  },
  'tls.server-expiring': {
    text: 'Das Zertifikat des Brokers läuft am {until} ab.',
    remedy: 'Dem Broker ein neues Zertifikat besorgen.',
  },
  'tls.plain': {
    text: 'An diesem Port spricht niemand TLS.',
    remedy: 'In broker.url den Port des gesicherten Zugangs nennen (mosquitto: 8883).',
  },
  'tls.version': {
    text: 'Der Broker bietet TLS 1.3 nicht an, und Älteres wird nicht genommen.',
    remedy: 'mosquitto: `tls_version tlsv1.3` in seiner Konfiguration.',
  },
  'tls.client-refused': {
    text: 'Der Broker erkennt das Zertifikat dieser Station nicht an ({reason}).',
    remedy:
      'Es muss von einer Stelle sein, die der Broker kennt (mosquitto: cafile), gültig und nicht gesperrt.',
  },
  'tls.failed': { text: 'Die gesicherte Verbindung kommt nicht zustande: {reason}.' },
  'acl.good': { text: 'Die Rechte am Broker stimmen: eigene Topics ja, die anderer Stationen nein.' },
  'acl.untold': {
    text: 'Rechte lassen sich hier nicht probieren: Der Broker spricht MQTT 3.1.1 oder steht auf diesem Gerät offen.',
  },
  'acl.own-refused': {
    text: 'Diese Station darf {topic} nicht schreiben.',
    remedy: 'Auf dem Gerät des Brokers: seine ACL mit mosquitto.acl dieses Pakets vergleichen und neu laden.',
  },
  'acl.foreign-write': {
    text: 'Diese Station darf Topics anderer Stationen schreiben ({topic}).',
    remedy: 'Auf dem Gerät des Brokers: seine ACL mit mosquitto.acl dieses Pakets vergleichen und neu laden.',
  },
  'acl.foreign-read': {
    text: 'Diese Station darf lesen, was andere Stationen sagen ({topic}).',
    remedy: 'Auf dem Gerät des Brokers: seine ACL mit mosquitto.acl dieses Pakets vergleichen und neu laden.',
  },
  'monitoring.wildcard': {
    text: 'Was der Broker aufbewahrt (retained), erreicht auch ein Abonnement mit Wildcard: Jedes Beispiel für die Überwachung arbeitet mit ihm.',
  },
  'monitoring.full-topic': {
    text: 'Der Broker gibt, was er aufbewahrt (retained), nur für vollständige Topics heraus, wie RabbitMQ: Eine Überwachung, die mit Wildcard abonniert, sieht keine Station und sagt nichts davon.',
    remedy:
      'Zabbix arbeitet unverändert. Checkmk: die Stationen in bodydock-stations aufführen. Home Assistant: --station und --yaml. Telegraf: Topics der Plätze vollständig nennen.',
  },
  'monitoring.neither': {
    text: 'Der Broker bewahrt nichts auf (retained): Die Überwachung sieht einen Zustand nur, wenn er sich ändert, und nie den einer verlorenen Station.',
    remedy:
      'Aufbewahrte Nachrichten (retained) am Broker einschalten oder einen anderen nehmen. Aufzeichnungen kommen trotzdem an.',
  },
  'monitoring.untold': {
    text: 'Welche Überwachung mit diesem Broker arbeitet, ist nicht festzustellen: Diese Station darf ihr eigenes Probe-Topic nicht lesen.',
    remedy:
      'Die Zeile `pattern read bodydock/v1/%u/up/trial` in die ACL aufnehmen (mosquitto.acl dieses Pakets hat sie) oder am Zentralspeicher fragen:',
  },
  'store.good': {
    text: 'Der Zentralspeicher antwortet ({receiver}), signiert mit einem Schlüssel, den diese Station kennt.',
  },
  'store.by-agent': { text: 'Der Agent hat vom Zentralspeicher zuletzt vor {seconds} s gehört.' },
  'store.unheard': {
    text: 'Der Agent hat seit seinem Start nichts vom Zentralspeicher gehört.',
    remedy: 'Auf dem Gerät des Zentralspeichers:',
  },
  'store.silent': {
    text: 'Der Broker ist da, aber kein Empfänger des Zentralspeichers antwortet. Aufzeichnungen warten auf der Station.',
    remedy:
      'Läuft er, ist er verbunden, steht diese Station mit ihrem Schlüssel in seiner Datei, und darf er {topic} schreiben? Auf seinem Gerät:',
  },
  'store.stranger': {
    text: 'Jemand antwortet als Zentralspeicher, aber nicht mit Schlüssel und Namen dieser Konfiguration ({reason}).',
    remedy:
      'store.public_keys und store.receivers mit dem Zentralspeicher vergleichen. Stimmen sie, fälscht jemand: IT-Sicherheit rufen. Auf dem Zentralspeicher:',
  },
} as const satisfies Record<keyof typeof DOCTOR_EN, { readonly text: string; readonly remedy?: string }>;
