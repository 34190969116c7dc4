// What `bodydock open`, `bodydock export` and `bodydock spool export` say around what they found, in English and German. Values go into "{}" in
// order (page/language.ts).
import type { Disclosure } from '../../protocol/documents/order.ts';
import type { DisclosurePlace } from '../evidence/kit/disclosure.ts';
import { fill, type Language } from '../evidence/page/language.ts';

export interface OpeningWords {
  readonly noVault: string;
  readonly readOnly: string;
  /** {}: ids, reason. */
  readonly disclosed: string;
  readonly notRestored: string;
  /** {}: file, bytes, digest. */
  readonly restored: string;
  /** {}: recording, camera, station, when, `allFits` or `someFits`. */
  readonly sealed: string;
  readonly allFits: string;
  readonly someFits: string;
  readonly otherName: string;
  readonly notExported: string;
  /** {}: folder, recordings, accompanying files, docking records, parts of logs. */
  readonly kit: string;
  readonly kitGood: string;
  /** {}: number of findings. */
  readonly kitBad: string;
  /** {}: recordings, page. */
  readonly originals: string;
  /** In front of a copy. Of one width. */
  readonly good: string;
  readonly bad: string;
  readonly bytes: string;
}

export const OPENING_WORDS: Readonly<Record<Language, OpeningWords>> = {
  en: {
    noVault: 'no disclosure is needed: the recording lies in no vault',
    readOnly: 'no disclosure was left: the vault is read-only',
    disclosed: 'disclosure {} with reason {} lies in the vault; the store enters it into its log',
    notRestored: 'NOT RESTORED: see the findings above',
    restored: '{}: {} bytes, SHA-256 {}',
    sealed: 'recording {} of camera {}, sealed by station {} at {}; {}',
    allFits: 'all signatures and digests fit',
    someFits: 'manifest and content fit; for the rest see the findings above',
    otherName: 'its name on the camera could not be used; --json tells it',
    notExported:
      'NOT EXPORTED: see the findings above; --with-findings exports it all the same, and writes them into the kit',
    kit: '{}: {} recordings, {} accompanying files, {} docking records, {} parts of logs',
    kitGood: 'everything in it holds; begin with INDEX.html',
    kitBad: '{} findings, which stand in FINDINGS.txt and on INDEX.html',
    originals: 'recordings to play: {}, with {}',
    good: 'good',
    bad: 'BAD ',
    bytes: '{} bytes',
  },
  de: {
    noVault: 'Nicht vermerkt: Die Aufzeichnung liegt in keinem Tresor.',
    readOnly: 'Nicht vermerkt: Der Tresor ist nur lesbar.',
    disclosed: 'Vermerkt (Nr. {}, Grund {}): Es erscheint im Verwahrprotokoll des Zentralspeichers.',
    notRestored: 'NICHT WIEDERHERGESTELLT: siehe die Befunde oben',
    restored: '{}: {} Bytes, SHA-256 {}',
    sealed: 'Aufzeichnung {} der Kamera {}, versiegelt von Station {} am {}; {}',
    allFits: 'alle Signaturen und Prüfsummen stimmen',
    someFits: 'Manifest und Inhalt stimmen; zum Übrigen siehe die Befunde oben',
    otherName: 'Ihr Name auf der Kamera war nicht zu verwenden; --json nennt ihn.',
    notExported:
      'NICHT AUSGEGEBEN: siehe die Befunde oben; --with-findings gibt sie trotzdem aus und schreibt die Befunde in die Ausgabe',
    kit: '{}: Aufzeichnungen: {}, Begleitdateien: {}, Andockprotokolle: {}, Teile der Verwahrprotokolle von Station und Zentralspeicher: {}',
    kitGood: 'Alles darin stimmt; mit INDEX.html beginnen.',
    kitBad: 'Befunde: {}; sie stehen in FINDINGS.txt und auf INDEX.html.',
    originals: 'Aufzeichnungen zum Abspielen: {}, mit {}',
    good: 'gut      ',
    bad: 'NICHT GUT',
    bytes: '{} Bytes',
  },
};

/** What became of a disclosure (SPEC 4.11), for whoever called the command. */
export function disclosureText(
  place: DisclosurePlace,
  left: readonly Disclosure[],
  { noVault, readOnly, disclosed }: OpeningWords,
): string {
  if (place.kind === 'none') return place.why === 'no-vault' ? noVault : readOnly;
  const ids = left.map(({ disclosure }) => disclosure).join(', ');
  return fill(disclosed, ids, place.reason);
}
