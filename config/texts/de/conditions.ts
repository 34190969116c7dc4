// What is wrong and what to do, for each condition of a station, in German.
import type { CONDITIONS_EN } from '../en/conditions.ts';

export const CONDITIONS_DE = {
  // Cameras in their bays.
  'bay.not-mounted': {
    text: 'Im Einhängepunkt dieses Platzes liegen Dateien, aber dort ist nichts eingehängt. Sie werden nicht übernommen: Im Platz ist keine Kamera.',
    remedy:
      'Steckt eine Karte im Platz, nachsehen, warum sie nicht eingehängt ist (`findmnt`). Dateien ansehen: Was eine Aufzeichnung sein kann, an einen sicheren Ort legen, dann den Ordner leeren. Ein Platz, der ein einfacher Ordner ist, muss außerhalb von /media, /mnt und /run/media liegen.',
  },
  'camera.failed': {
    text: 'Die Kamera in diesem Platz kann nicht gelesen werden; die Station versucht es von selbst erneut.',
    remedy:
      'Kamera herausnehmen und neu einsetzen, dann einen anderen Platz nehmen. Die Aufzeichnungen sind noch auf der Kamera.',
  },
  'camera.loose': {
    text: 'Die Verbindung zur Kamera in diesem Platz bricht immer wieder ab; die Station versucht es immer seltener.',
    remedy:
      'Kontakte von Kamera und Platz reinigen und die Kamera fest einsetzen; dann einen anderen Platz nehmen. Bricht es auch dort ab, liegt es an der Kamera. Die Aufzeichnungen sind noch auf der Kamera.',
  },
  'camera.not-taken': {
    text: 'Einige Dateien der Kamera in diesem Platz können nicht übernommen werden; sie bleiben auf der Kamera.',
    remedy: 'Kamera im Platz lassen und Technik verständigen. Nicht löschen, nicht formatieren.',
  },
  'camera.set-aside': {
    text: 'Das Programm der Station endete dreimal an einer Datei der Kamera in diesem Platz; die Datei bleibt auf der Kamera und wird vorerst nicht gelesen.',
    remedy:
      'Kamera im Platz lassen und Technik verständigen. Nicht löschen, nicht formatieren. Die Station versucht es nach einem Tag, mit einer neuen Version und durch `bodydock spool tries --again` erneut.',
  },
  'camera.changing': {
    text: 'Eine Datei der Kamera in diesem Platz ändert sich seit Minuten: Die Kamera scheint aufzunehmen. Die Datei bleibt auf der Kamera.',
    remedy:
      'Aufzeichnung beenden und Kamera im Platz lassen: Die Datei wird dann von selbst übernommen. Nimmt die Kamera nicht auf, Technik verständigen.',
  },
  'camera.listing': {
    text: 'Die Kamera in diesem Platz zeigt nicht alle ihre Dateien; was sie zeigt, wird übernommen.',
    remedy:
      'Kamera im Platz lassen und Technik verständigen. Ihr Speicher kann fehlen, gesperrt, beschädigt, verschlüsselt, geteilt oder mit viel zu vielen Dateien belegt sein, oder sie zeigt auch einen Datenträger, der nicht gelesen wird.',
  },
  'camera.stuck': {
    text: 'Die Arbeit mit der Kamera in diesem Platz kommt nicht voran.',
    remedy: 'Kamera herausnehmen und neu einsetzen. Hilft das nicht, Technik verständigen.',
  },
  'camera.slow': {
    text: 'Die Kamera in diesem Platz wird viel langsamer gelesen als üblich.',
    remedy: 'Kontakte von Kamera und Platz reinigen; anderen Platz, dann anderes Kabel versuchen.',
  },
  'camera.vanished': {
    text: 'Von dieser Kamera sind in der Station Dateien verschwunden, und nicht durch die Station.',
    remedy:
      'Kamera nicht weiter benutzen. Technik und Datenschutz verständigen: Das Andockprotokoll nennt, was da war.',
  },
  'camera.not-erased': {
    text: 'Der Zentralspeicher hat Aufzeichnungen, die die Kamera in diesem Platz nicht gelöscht hat.',
    remedy:
      'Prüfen, ob der Speicher der Kamera schreibgeschützt oder beschädigt ist. Die Aufzeichnungen sind gesichert.',
  },
  'camera.port': {
    text: 'Die serielle Schnittstelle dieses Platzes fällt aus; die Aufzeichnungen werden trotzdem übernommen.',
    remedy: 'Serielle Kontakte und Kabel dieses Platzes prüfen.',
  },
  'camera.twice': {
    text: 'Eine Kamera scheint in zwei Plätzen zugleich zu stecken.',
    remedy:
      'Feststellen, welche Kamera in welchem Platz steckt, und station.yaml oder die Seriennummer der Kamera berichtigen.',
  },
  'camera.missing': {
    text: 'Diese Kamera war lange nicht in dieser Station. Ob sie in einer anderen andockt, kann diese Station nicht wissen.',
    remedy:
      'Kamera suchen und einsetzen; es können Aufzeichnungen darauf sein. Verloren, defekt oder zurückgegeben: "bodydock camera retire". Jetzt in einer anderen Station: aus station.yaml nehmen oder camera_missing_days erhöhen (0: nie melden).',
  },
  'camera.clock-wrong': {
    text: 'Die Uhr dieser Kamera ging beim Einsetzen stark falsch.',
    remedy:
      'Die Station berichtigt die Zeiten der Aufzeichnungen. Kommt es wieder, die Pufferbatterie der Kamera tauschen lassen.',
  },
  'camera.battery-weak': {
    text: 'Der Akku dieser Kamera ist schwach.',
    remedy: 'Kamera vor der Mitnahme laden; sinkt die Ladung von Mal zu Mal, den Akku tauschen.',
  },
  // Which camera, and what is plugged in.
  'camera.unknown': {
    text: 'Die Kamera in diesem Platz ist an dieser Station nicht eingetragen, oder sie nennt keine Seriennummer. Nichts auf ihr wurde angerührt.',
    remedy:
      'Kamera herausnehmen. Gehört sie hierher: mit ihrer Seriennummer unter cameras in station.yaml eintragen, oder im Platz benennen.',
  },
  'camera.other': {
    text: 'In diesem Platz steckt eine andere Kamera dieser Station als die, für die er bestimmt ist. Nichts auf ihr wurde angerührt.',
    remedy:
      'Jede Kamera in ihren eigenen Platz stecken. Oder camera bei den Plätzen in station.yaml streichen: Dann wird jede an ihrer Seriennummer erkannt.',
  },
  'camera.locked-out': {
    text: 'Kameras in diesem Platz haben ihr Passwort mehrmals nacheinander nicht angenommen; es wird nicht weiter versucht, damit sich keine Kamera sperrt.',
    remedy:
      'Kamera aufbewahren: Die Aufzeichnungen sind noch darauf. Ihr richtiges Passwort in ihre password_file eintragen, dann "systemctl restart bodydock".',
  },
  'camera.serial-differs': {
    text: 'Die Kamera in diesem Platz nennt eine andere Seriennummer, als in station.yaml für sie steht; sie wird trotzdem bedient.',
    remedy: 'Prüfen, ob es die richtige Kamera ist; dann ihre Seriennummer in station.yaml berichtigen.',
  },
  'usb.unexpected-device': {
    text: 'An einem USB-Anschluss, der kein Platz ist, steckt eine Kamera, ein Telefon oder ein Datenträger. Das Gerät wird nicht geöffnet, nichts von ihm wird übernommen.',
    remedy:
      'Kameras in einen Platz stecken, anderes abziehen. Ist der Anschluss ein Platz: `bodydock bays learn` schreibt die Plätze für station.yaml.',
  },
  // Disk and recordings.
  'spool.full': {
    text: 'Der Datenträger der Station ist voll: Es wird keine Aufzeichnung übernommen, die Kameras behalten ihre.',
    remedy:
      'Verbindung zum Zentralspeicher herstellen; die Station arbeitet von selbst weiter. Dateien außerhalb des Zwischenspeichers entfernen; im Zwischenspeicher nichts löschen.',
  },
  'spool.low': {
    text: 'Der Datenträger der Station ist fast voll.',
    remedy: 'Verbindung zum Zentralspeicher prüfen, bevor er voll ist.',
  },
  'spool.reserve-used': {
    text: 'Der Datenträger ist so voll, dass Verwahrprotokoll und Andockprotokolle von ihrer Reserve zehren.',
    remedy: 'Fremde Dateien vom Datenträger entfernen; die Station legt ihre Reserve von selbst neu an.',
  },
  'spool.gone': {
    text: 'Der Datenträger mit den Aufzeichnungen ist nicht da.',
    remedy:
      'Datenträger und Einhängepunkt prüfen. Die Kameras behalten ihre Aufzeichnungen, bis er wieder da ist.',
  },
  'spool.quarantine': {
    text: 'Auf dem Datenträger der Station war etwas beschädigt oder unbekannt und kam in Quarantäne.',
    remedy:
      'Technik soll es und den Datenträger ansehen. Nichts wurde gelöscht; was noch auf seiner Kamera ist, wird beim nächsten Andocken erneut übernommen.',
  },
  'spool.other-key': {
    text: 'Was auf der Station wartet, wurde mit einem Schlüssel signiert, den die Station nicht hat: Es bleibt erhalten und wird nicht gesendet.',
    remedy:
      'Diesen Schlüssel an die Stelle von keys.signing_file zurücklegen und den Dienst neu starten. Ist er verloren: den jetzigen beiseitelegen, dann "bodydock keys rotate --reason lost --old-key SCHLÜSSEL".',
  },
  'spool.recordings-lost': {
    text: 'Das Verwahrprotokoll nennt Aufzeichnungen, die weder auf dieser Station noch im Zentralspeicher sind.',
    remedy:
      'An der Station nichts verändern. Technik und Datenschutz verständigen; danach bestätigen: "bodydock custody --acknowledge --reason CODE".',
  },
  'spool.write-failed': {
    text: 'Der Datenträger der Station hat eine Aufzeichnung nach der anderen abgelehnt: Es wird nichts mehr übernommen, die Kameras behalten ihre.',
    remedy:
      'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt. Die Station versucht es von selbst wieder und arbeitet weiter.',
  },
  'disk.failing': {
    text: 'Der Datenträger der Station fällt aus: Lesen oder Schreiben endete mit einem Gerätefehler.',
    remedy:
      'Verbindung zum Zentralspeicher herstellen, damit alles übertragen wird, dann den Datenträger tauschen.',
  },
  'recording.damaged': {
    text: 'Teile einer Aufzeichnung waren von der Kamera nicht lesbar; der Rest wurde gesichert, und die Datei bleibt auf der Kamera.',
    remedy: 'Kamera und Speicher so lassen, wie sie sind, und Technik verständigen.',
  },
  'recording.rejected': {
    text: 'Eine Datei auf einer Kamera ist auffällig: leer, von unbekannter Art oder seltsam benannt. Sie wurde gesichert und wird trotzdem übertragen.',
    remedy: 'Nichts zu tun. Kommt es oft vor, die Kamera der Technik zeigen.',
  },
  // Log and docking records.
  'custody.chain-broken': {
    text: 'Das Verwahrprotokoll dieser Station wurde verändert oder beschädigt: Seine Kette hält nicht.',
    remedy: 'An der Station nichts verändern. Technik und Datenschutz verständigen.',
  },
  'custody.write-failed': {
    text: 'Das Verwahrprotokoll kann nicht geschrieben werden: Bis dahin wird nichts bestätigt, freigegeben oder gelöscht.',
    remedy: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt.',
  },
  'custody.store-differs': {
    text: 'Der Zentralspeicher hat ein anderes Verwahrprotokoll dieser Station als die Station selbst.',
    remedy:
      'Wurde hier oder dort eine Sicherung zurückgespielt? Wenn nicht, Datenschutz verständigen. Danach bestätigen: "bodydock custody --acknowledge --reason CODE".',
  },
  'custody.not-taken': {
    text: 'Das Verwahrprotokoll dieser Station kommt nicht in den Zentralspeicher: Ein Teil wird dort nicht angenommen oder ist hier nicht lesbar.',
    remedy:
      'Grund "refused": Am Zentralspeicher sagt "journalctl -u bodydock-receiver", warum; nach einem Wechsel der Schlüssel fehlt dort der neue in stations[].public_keys. Grund "unreadable": Datenträger der Station prüfen.',
  },
  'docking.journal-failed': {
    text: 'Das Journal des Andockvorgangs in diesem Platz kann nicht geschrieben werden.',
    remedy: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt.',
  },
  'docking.record-failed': {
    text: 'Das Andockprotokoll des letzten Andockvorgangs in diesem Platz konnte nicht angelegt werden; es wird erneut versucht.',
    remedy: 'Datenträger der Station prüfen: voll, schreibgeschützt oder defekt.',
  },
  // Central store.
  'store.silent': {
    text: 'Der Broker ist erreichbar, aber der Zentralspeicher antwortet nicht.',
    remedy:
      'Prüfen, ob der Empfänger läuft und mit dem Broker verbunden ist. Die Aufzeichnungen warten auf der Station.',
  },
  'store.unknown-key': {
    text: 'Jemand antwortet als Zentralspeicher mit einem Schlüssel, den die Konfiguration dieser Station nicht nennt.',
    remedy:
      'store.public_keys mit den Schlüsseln des Zentralspeichers vergleichen; das Journal des Agenten nennt den Schlüssel. Stimmen sie, IT-Sicherheit rufen.',
  },
  'store.behind': {
    text: 'Eine Aufzeichnung oder ein Andockprotokoll wartet zu lange auf die Quittung.',
    remedy:
      'Netz, Broker und Zentralspeicher prüfen; dort nennt "journalctl -u bodydock-receiver" "vault.full" oder "vault.quota", wo kein Platz ist. Ist alles gut, reicht die Leitung, oder was broker.rate_bytes_per_s und broker.windows davon lassen, nicht für das, was aufgenommen wird.',
  },
  'store.rolled-back': {
    text: 'Der Zentralspeicher hat weniger, als er schon bestätigt hatte, wie nach dem Zurückspielen einer Sicherung: Auf Kameras wird nichts gelöscht, und die Station behält alle Kopien.',
    remedy:
      'Am Zentralspeicher einmal "bodydock-receiver restored" eingeben und beide Rollen signieren lassen (Handbuch, 10): Danach bietet diese Station alles erneut an, was sie noch hat. Neue Aufzeichnungen werden inzwischen weiter geliefert.',
  },
  'restored.refused': {
    text: 'Der Zentralspeicher sagt, er sei aus einer Sicherung wiederhergestellt, und nicht beide Rollen haben das signiert: Auf Kameras wird nichts gelöscht, und die Station behält alle Kopien.',
    remedy:
      'Stimmt das, beide signieren lassen: "bodydock-receiver restored --fetch FOLDER" am Zentralspeicher sagt wie (Handbuch, 10). Bei restored.no-roles oder restored.signature ("reason") gehören ihre Schlüssel in station.yaml unter roles. Wenn nicht, hat jemand seinen Schlüssel: IT-Sicherheit rufen.',
  },
  'store.log-forked': {
    text: 'Das Verwahrprotokoll des Zentralspeichers ist nicht das, das diese Station zuvor gesehen hat, oder kürzer: Keine Quittung zählt, und auf Kameras wird nichts gelöscht.',
    remedy:
      'Nach dem Zurückspielen einer Sicherung dort "bodydock-receiver restored" eingeben und beide Rollen signieren lassen. Sonst hat es jemand geändert: Zentralspeicher und Station sichern, mit "bodydock verify" klären, was fehlt, und erst dann hier "bodydock custody --acknowledge --reason CODE" eingeben.',
  },
  'policy.refused': {
    text: 'Der Zentralspeicher hat eine Richtlinie beider Rollen geschickt, die diese Station nicht annimmt; es gilt weiter, was sie zuvor hatte.',
    remedy:
      'Beide Rollen fragen, ob sie sie signiert haben. Wenn ja: bei policy.no-roles oder policy.signature ("reason") die Schlüssel beider unter roles in station.yaml eintragen, bei policy.number am Zentralspeicher eine mit höherer Nummer anlegen. Wenn nein, IT-Sicherheit rufen.',
  },
  'store.recordings-lost': {
    text: 'Der Zentralspeicher wurde aus einer Sicherung wiederhergestellt; ihm fehlen vielleicht Aufzeichnungen, von denen diese Station keine Kopie mehr hat.',
    remedy:
      'Die Kameras andocken: Eine Datei, die noch auf einer ist, kommt wieder. Das Verwahrprotokoll dieser Station nennt die Aufzeichnungen ("store-lost"); "bodydock-receiver reconcile" am Zentralspeicher sagt, welche davon verloren sind. Danach "bodydock custody --acknowledge --reason CODE".',
  },
  'recording.refused': {
    text: 'Der Zentralspeicher lehnt eine Aufzeichnung ab; die Station behält sie und bietet sie von selbst erneut an.',
    remedy:
      'Im Journal des Empfängers nach dieser Aufzeichnung sehen: dort "journalctl -u bodydock-receiver". Grund "manifest-signature": Der Zentralspeicher kennt vielleicht den neuen Schlüssel dieser Station noch nicht (Handbuch, 8.1).',
  },
  'docking.refused': {
    text: 'Der Zentralspeicher lehnt ein Andockprotokoll oder einen Bericht oder Text des Personals ab; die Station behält das Dokument und bietet es von selbst erneut an.',
    remedy: 'Im Journal des Empfängers nach diesem Dokument sehen, wie bei "recording.refused".',
  },
  'receipt.refused': {
    text: 'Es kam eine Quittung, die nicht gilt: Sie stammt nicht vom Zentralspeicher oder nicht für diese Aufzeichnung.',
    remedy:
      'Grund "receipt.other-store": Ist der Empfänger im Journal ein eigener, ihn unter store.receivers eintragen; ein absichtlich ersetzter Tresor braucht einen mit neuer Id statt des alten. Sonst store.public_keys vergleichen; auch frühere gehören dazu. Stimmen sie, IT-Sicherheit rufen: jemand fälscht.',
  },
  'receipt.not-in-log': {
    text: 'Es kam eine Quittung, die nicht im Verwahrprotokoll des Zentralspeichers steht: Sie zählt nicht, und die Aufzeichnung wird erneut angeboten.',
    remedy:
      'Ist der Empfänger älter als diese Station, zuerst ihn aktualisieren. Sonst in seinem Journal ("journalctl -u bodydock-receiver") nach "log.shorter" sehen; steht dort nichts, wird am Verwahrprotokoll vorbei quittiert: IT-Sicherheit rufen. Nichts geht verloren: Die Dateien bleiben auf den Kameras.',
  },
  'release.listing': {
    text: 'Quittierte Dateien bleiben auf der Kamera in diesem Platz: Sie zeigt nicht alle ihre Dateien, also ließe sich kein Löschen bestätigen.',
    remedy:
      'Tun, was bei "camera.listing" steht. Gelöscht wird, sobald eine Auflistung alles zeigt. Die Aufzeichnungen sind gesichert.',
  },
  'release.refused': {
    text: 'Quittierte Dateien werden von der Kamera in diesem Platz nicht gelöscht, weil eine Bedingung der Freigabe fehlt.',
    remedy:
      'Grund "recipient-unproven": den Nachweis führen (Handbuch, 1.7), dann "systemctl restart bodydock". "receipt-other-store": siehe "receipt.refused". "joined-differently", "read-differently", "not-read-again": Kamera neu andocken. Sonst nichts von Hand löschen; "journalctl -u bodydock" sagt, warum.',
  },
  // Broker.
  'broker.unreachable': {
    text: 'Der Broker ist nicht erreichbar; die Aufzeichnungen warten auf der Station.',
    remedy: 'Netz, Namensauflösung und den Broker selbst prüfen.',
  },
  'broker.tls': {
    text: 'Die gesicherte Verbindung zum Broker kommt nicht zustande: Ein Zertifikat wird nicht anerkannt.',
    remedy:
      '"bodydock doctor" ausführen: Es sieht die Zertifikate beider Seiten an. Auch die Uhren beider Seiten prüfen.',
  },
  'broker.refused': {
    text: 'Der Broker lehnt die Verbindung dieser Station ab.',
    remedy: 'Prüfen, was der Broker dieser Station erlaubt: Zertifikat oder Passwort, Rechte und Grenzen.',
  },
  'broker.client-id-in-use': {
    text: 'Ein anderes Programm verbindet sich unter dem Namen dieser Station mit dem Broker.',
    remedy:
      'Das zweite Gerät mit der Konfiguration dieser Station suchen, etwa eine kopierte Speicherkarte, und abschalten.',
  },
  'broker.publish-refused': {
    text: 'Der Broker lehnt Nachrichten dieser Station ab.',
    remedy: 'Rechte (ACL) und Kontingente dieser Station am Broker prüfen.',
  },
  'broker.message-size': {
    text: 'Der Broker oder der Empfänger nimmt nur Nachrichten, die für Aufzeichnungen zu klein sind.',
    remedy: 'Größte Nachricht (Paket), die Broker und Empfänger annehmen, heraufsetzen.',
  },
  'broker.offer-size': {
    text: 'Ein Dokument passt nicht in die größte Nachricht des Brokers.',
    remedy: 'Größte Nachricht (Paket), die der Broker annimmt, heraufsetzen.',
  },
  'broker.certificate-expiring': {
    text: 'Ein Zertifikat für die Verbindung zum Broker läuft bald ab oder ist abgelaufen.',
    remedy:
      'Ein neues Zertifikat an die Stelle des alten legen ("bodydock keys enrol" holt eines für die Station); es wird ohne Neustart übernommen.',
  },
  // Station.
  'configuration.refused': {
    text: 'station.yaml wurde geändert und ist nicht richtig: Die Station arbeitet mit dem bisherigen Stand weiter.',
    remedy:
      '"bodydock check" ausführen: Es nennt jede Zeile und was zu tun ist. Eine gute Datei wird von selbst übernommen.',
  },
  'station.clock-unsynchronised': {
    text: 'Die Uhr der Station ist nicht abgeglichen.',
    remedy:
      'Prüfen, ob der Zeitserver erreichbar ist ("timedatectl"). Aufzeichnungen werden trotzdem übernommen.',
  },
  'station.short': {
    text: 'Der Station fehlt Arbeitsspeicher, oder zu viele Dateien sind offen: Sie übernimmt und überträgt vorerst nichts, die Kameras behalten ihre Aufzeichnungen.',
    remedy:
      'Neu starten: "systemctl restart bodydock". Kommt es wieder, andere Programme auf der Station beenden und die Ausgabe von "journalctl -u bodydock" dem Hersteller senden.',
  },
  'station.temperature': {
    text: 'Die Station ist zu warm.',
    remedy: 'Für Luft sorgen: nicht abdecken, reinigen, von Heizung und Sonne wegstellen.',
  },
  'station.led': {
    text: 'Die Leuchte eines Platzes lässt sich nicht schalten.',
    remedy:
      '`led` dieses Platzes in station.yaml, die Leuchte und das Schreibrecht unter /sys/class/leds prüfen.',
  },
  'station.screen': {
    text: 'Die Seite für den Bildschirm am Dock wird nicht ausgeliefert oder nimmt keine Berichte an.',
    remedy:
      'Prüfen, ob ein anderes Programm den Port von `screen.port` hat (EADDRINUSE), oder ob der Agent ihn nicht benutzen darf (EPERM: Paket bodydock-screen fehlt, Handbuch, 3.1). Die Station versucht es jede Minute erneut. Grund „questions“: Die Datei von `screen.questions` berichtigen (Journal).',
  },
} as const satisfies Record<keyof typeof CONDITIONS_EN, { readonly text: string; readonly remedy: string }>;
