// What is wrong and what to do, for each condition of a central store, in German.
import type { STORE_CONDITIONS_EN } from '../en/store-conditions.ts';

export const STORE_CONDITIONS_DE: Readonly<
  Record<keyof typeof STORE_CONDITIONS_EN, { readonly text: string; readonly remedy: string }>
> = {
  'vault.full': {
    text: 'Im Zentralspeicher ist kein Platz für eine weitere Aufzeichnung; Aufzeichnungen warten auf den Stationen.',
    remedy:
      'Platz schaffen: dem Zentralspeicher einen größeren Datenträger oder mehr Kontingent geben (`vault.quota_bytes`) oder mit `bodydock-receiver expire --preview` nachsehen, was fällig ist und warum es bleibt. Nie von Hand löschen.',
  },
  'vault.low': {
    text: 'Im Zentralspeicher ist weniger als ein Zwanzigstel des Platzes frei.',
    remedy: 'Größeren Datenträger oder mehr Kontingent (`vault.quota_bytes`) geben, bevor er voll ist.',
  },
  'vault.lost': {
    text: 'Der Datenträger des Zentralspeichers fehlt, oder ein anderer ist an seiner Stelle. Es wird nichts angenommen.',
    remedy:
      'Nachsehen, ob der Datenträger eingehängt ist (`findmnt`) und arbeitet. Danach geht es von selbst weiter.',
  },
  'vault.quota': {
    text: 'Eine Aufzeichnung dieser Station ist größer als das ganze Kontingent des Zentralspeichers; sie wartet auf der Station.',
    remedy: '`vault.quota_bytes` erhöhen, und den Datenträger, wenn nötig.',
  },
  'vault.station-quota': {
    text: 'Diese Station belegt im Zentralspeicher so viel, wie die Richtlinie beider Rollen ihr zugesteht; Neues wartet auf der Station.',
    remedy:
      'Nachsehen, ob das alles von dieser Station zu erwarten ist (`bodydock ls`). Wenn ja, eine Richtlinie mit mehr Platz von beiden Rollen unterschreiben lassen (`bodydock-receiver policy make --station-bytes N`); sonst klären, wer ihren Schlüssel hat.',
  },
  'vault.write-failed': {
    text: 'Der Zentralspeicher kann nicht auf seinen Datenträger schreiben; Aufzeichnungen warten auf den Stationen.',
    remedy: 'Den Datenträger und das Journal von bodydock-receiver ansehen; dort steht der Fehler.',
  },
  'vault.unknown-entries': {
    text: 'Im Zentralspeicher liegen Dateien, die kein Programm des Zentralspeichers dorthin legt.',
    remedy:
      'Das Journal nennt die ersten ("unexpected files in the vault"). Was nicht dorthin gehört, an einen anderen Ort verschieben.',
  },
  'vault.recording-damaged': {
    text: 'Etwas im Zentralspeicher war nicht mehr so, wie es angenommen wurde. Es liegt in der Quarantäne und wird neu angefordert; vielleicht hat die Station es nicht mehr.',
    remedy:
      'Datenträger und Sicherung prüfen, dann `bodydock verify` über den Zentralspeicher laufen lassen: Es nennt alles, was nicht unversehrt ist.',
  },
  'disk.failing': {
    text: 'Der Datenträger des Zentralspeichers meldet Fehler.',
    remedy:
      'Den Zentralspeicher heute auf einen anderen Datenträger sichern und diesen ersetzen. Das Journal des Kernels nennt die Fehler.',
  },
  'receiver.offer-refused': {
    text: 'Der Zentralspeicher weist etwas von dieser Station zurück: Es lässt sich nicht prüfen, oder die Station steht nicht in seiner Datei.',
    remedy:
      'Die Schlüssel der Station in receiver.yaml mit dem vergleichen, was `bodydock keys show` dort zeigt; der Grund steht neben der Station.',
  },
  'receiver.recording-conflict': {
    text: 'Diese Station hat eine Aufzeichnung unter einer Kennung gesendet, die der Zentralspeicher mit anderem Inhalt hat. Beide werden aufgehoben.',
    remedy:
      'Station und Zentralspeicher lassen, wie sie sind, und klären, ob die Station kopiert oder aus einem Abbild wiederhergestellt wurde.',
  },
  'receiver.id-elsewhere': {
    text: 'Diese Station bietet eine Aufzeichnung unter einer Kennung an, die eine andere Station hat. Sie wird abgewiesen und liegt in der Quarantäne.',
    remedy:
      'Beide Stationen lassen, wie sie sind, und klären, ob diese kopiert wurde oder jemand ihren Schlüssel benutzt; die andere steht neben der Station.',
  },
  'receiver.altered': {
    text: 'Teile einer Aufzeichnung dieser Station kommen immer wieder verändert an; Verändertes wird nicht aufgehoben.',
    remedy:
      'Den Weg zwischen Station und Zentralspeicher ansehen, zuerst den Broker; bleibt es, Arbeitsspeicher und Datenträger der Station.',
  },
  'receiver.key-revoked': {
    text: 'Diese Station signiert mit einem gesperrten Schlüssel.',
    remedy:
      'Gehört die Station hierher, ihr einen neuen Schlüssel geben (dort `bodydock keys rotate`). Sonst benutzt jemand den gesperrten Schlüssel: ihm den Zugang zum Broker nehmen.',
  },
  'keys.revocation-damaged': {
    text: 'Die Sperrung eines Schlüssels dieser Station ist nicht lesbar; nichts mit diesem Schlüssel Signiertes wird angenommen.',
    remedy: 'Mit `bodydock-receiver revoke` neu schreiben.',
  },
  'docking.gap': {
    text: 'Zwischen den Andockprotokollen dieser Kamera fehlen dem Zentralspeicher welche.',
    remedy:
      'Nachsehen, ob die Station noch etwas zu liefern hat (dort `bodydock status`). Wenn nicht, `bodydock verify` über den Zentralspeicher laufen lassen und das Ergebnis aufheben.',
  },
  'custody.fork': {
    text: 'Das Verwahrprotokoll dieser Station geht auf zwei Arten weiter: Die Station wurde kopiert oder aus einem Abbild wiederhergestellt. Beide werden aufgehoben.',
    remedy:
      'Das zweite Gerät finden und ausschalten. `bodydock verify` über den Zentralspeicher sagt, was jedes von beiden protokolliert hat.',
  },
  'custody.broken': {
    text: 'Das Verwahrprotokoll, das diese Station sendet, passt nicht zu dem, was der Zentralspeicher davon hat.',
    remedy:
      'Auf der Station `bodydock doctor` ansehen. `bodydock verify` über den Zentralspeicher laufen lassen und das Ergebnis aufheben.',
  },
  'custody.write-failed': {
    text: 'Das Verwahrprotokoll dieser Station kann nicht auf den Datenträger des Zentralspeichers geschrieben werden.',
    remedy: 'Den Datenträger und das Journal von bodydock-receiver ansehen; dort steht der Fehler.',
  },
  'custody.too-much': {
    text: 'Diese Station sendet mehr Verwahrprotokoll, als eine Station erzeugt; der Rest wartet.',
    remedy:
      'Die Station ansehen: eine Kamera, die endlos ein- und ausgesteckt wird, oder jemand, der ihr Konto benutzt.',
  },
  'log.shorter': {
    text: 'Dem Verwahrprotokoll des Zentralspeichers fehlen Zeilen, die es schon hatte: Es wird keine Quittung gegeben und nichts gelöscht.',
    remedy:
      'Wurde der Zentralspeicher aus einer Sicherung wiederhergestellt, `bodydock-receiver restored` eingeben. Sonst dieses Gerät sichern, wie es ist, und `bodydock verify` laufen lassen.',
  },
  'log.witness-forked': {
    text: 'Ein Zeuge hat ein anderes Verwahrprotokoll gesehen, als dieser Zentralspeicher hat: Es wurden Zeilen weggenommen, oder es wurde kopiert.',
    remedy:
      'Wurde der Zentralspeicher aus einer Sicherung wiederhergestellt, `bodydock-receiver restored` eingeben. Sonst dieses Gerät sichern, wie es ist, und `bodydock verify` laufen lassen.',
  },
  'log.witness-silent': {
    text: 'Ein Zeuge hat das Verwahrprotokoll des Zentralspeichers seit einiger Zeit nicht gegengezeichnet.',
    remedy:
      'Dafür sorgen, dass dieses Gerät die Adresse des Zeugen erreicht und der Zeuge dessen Schlüssel kennt; beides nennt das Journal.',
  },
  'log.not-stamped': {
    text: 'Der Zeitstempeldienst hat das Verwahrprotokoll des Zentralspeichers seit einiger Zeit nicht gestempelt.',
    remedy: 'Dafür sorgen, dass dieses Gerät `timestamps.url` erreicht, oder einen anderen Dienst eintragen.',
  },
  'retention.clock': {
    text: 'Niemand außerhalb dieses Geräts bestätigt seine Uhr, oder jemand nennt eine andere Zeit: Fälliges wird nicht gelöscht.',
    remedy:
      'Eine Station auf einem anderen Gerät, einen Zeugen oder einen Zeitstempeldienst erreichbar machen und die Uhr dieses Geräts mit einer anderen vergleichen.',
  },
  'retention.many': {
    text: 'Mehr als ein Fünftel des Zentralspeichers ist auf einmal fällig; es wartet einen Tag.',
    remedy:
      'Nachsehen, warum so viele fällig sind: `bodydock-receiver expire --preview`. Eine Löschsperre hält, was bleiben muss.',
  },
  'retention.failed': {
    text: 'Fälliges konnte nicht oder nicht vollständig gelöscht werden.',
    remedy: 'Den Datenträger und das Journal von bodydock-receiver ansehen; dort steht der Fehler.',
  },
  'retention.blocked': {
    text: 'Aufzeichnungen sind fällig und bleiben, weil eine Anordnung ihrer Station nicht lesbar ist.',
    remedy:
      '`bodydock-receiver orders` nennt die Anordnung. Sie neu ablegen oder von beiden Rollen neu erstellen lassen.',
  },
  'retention.late': {
    text: 'Aufzeichnungen kamen so spät, dass von ihrer Frist kaum etwas übrig ist.',
    remedy:
      'Mit `bodydock-receiver expire --preview` nachsehen, welche, und heute entscheiden: Eine Löschsperre hält, was bleiben muss.',
  },
  'retention.evidence-due': {
    text: 'Aufzeichnungen, die ihre Kamera als Beweis kennzeichnet, sind innerhalb von drei Tagen fällig.',
    remedy: 'Entscheiden, ob sie bleiben müssen: `bodydock-receiver hold` hält sie.',
  },
  'retention.hold-lapsing': {
    text: 'Eine Löschsperre, die eine Rolle allein gesetzt hat, endet innerhalb von zwei Tagen.',
    remedy:
      'Muss die Aufzeichnung bleiben, auch die andere Rolle unterschreiben lassen: `bodydock-receiver orders`.',
  },
  'retention.held-long': {
    text: 'Für Aufzeichnungen gilt seit 90 Tagen oder länger eine Löschsperre ohne Ende.',
    remedy:
      'Mit `bodydock-receiver orders` nachsehen, ob sie noch bleiben müssen, und die Löschsperre sonst aufheben.',
  },
  'retention.odd': {
    text: 'Aufzeichnungen im Zentralspeicher lassen sich nicht beurteilen: Dokumente fehlen, sind beschädigt oder mit einem unbekannten Schlüssel signiert. Sie bleiben.',
    remedy:
      '`bodydock-receiver expire --preview` und `bodydock verify` über den Zentralspeicher laufen lassen: Sie nennen jede.',
  },
  'retention.no-policy': {
    text: 'Beide Rollen haben keine Richtlinie vereinbart: Eine Person allein entscheidet, wie lange Aufzeichnungen bleiben.',
    remedy: 'Beide Rollen eine vereinbaren lassen: `bodydock-receiver policy make` (Handbuch, Kapitel 10).',
  },
  'retention.past-policy': {
    text: 'Die Datei des Zentralspeichers hebt Aufzeichnungen länger auf, als die Richtlinie beider Rollen erlaubt.',
    remedy:
      '`retention.days` aus receiver.yaml nehmen oder beide Rollen eine Richtlinie mit mehr Tagen unterschreiben lassen.',
  },
  'disclosure.failed': {
    text: 'Herausgaben konnten nicht ins Verwahrprotokoll des Zentralspeichers eingetragen werden.',
    remedy: 'Den Datenträger und das Journal von bodydock-receiver ansehen; dort steht der Fehler.',
  },
  'disclosure.refused': {
    text: 'Die Notiz über eine Herausgabe ist nicht lesbar und steht nicht im Verwahrprotokoll des Zentralspeichers.',
    remedy:
      'Das Journal nennt sie, in `.disclosures` des Zentralspeichers: klären, wer etwas herausgegeben hat, und die Datei aufheben.',
  },
  'desk.unreachable': {
    text: 'Der Dienst für die Arbeitsplätze antwortet nicht: Die Dienststelle kann Aufzeichnungen weder suchen noch ansehen.',
    remedy:
      '`journalctl -u bodydock-desk` sagt, warum, `bodydock-receiver check`, was an seinen Dateien falsch ist. Wurde er nie eingeschaltet: `systemctl enable --now bodydock-desk`; braucht ihn niemand: `desk` aus receiver.yaml nehmen.',
  },
  'desk.certificate-expiring': {
    text: 'Ein Zertifikat des Dienstes für die Arbeitsplätze läuft bald ab oder ist abgelaufen.',
    remedy:
      'Es ausstellen wie beim ersten Mal (Handbuch, Kapitel 10), danach `systemctl restart bodydock-desk`. Ist es die Zertifizierungsstelle, braucht auch jeder Arbeitsplatz ein neues.',
  },
  'notify.failing': {
    text: 'Mails dieses Zentralspeichers gehen nicht hinaus oder nicht an jede Adresse: Niemand bekommt seine Meldungen.',
    remedy:
      '`bodydock-receiver notify` schickt eine und sagt, was nicht stimmt: Server, Zertifikat, Anmeldung oder eine Adresse unter `notify` in receiver.yaml.',
  },
  'broker.unreachable': {
    text: 'Der Broker ist nicht erreichbar; Aufzeichnungen warten auf den Stationen.',
    remedy: 'Netz, Namensauflösung und den Broker selbst prüfen.',
  },
  'broker.tls': {
    text: 'Die gesicherte Verbindung zum Broker kommt nicht zustande: Ein Zertifikat wird nicht angenommen.',
    remedy: 'Zertifikate und Uhren beider Seiten ansehen.',
  },
  'broker.refused': {
    text: 'Der Broker weist die Verbindung dieses Zentralspeichers ab.',
    remedy:
      'Prüfen, was der Broker diesem Zentralspeicher erlaubt: Zertifikat oder Passwort, Rechte und Grenzen.',
  },
  'broker.client-id-in-use': {
    text: 'Ein anderes Programm meldet sich beim Broker unter dem Namen dieses Zentralspeichers an.',
    remedy: 'Das zweite Gerät mit der Konfiguration dieses Zentralspeichers finden und ausschalten.',
  },
  'broker.publish-refused': {
    text: 'Der Broker weist Nachrichten dieses Zentralspeichers zurück.',
    remedy:
      'Die Rechte (ACL) dieses Zentralspeichers beim Broker prüfen: Er schreibt unter `+/down/` und unter `store/` mit seiner Kennung.',
  },
  'broker.message-size': {
    text: 'Der Broker nimmt nur Nachrichten an, die zu klein sind, um Aufzeichnungen zu übertragen.',
    remedy: 'Die größte Nachricht (Paket) erhöhen, die der Broker annimmt.',
  },
  'broker.certificate-expiring': {
    text: 'Ein Zertifikat für die Verbindung zum Broker läuft bald ab oder ist abgelaufen.',
    remedy: 'Ein neues Zertifikat an die Stelle des alten legen; es gilt ohne Neustart.',
  },
};
