// What a person can do about a remark, in German; see remedies.ts.
import type { RemedyWords } from './remedies.ts';

export const REMEDIES_DE: RemedyWords = {
  backup:
    'In einer Sicherung des Tresors danach suchen, und im Zwischenspeicher der Station, bevor sie ihre Kopie entfernt.',
  roleKeys:
    'officer*.pub und supervisor*.pub derer, die unterschreiben dürfen, in den Ordner der Schlüssel legen und erneut prüfen.',
  receiver: 'Das Programm des Zentralspeichers starten, das von selbst aufholt, und erneut prüfen.',
  station: 'Die Station mit ihrem Broker verbinden lassen; was dort wartet, wird von selbst übertragen.',
  putBack:
    'Herausfinden, wer eine Kopie behalten und zurückgelegt hat; der Zentralspeicher entfernt sie wieder.',
  otherRole: 'Die andere Rolle auch unterschreiben lassen, oder sie verfallen lassen.',
  introduced:
    'Seinen öffentlichen Schlüssel von Hand besorgen, in den Ordner der Schlüssel legen und erneut prüfen.',
  keyLost:
    'Den neuen öffentlichen Schlüssel von Hand besorgen, seine Nummer mit dem Etikett der Station vergleichen und ihn neben dem alten in den Ordner der Schlüssel legen.',
  keyChange: 'Das Dokument von der Station besorgen, oder ihren neuen öffentlichen Schlüssel von Hand.',
  endByHand:
    'Das Ende des Protokolls, und wovon es spricht, von Hand aus dem Zwischenspeicher der Station übernehmen.',
  recordByHand: 'Das Andockprotokoll von Hand aus dem Zwischenspeicher der Station übernehmen.',
  whoHadKey:
    'Fragen, wer den Schlüssel seither hatte, und mit dem eigenen Protokoll der Station in ihrem Zwischenspeicher vergleichen.',
  olderImage:
    'Fragen, ob ein älterer Stand der Station zurückgespielt wurde; wenn ja, an der Station bestätigen.',
  kitFindings: 'Lesen, was in der Datei steht, und danach fragen, wer den Tresor führt.',
  quarantine: 'Die Notizen in .quarantine lesen und es leeren, sobald sie verstanden sind.',
  identity: 'Mit --identity die Identität eines der Öffnungsberechtigten angeben.',
  medium:
    'Nach dem Datenträger sehen und danach, wer dort lesen darf; kopieren, was sich lesen lässt, und die Kopie prüfen.',
  unknownKey:
    'Die Schlüsselnummer mit den Etiketten von Station und Zentralspeicher vergleichen. Gehört der Schlüssel ihnen, ihn neben dem alten in den Ordner der Schlüssel legen, ebenso benannt (`station-ID.KEYID.pub` neben `station-ID.pub`, `station.KEYID.pub` neben `station.pub`), und erneut prüfen.',
  version: 'Mit dem Programm prüfen, das es geschrieben hat, oder mit einem neueren.',
  revokedKey:
    'Nicht darauf vertrauen. Hat die Station es noch, es von dort von Hand übernehmen, mit einer Notiz, wie es kam.',
  unexpected: 'Es wegnehmen, fragen, wer es hingelegt hat, und erneut prüfen.',
  altered:
    'Alles lassen, wie es ist, und eine Kopie machen. Sie mit einer Sicherung des Tresors und mit dem Zwischenspeicher der Station vergleichen und herausfinden, wer hier seit der letzten guten Prüfung schreiben konnte.',
};
