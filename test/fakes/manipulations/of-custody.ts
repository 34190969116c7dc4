// Manipulations of a station's custody log: by somebody without a key, and by the station that writes its own past again.
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changeText, STRANGER, type ManipulatedVault, type Manipulation } from './manipulated-vault.ts';
import { chainOf, linesOf, type LooseLine } from './rewritten-log.ts';

/** Changes the lines of the first segment of dock-1, without a key. */
function edited(edit: (lines: string[]) => string[]): Manipulation['act'] {
  return (vault) =>
    changeText(
      vault.segment(vault.evidence.dock1, 0),
      (text) => `${edit(text.trimEnd().split('\n')).join('\n')}\n`,
    );
}

/** Changes the last line of the newest segment of dock-1, without a key. */
function lastCheckpoint(edit: (line: string) => string): Manipulation['act'] {
  return (vault) =>
    changeText(vault.segment(vault.evidence.dock1, -1), (text) => {
      const lines = text.trimEnd().split('\n');
      return `${[...lines.slice(0, -1), edit(lines.at(-1) ?? '')].join('\n')}\n`;
    });
}

/** Writes the log of dock-1 again with its keys, changing one segment. */
function rewritten(
  edit: (entries: readonly LooseLine[]) => readonly LooseLine[],
  segment = 0,
): Manipulation['act'] {
  return (vault) =>
    vault.rewrite(vault.evidence.dock1, (entries, number) => (number === segment ? edit(entries) : entries));
}

const isLast = (entries: readonly LooseLine[], event: string): ((entry: LooseLine) => boolean) => {
  const last = entries.findLast((entry) => entry.event === event);
  return (entry) => entry === last;
};

/** A new segment that somebody with the station's key puts beside the log. */
async function planted(vault: ManipulatedVault, facts: Readonly<Record<string, unknown>>): Promise<void> {
  const { dock1 } = vault.evidence;
  const segment = 'abcdefghijklmnopqrstuvwxya';
  const entries = linesOf(await readFile(vault.segment(dock1, -1), 'utf8')).filter(
    ({ event }) => event !== 'key-changed',
  );
  const opening = { ...entries[0], facts: { ...entries[0]?.facts, segment, ...facts } } as LooseLine;
  const checkpoint = entries.find(({ event }) => event === 'checkpoint');
  const all = checkpoint === undefined ? [opening] : [opening, checkpoint];
  const key = dock1.stationKeys[0] ?? dock1.stationKey;
  const { text } = chainOf(all, { segment, holder: dock1.station, key });
  await writeFile(join(vault.at(dock1.custody), `${segment}.jsonl`), text);
}

/** What the second segment of dock-1 follows. */
async function followed(vault: ManipulatedVault): Promise<Readonly<Record<string, unknown>>> {
  const [opening] = linesOf(await readFile(vault.segment(vault.evidence.dock1, 1), 'utf8'));
  const { last_segment, last_sequence, last_sha256 } = opening?.facts ?? {};
  return { last_segment, last_sequence, last_sha256 };
}

