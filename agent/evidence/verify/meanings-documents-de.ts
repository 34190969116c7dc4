// What is said of every kind of signed document, in German; see meanings-documents.ts.
import type { DocumentFault } from './meanings-documents.ts';

export const ALTERED_DE =
  'Es wurde nach dem Signieren verändert oder beschädigt, oder es wurde nie mit diesem Schlüssel signiert.';
export const OTHER_KEY_DE =
  'Jemand anders hat es signiert, oder der Schlüssel ist nicht unter den angegebenen: Schlüsselnummern mit den Etiketten von Station und Zentralspeicher vergleichen.';
export const OTHER_KIND_DE =
  'Die Signatur wurde für eine andere Art von Dokument gemacht und neben dieses gelegt.';
export const MEDIUM_DE =
  'Der Datenträger oder seine Zugriffsrechte lassen es nicht lesen; über den Inhalt ist nichts bekannt.';
const NOT_OURS_DE =
  'Keines unserer Programme schreibt solche Bytes: Die Datei wurde verändert, beschädigt oder von etwas anderem gemacht.';

export const FAULTS_DE: Readonly<Record<DocumentFault, string>> = {
  missing:
    'Ohne dieses Dokument lässt sich über das, wofür es steht, nichts sagen: Es ging verloren oder wurde weggenommen.',
  unreadable: MEDIUM_DE,
  oversize: NOT_OURS_DE,
  'not-canonical': NOT_OURS_DE,
  refused: NOT_OURS_DE,
  version: 'Ein neueres Programm hat es geschrieben: Mit diesem prüfen.',
  'signature-missing':
    'Jeder könnte das Dokument geschrieben haben: Seine Signatur ging verloren oder wurde weggenommen.',
  'signature-unreadable': MEDIUM_DE,
  'signature-malformed':
    'Die Signaturdatei wurde beschädigt oder ist von anderer Art; nichts bürgt für das Dokument.',
  'signature-unknown-key': OTHER_KEY_DE,
  'signature-wrong': ALTERED_DE,
  'signature-comment': OTHER_KIND_DE,
};
