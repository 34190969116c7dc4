// The sheet that hangs on a wall: what each witness's line says, in digits that eyes can compare, the line itself, and how to check it. Pure.
import { documentsOf, type Witness, witnessLine } from '../../../protocol/custody/witness.ts';
import { type Block, blocksHtml, heading, paragraph, subheading, table } from '../page/blocks.ts';
import { fill, type Language, number, shownAt } from '../page/language.ts';
import { grouped } from './held-witnesses.ts';

interface SheetWords {
  readonly title: string;
  readonly intro: string;
  readonly day: string;
  readonly rows: {
    readonly documents: string;
    readonly root: string;
    readonly previous: string;
    readonly first: string;
    readonly made: string;
    readonly vault: string;
  };
  readonly line: string;
  readonly check: string;
  readonly hang: string;
}

const EN: SheetWords = {
  title: 'Witness of the store of body-camera recordings',
  intro:
    'The line below stands for every document that came into the store on that day: which recordings there are, what became of each docking, what was deleted. It says nothing about what is in a recording, and holds no name. Whoever has this sheet can prove later that nothing was taken away, added or exchanged since.',
  day: 'Day {} (UTC), store {}',
  rows: {
    documents: 'Documents',
    root: 'Root over all of them (SHA-256)',
    previous: 'Witness before it (SHA-256)',
    first: 'none: this is the first one',
    made: 'Made (UTC)',
    vault: 'Vault',
  },
  line: 'The line',
  check: 'To check it, type the line, or scan the sheet into a text file, and say:',
  hang: 'Hang this sheet up, or hand it to somebody outside of the house, on the day on which it is printed. Printed on ______________   Signature ______________________',
};

const DE: SheetWords = {
  title: 'Zeugnis des Zentralspeichers für Bodycam-Aufzeichnungen',
  intro:
    'Die Zeile unten steht für jedes Dokument, das an diesem Tag in den Zentralspeicher kam: welche Aufzeichnungen es gibt, was aus jedem Andockvorgang wurde, was gelöscht wurde. Sie sagt nichts über den Inhalt einer Aufzeichnung und nennt keinen Namen. Wer dieses Blatt hat, kann später beweisen, dass seither nichts entfernt, hinzugefügt oder ausgetauscht wurde.',
  day: 'Tag {} (UTC), Zentralspeicher {}',
  rows: {
    documents: 'Dokumente',
    root: 'Wurzel über alle (SHA-256)',
    previous: 'Zeugnis davor (SHA-256)',
    first: 'keines: dies ist das erste',
    made: 'Erstellt (UTC)',
    vault: 'Tresor',
  },
  line: 'Die Zeile',
  check: 'Zum Prüfen die Zeile abtippen oder das Blatt in eine Textdatei einlesen, dann:',
  hang: 'Dieses Blatt am Tag des Ausdrucks aushängen oder jemandem außer Haus übergeben. Ausgedruckt am ______________   Unterschrift ______________________',
};

/** One page for some witnesses, in the order in which they come. */
export function witnessSheet(witnesses: readonly Witness[], language: Language): string {
  const words = language === 'de' ? DE : EN;
  const blocks: Block[] = [
    paragraph(words.intro),
    ...witnesses.flatMap((witness) => witnessBlocks(witness, words, language)),
    paragraph(words.check),
    {
      kind: 'command',
      name: 'check',
      command: 'bodydock witness --vault VAULT --check FILE',
      expected: [],
      words: '',
    },
    paragraph(words.hang),
  ];
  return blocksHtml(language, words.title, blocks);
}

function witnessBlocks(witness: Witness, words: SheetWords, language: Language): Block[] {
  const { day, receiver, root, previous_sha256: previous, made_at: madeAt, vault } = witness;
  const { rows } = words;
  const facts = [
    [rows.documents, number(documentsOf(witness), language)],
    [rows.root, grouped(root)],
    [rows.previous, previous === null ? rows.first : grouped(previous)],
    [rows.made, shownAt(madeAt)],
    [rows.vault, vault],
  ];
  return [
    heading(fill(words.day, day, receiver)),
    table(['', ''], facts),
    subheading(words.line),
    { kind: 'command', name: 'line', command: witnessLine(witness), expected: [], words: '' },
  ];
}