export const OF_CUSTODY: readonly Manipulation[] = [
  {
    name: 'an entry dropped from the middle of the log',
    act: edited((lines) => lines.toSpliced(9, 1)),
    reason: 'custody.chain',
  },
  {
    name: 'an entry twice',
    act: edited((lines) => lines.toSpliced(9, 0, lines[9] ?? '')),
    reason: 'custody.sequence',
  },
  {
    name: 'two entries exchanged',
    act: edited((lines) => lines.toSpliced(9, 2, lines[10] ?? '', lines[9] ?? '')),
    reason: 'custody.chain',
  },
  {
    name: 'an altered entry',
    act: edited((lines) => lines.map((line) => line.replace('"camera":"cam-1"', '"camera":"cam-2"'))),
    reason: 'custody.chain',
  },
  {
    name: 'another time of the last checkpoint, behind which nothing stands',
    act: lastCheckpoint((line) =>
      line.replace(/"monotonic_ms":\d+,"previous"/, '"monotonic_ms":1,"previous"'),
    ),
    reason: 'custody.checkpoint-head',
  },
  {
    name: 'another first line of the signature in the last checkpoint',
    act: lastCheckpoint((line) => line.replace('comment: signature from', 'comment: signed by')),
    reason: 'custody.checkpoint-malformed',
  },
  {
    name: 'the first entry of the log dropped',
    act: edited((lines) => lines.slice(1)),
    reason: 'custody.not-opened',
  },
  {
    name: 'an entry that is not canonical',
    act: edited((lines) => lines.with(9, (lines[9] ?? '').replace('{"at":', '{ "at":'))),
    reason: 'custody.not-canonical',
  },
  {
    name: 'a log cut inside a line of a segment that has ended',
    act: (vault) => changeText(vault.segment(vault.evidence.dock1, 0), (text) => text.slice(0, -30)),
    reason: 'custody.torn',
  },
  {
    name: 'bytes behind the last entry of a segment that has ended',
    act: (vault) => changeText(vault.segment(vault.evidence.dock1, 0), (text) => `${text}{"at":`),
    reason: 'custody.torn',
  },
  {
    name: 'a log cut behind the newest head of a receipt',
    act: (vault) =>
      changeText(
        vault.segment(vault.evidence.dock1, -1),
        (text) => `${text.split('\n').slice(0, 6).join('\n')}\n`,
      ),
    reason: 'receipt.head-cut',
  },
  {
    name: 'an ended segment cut at its last checkpoint but one',
    act: (vault) =>
      changeText(vault.segment(vault.evidence.dock1, 0), (text) => {
        const lines = text.trimEnd().split('\n');
        const ends = lines.flatMap((line, at) => (line.includes('"event":"checkpoint"') ? [at + 1] : []));
        return `${lines.slice(0, ends.at(-2)).join('\n')}\n`;
      }),
    reason: 'custody.link',
  },
  {
    name: 'a segment removed from between two',
    act: (vault) => rm(vault.segment(vault.evidence.dock1, 1)),
    reason: 'custody.gap',
  },
  {
    name: 'the oldest segment removed, which receipts name',
    act: (vault) => rm(vault.segment(vault.evidence.dock1, 0)),
    reason: 'receipt.head-segment',
  },
  {
    name: 'the whole log of a station removed',
    act: (vault) => rm(vault.at(vault.evidence.dock1.custody), { recursive: true }),
    reason: 'receipt.head-segment',
  },
  {
    name: 'an entry dropped and the rest chained anew, without the station’s key',
    act: async (vault) => {
      const path = vault.segment(vault.evidence.dock1, 0);
      const entries = linesOf(await readFile(path, 'utf8'));
      const { dock1 } = vault.evidence;
      const segment = dock1.segments[0] ?? '';
      const kept = entries.filter(({ event }) => event !== 'checkpoint').toSpliced(9, 1);
      const stale = entries.findLast(({ event }) => event === 'checkpoint');
      const { text } = chainOf(kept, { segment, holder: dock1.station, key: STRANGER });
      const last = { ...stale, sequence: kept.length + 1, previous: '' };
      await writeFile(path, text + chainedBehind(text, last));
    },
    reason: 'custody.checkpoint-head',
  },
  {
    name: 'a log that a stranger chained and signed anew',
    act: async (vault) => {
      const path = vault.segment(vault.evidence.dock1, 0);
      const { dock1 } = vault.evidence;
      const of = { segment: dock1.segments[0] ?? '', holder: dock1.station, key: STRANGER };
      await writeFile(path, chainOf(linesOf(await readFile(path, 'utf8')).toSpliced(9, 1), of).text);
    },
    reason: 'custody.checkpoint-unknown-key',
  },
  {
    name: 'a station that writes its log anew after its receipts, without one entry',
    act: rewritten((entries) => entries.toSpliced(9, 1)),
    reason: 'receipt.head-other',
  },
  {
    name: 'a station that leaves a recording out of its log',
    act: (vault) =>
      vault.rewrite(vault.evidence.dock1, (entries) =>
        entries.filter(({ facts }) => facts['recording'] !== vault.evidence.last.id),
      ),
    reason: 'custody.unlogged',
  },
  {
    name: 'a station that enters another digest of an original',
    act: rewritten((entries) =>
      entries.map((entry) =>
        entry.event === 'pulled' ? { ...entry, facts: { ...entry.facts, sha256: '0'.repeat(64) } } : entry,
      ),
    ),
    reason: 'custody.other-original',
  },
  {
    name: 'a station that enters other digests of what it sealed',
    act: rewritten((entries) =>
      entries.map((entry) =>
        entry.event === 'sealed' ? { ...entry, facts: { ...entry.facts, sealed_size_bytes: 1 } } : entry,
      ),
    ),
    reason: 'custody.other-sealed',
  },
  {
    name: 'a station that erased before the receipt came',
    act: rewritten((entries) => {
      const moved = entries.filter(({ event }) => event === 'erasing');
      const rest = entries.filter(({ event }) => event !== 'erasing');
      return rest.toSpliced(rest.findIndex(({ event }) => event === 'spooled') + 1, 0, ...moved);
    }),
    reason: 'custody.erased-unreceipted',
  },
  {
    name: 'a station that never closes its groups',
    act: rewritten((entries) => {
      const open = entries.filter(({ event }) => event !== 'checkpoint');
      const more = Array.from({ length: 70 }, () => open.find(({ event }) => event === 'clock-state'));
      const checkpoint = entries.find(({ event }) => event === 'checkpoint');
      return [...open, ...more, checkpoint].filter((entry) => entry !== undefined);
    }),
    reason: 'custody.group',
  },
  {
    name: 'a path in the facts of an entry',
    act: rewritten((entries) =>
      entries.map((entry) =>
        entry.event === 'pulled' ? { ...entry, facts: { ...entry.facts, path: 'DCIM/A.MP4' } } : entry,
      ),
    ),
    reason: 'custody.facts',
  },
  {
    name: 'a list in the facts of an entry',
    act: rewritten((entries) =>
      entries.map((entry) =>
        isLast(entries, 'undocked')(entry) ? { ...entry, facts: { list: [] } } : entry,
      ),
    ),
    reason: 'custody.shape',
  },
  {
    name: 'a log that goes on from an older state of the station: a fork',
    act: async (vault) => planted(vault, await followed(vault)),
    reason: 'custody.fork',
  },
  {
    name: 'a second beginning of a log',
    act: (vault) => planted(vault, { last_segment: null, last_sequence: null, last_sha256: null }),
    reason: 'custody.two-starts',
  },
  {
    name: 'a segment that names an entry which the one before does not have',
    act: async (vault) => planted(vault, { ...(await followed(vault)), last_sha256: '0'.repeat(64) }),
    reason: 'custody.link',
  },
  {
    name: 'a segment of another station',
    act: async (vault) => {
      const { dock1, dock2 } = vault.evidence;
      const path = vault.segment(dock2, 0);
      await copyFile(path, join(vault.at(dock1.custody), path.slice(path.lastIndexOf('/') + 1)));
    },
    reason: 'custody.other-station',
  },
  {
    name: 'a segment under the name of another one',
    act: (vault) =>
      copyFile(
        vault.segment(vault.evidence.dock1, 0),
        join(vault.at(vault.evidence.dock1.custody), 'abcdefghijklmnopqrstuvwxya.jsonl'),
      ),
    reason: 'custody.other-segment',
  },
  {
    name: 'a signature over a segment by a stranger',
    act: (vault) => signSegment(vault, STRANGER),
    reason: 'custody.signature-unknown-key',
  },
  {
    name: 'a signature over a segment that was altered since',
    act: async (vault) => {
      const { dock1 } = vault.evidence;
      await signSegment(vault, dock1.stationKeys[0] ?? dock1.stationKey);
      await edited((lines) => lines.slice(0, -1))(vault);
    },
    reason: 'custody.signature-wrong',
  },
];

async function signSegment(vault: ManipulatedVault, key: typeof STRANGER): Promise<void> {
  const path = vault.segment(vault.evidence.dock1, 0);
  await vault.sign(path, await readFile(path), key, 'custody-segment');
}

/** A line behind a text whose `previous` fits; everything else of it stays as it is. */
function chainedBehind(text: string, entry: Readonly<Record<string, unknown>>): string {
  const signed = chainOf([...linesOf(text), { ...entry, event: 'undocked' } as LooseLine], {
    segment: '',
    holder: '',
    key: STRANGER,
  }).text;
  return `${signed.trimEnd().split('\n').at(-1)?.replace('"event":"undocked"', '"event":"checkpoint"')}\n`;
}
