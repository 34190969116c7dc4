// Words that GLOSSARY.md retires, and how many places still have them. A number may only be lowered: whoever removes a word writes down
// what is left, and nobody raises one. Counted are whole words; of an identifier each part between capitals is a word.

export interface RetiredWord {
  /** As a regular expression, whole words, without regard to case. */
  readonly word: string;
  readonly instead: string;
  /** Places that are left: in code that runs, in tests, and in pages. */
  readonly product: number;
  readonly tests: number;
  readonly pages: number;
}

/** Names that lie in formats, messages and codes for good: they are no use of a retired word. */
export const FIXED_NAMES: readonly string[] = [
  'asked-again',
  'camera.set-aside',
  'odd-name',
  'receipt.asked-again',
  'retention.odd',
  'store.put-back',
];

export const RETIRED_ENGLISH: readonly RetiredWord[] = [
  { word: 'behind', instead: 'after', product: 442, tests: 602, pages: 34 },
  { word: 'anew', instead: 'again', product: 140, tests: 103, pages: 6 },
  { word: 'stands?', instead: 'is', product: 292, tests: 224, pages: 17 },
  { word: 'whoever|whomever', instead: 'a person who', product: 89, tests: 64, pages: 2 },
  { word: 'lest', instead: 'so that', product: 1, tests: 0, pages: 0 },
  { word: 'mends?|mended|mending', instead: 'fix', product: 9, tests: 2, pages: 1 },
  { word: 'tells?|told', instead: 'report', product: 996, tests: 1615, pages: 43 },
  { word: 'all the same', instead: 'still', product: 39, tests: 48, pages: 0 },
  { word: 'lets? go|letting go', instead: 'drop', product: 95, tests: 78, pages: 3 },
  { word: 'set aside|sets aside|put aside', instead: 'quarantine', product: 160, tests: 118, pages: 10 },
  { word: 'odd', instead: 'invalid', product: 212, tests: 163, pages: 3 },
  { word: 'in front of', instead: 'before', product: 29, tests: 34, pages: 1 },
  { word: 'puts? back|put-back', instead: 'restored store', product: 38, tests: 119, pages: 1 },
  { word: 'stood back|stands? back|standing back', instead: 'back-off', product: 37, tests: 19, pages: 2 },
  { word: 'undo', instead: 'defer', product: 7, tests: 14, pages: 0 },
  { word: 'second looks?', instead: 'verify again', product: 0, tests: 4, pages: 2 },
  { word: 'steady wall', instead: 'trusted wall clock', product: 0, tests: 0, pages: 0 },
  { word: 'tally|tallies', instead: 'counters', product: 83, tests: 141, pages: 0 },
  { word: 'owed', instead: 'pending log entries', product: 118, tests: 48, pages: 0 },
  { word: 'askings?', instead: 'redelivery request', product: 14, tests: 9, pages: 1 },
  { word: 'news', instead: 'wake signal', product: 83, tests: 25, pages: 1 },
  { word: 'slowly', instead: 'yield', product: 44, tests: 14, pages: 3 },
  { word: 'beats?', instead: 'heartbeat', product: 2, tests: 21, pages: 0 },
  { word: 'greeting', instead: 'hello', product: 15, tests: 1, pages: 0 },
  { word: 'remarks?', instead: 'finding', product: 1151, tests: 181, pages: 1 },
  { word: 'in doubt', instead: 'invalid', product: 3, tests: 5, pages: 4 },
  { word: 'holdings', instead: 'acknowledgement', product: 59, tests: 12, pages: 0 },
];

/** Looked for in German texts alone. */
export const RETIRED_GERMAN: readonly RetiredWord[] = [
  { word: 'Niederschrift(?:en)?', instead: 'Andockprotokoll', product: 0, tests: 0, pages: 0 },
  { word: 'Aufenthalts?|Aufenthalte', instead: 'Andockvorgang', product: 0, tests: 0, pages: 0 },
  {
    word: 'Protokolle?s? (?:des|eines|dieses|ihres) Andockens',
    instead: 'Andockprotokoll',
    product: 0,
    tests: 0,
    pages: 0,
  },
  { word: 'Körperkameras?', instead: 'Bodycam', product: 0, tests: 0, pages: 0 },
  { word: 'Maschinen?', instead: 'Gerät', product: 0, tests: 0, pages: 1 },
  { word: 'Rechners?', instead: 'Gerät', product: 0, tests: 0, pages: 2 },
  { word: 'Platten?', instead: 'Datenträger', product: 0, tests: 0, pages: 0 },
  { word: 'Spools?', instead: 'Zwischenspeicher', product: 26, tests: 0, pages: 5 },
  {
    word: 'beiseitegelegte?n?|Beiseitegelegte|beiseite',
    instead: 'Quarantäne',
    product: 0,
    tests: 0,
    pages: 0,
  },
  { word: 'widerrufen\\w*|Widerrufe?|Widerrufs', instead: 'sperren', product: 0, tests: 0, pages: 0 },
  { word: 'Festhalten|festgehalten|festhält', instead: 'Löschsperre', product: 1, tests: 0, pages: 1 },
  {
    word: 'jemanden rufen|Technik rufen|Datenschutz rufen',
    instead: 'Hilfe holen',
    product: 0,
    tests: 0,
    pages: 0,
  },
  { word: 'Beauftragte', instead: 'Aufzeichnungsbeauftragte', product: 0, tests: 0, pages: 0 },
  { word: 'Aufsicht', instead: 'vorgesetzte Stelle', product: 0, tests: 0, pages: 0 },
  { word: 'Protokolle?s?', instead: 'Verwahrprotokoll', product: 2, tests: 0, pages: 0 },
  { word: 'Aufnahmen?', instead: 'Aufzeichnung', product: 0, tests: 0, pages: 0 },
  { word: '(?:Beweis)?mappen?', instead: 'Ausgabe', product: 0, tests: 0, pages: 0 },
  { word: 'Annahmedienste?s?', instead: 'Empfänger', product: 0, tests: 0, pages: 0 },
];
