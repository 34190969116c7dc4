// What somebody can do to a custody log: each is found, with the right reason and no other, in a vault and in a spool.
import { copyFile, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chainGroups } from '../../../../protocol/custody/custody-chain.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import {
  CHAIN_START,
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  encodeCustodyEntry,
  parseCustodyEntry,
  type CustodyEntry,
} from '../../../../protocol/custody/custody-entry.ts';
import { makeSegmentId, type SegmentId } from '../../../../protocol/format/ids.ts';
import {
  inlineSigner,
  makeSecretKey,
  signDocument,
  type SecretKey,
} from '../../../../protocol/documents/minisign.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import {
  BrokenVault,
  change,
  editLines,
  flip,
  goodVault,
  NEWEST,
  verdictOf,
  type Manipulation,
} from './broken-vault.ts';

const stranger = makeSecretKey({ bytes: (count) => randomBytes(count) });
let good: VaultBuilder;
beforeAll(async () => {
  good = await goodVault('small');
});
afterAll(() => rm(good.root, { recursive: true, force: true }));

const parse = (line: string): CustodyEntry => parseCustodyEntry(Buffer.from(line));
const encode = (entry: CustodyEntry): string => Buffer.from(encodeCustodyEntry(entry)).toString('utf8');

/** Chains entries of a segment again, checkpoints signed with the key: what a forger can make. */
async function forge(
  vault: BrokenVault,
  number: number,
  key: SecretKey,
  edit: (entries: CustodyEntry[]) => Omit<CustodyEntry, 'sequence' | 'previous'>[],
): Promise<void> {
  const path = vault.segment(number);
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const entries = lines.map(parse).filter(({ event }) => event !== 'checkpoint');
  const { station } = good;
  const stamp = (): Pick<CustodyEntry, 'at' | 'boot' | 'monotonic_ms'> => ({
    at: '2026-11-25T09:00:00.000Z',
    boot: null,
    monotonic_ms: 1,
  });
  const segment = good.segments[number] as SegmentId;
  const loose = edit(entries).map(({ at, boot, monotonic_ms, event, facts }) => ({
    at,
    boot,
    monotonic_ms,
    event,
    facts,
  }));
  const groups = await chainGroups(CHAIN_START, loose, {
    station,
    segment,
    signer: inlineSigner(key),
    stamp,
  });
  await writeFile(path, groups.bytes);
}

/** The first entry of that event. */
function indexOf(lines: readonly string[], event: string): number {
  const index = lines.findIndex((line) => line.includes(`"event":"${event}"`));
  if (index < 0) throw new Error(`no ${event}`);
  return index;
}

/** The checkpoint that the receipt of the first recording names. */
function headOf(lines: readonly string[]): number {
  return indexOf(lines, 'offered') - 1;
}

function editAt(lines: readonly string[], index: number, edit: (line: string) => string): string[] {
  return lines.with(index, edit(lines[index] ?? ''));
}

/** What follows when a segment is not the one that the store held, besides the reason itself. */
const OTHER_HEADS = ['receipt.custody-head-differs'] as const;

const lines: Manipulation[] = [
  {
    name: 'a line taken out of the middle',
    act: (vault) => editLines(vault.segment(0), (all) => all.toSpliced(indexOf(all, 'offered'), 1)),
    finds: ['custody.entry-missing'],
  },
  {
    name: 'three lines taken out of the middle',
    act: (vault) => editLines(vault.segment(0), (all) => all.toSpliced(indexOf(all, 'pulled'), 3)),
    finds: ['custody.checkpoint-head', 'custody.entry-missing', 'custody.not-named', 'recording.unlogged'],
  },
  {
    name: 'a line that stands twice',
    act: (vault) => editLines(vault.segment(0), (all) => all.toSpliced(5, 0, all[4] ?? '')),
    finds: ['custody.entry-doubled'],
  },
  {
    name: 'two lines exchanged',
    act: (vault) =>
      editLines(vault.segment(0), (all) => {
        const at = indexOf(all, 'sealed');
        return all.toSpliced(at, 2, all[at + 1] ?? '', all[at] ?? '');
      }),
    finds: ['custody.checkpoint-head', 'custody.entry-missing', 'custody.entry-order'],
  },
  {
    name: 'a line whose time was altered',
    act: (vault) =>
      editLines(vault.segment(0), (all) =>
        all.map((line, at) => (at === indexOf(all, 'offered') ? line.replace('T08:', 'T07:') : line)),
      ),
    finds: ['custody.entry-altered'],
  },
  {
    name: 'a line that is no JSON any more',
    act: (vault) => editLines(vault.segment(0), (all) => editAt(all, headOf(all), (line) => line.slice(1))),
    finds: ['custody.entry-refused', ...OTHER_HEADS],
  },
  {
    name: 'a line with a space more',
    act: (vault) => editLines(vault.segment(0), (all) => editAt(all, headOf(all), (line) => `${line} `)),
    finds: ['custody.entry-refused', ...OTHER_HEADS],
  },
  {
    name: 'a line of 20 KiB',
    act: (vault) => editLines(vault.segment(0), (all) => all.toSpliced(4, 0, 'x'.repeat(20_480))),
    finds: ['custody.entry-refused'],
  },
  {
    name: 'an empty line',
    act: (vault) => editLines(vault.segment(0), (all) => all.toSpliced(4, 0, '')),
    finds: ['custody.entry-refused'],
  },
  {
    name: 'a megabyte without a line end',
    act: (vault) =>
      change(vault.segment(0), (bytes) =>
        Buffer.concat([bytes, Buffer.alloc(1_000_000, 0x7b), Buffer.of(10)]),
      ),
    finds: ['custody.entry-refused'],
  },
  {
    name: 'the first line taken away',
    act: (vault) => editLines(vault.segment(0), (all) => all.slice(1)),
    finds: ['custody.entry-missing', 'custody.not-opened'],
  },
  {
    name: 'a checkpoint with an altered signature',
    act: (vault) =>
      editLines(vault.segment(1), (all) =>
        editAt(all, headOf(all), (line) =>
          line.replace('trusted comment: bodydock', 'trusted comment: bodyduck'),
        ),
      ),
    finds: ['custody.checkpoint-signature-wrong', 'custody.entry-altered', ...OTHER_HEADS],
  },
  {
    name: 'a checkpoint put in by hand, without a signature',
    act: (vault) =>
      editLines(vault.segment(1), (all) => {
        const last = parse(all.at(-1) ?? '');
        const previous = sha256Hex(Buffer.from(all.at(-1) ?? ''));
        return [...all, encode({ ...last, sequence: last.sequence + 1, previous, facts: {} })];
      }),
    finds: ['custody.checkpoint-refused'],
  },
  {
    name: 'a checkpoint of earlier entries put behind later ones',
    act: (vault) =>
      editLines(vault.segment(1), (all) => {
        const last = parse(all.at(-1) ?? '');
        const earlier = parse(all[indexOf(all, 'checkpoint')] ?? '');
        const previous = sha256Hex(Buffer.from(all.at(-1) ?? ''));
        return [...all, encode({ ...last, sequence: last.sequence + 1, previous, facts: earlier.facts })];
      }),
    finds: ['custody.checkpoint-head'],
  },
];

const segments: Manipulation[] = [
  {
    name: 'the end of the running segment cut off',
    act: (vault) => editLines(vault.segment(1), (all) => all.slice(0, indexOf(all, 'spooled'))),
    finds: ['receipt.custody-head-missing', 'docking.unlogged', 'recording.unlogged'],
  },
  {
    name: 'the end of an ended segment cut off',
    act: (vault) => editLines(vault.segment(0), (all) => all.slice(0, -2)),
    finds: ['custody.tail-missing'],
  },
  {
    name: 'an ended segment taken away',
    act: (vault) => rm(vault.segment(0)),
    finds: ['custody.segment-missing', 'receipt.custody-segment-missing'],
  },
  {
    name: 'the whole custody log taken away',
    act: (vault) => rm(vault.custody, { recursive: true }),
    finds: ['receipt.custody-segment-missing'],
  },
  {
    name: 'an entry altered, and all behind it chained anew with a strange key',
    act: (vault) =>
      forge(vault, 0, stranger, (entries) =>
        entries.map((entry) =>
          entry.event === 'docked' ? { ...entry, facts: { ...entry.facts, camera: 'cam-9' } } : entry,
        ),
      ),
    finds: [
      'receipt.custody-head-missing',
      'custody.checkpoint-signature-unknown-key',
      'custody.tail-missing',
      ...OTHER_HEADS,
      'docking.unlogged',
      'recording.unlogged',
    ],
  },
  {
    name: 'an entry taken out, and all behind it chained anew with a strange key that claims the station’s id',
    act: (vault) =>
      forge(vault, 0, { ...stranger, keyId: good.stationKey.keyId }, (entries) =>
        entries.filter(({ event }) => event !== 'docked'),
      ),
    finds: [
      'receipt.custody-head-missing',
      'custody.checkpoint-signature-wrong',
      'custody.tail-missing',
      'receipt.custody-head-differs',
      'docking.unlogged',
      'recording.unlogged',
    ],
  },
  {
    name: 'an entry altered, and all behind it chained anew with the signatures as they were',
    act: (vault) =>
      editLines(vault.segment(0), (all) => {
        let previous = '0'.repeat(64);
        return all.map((line, at) => {
          const entry = parse(line.replace('"cam-1"', '"cam-9"'));
          const chained = encode({ ...entry, sequence: at + 1, previous });
          previous = sha256Hex(Buffer.from(chained));
          return chained;
        });
      }),
    finds: [
      'custody.checkpoint-head',
      'custody.link-differs',
      ...OTHER_HEADS,
      'docking.unlogged',
      'recording.unlogged',
    ],
  },
  {
    name: 'entries of a stolen key: a receipt that was never given',
    act: (vault) =>
      forge(vault, 1, good.stationKey, (entries) =>
        entries.filter(({ event }) => event !== 'receipted' && event !== 'docked'),
      ),
    finds: ['receipt.custody-head-differs', 'receipt.custody-head-missing'],
  },
  {
    name: 'an erasure that no receipt allowed',
    act: async (vault) => {
      await forge(vault, 1, good.stationKey, (entries) => [
        ...entries,
        {
          ...(entries[0] as CustodyEntry),
          event: 'erased',
          facts: {
            recording: 'abcdefghijklmnopqrstuvwxya',
            docking: 'abcdefghijklmnopqrstuvwxya',
            path_sha256: '0'.repeat(64),
          },
        },
      ]);
    },
    finds: ['receipt.custody-head-missing', 'custody.erased-unreceipted', ...OTHER_HEADS],
  },
  {
    name: 'two segments exchanged',
    act: async (vault) => {
      const aside = join(vault.root, 'aside');
      await rename(vault.segment(0), aside);
      await rename(vault.segment(1), vault.segment(0));
      await rename(aside, vault.segment(1));
    },
    finds: [
      'receipt.custody-head-missing',
      ...([
        'custody.checkpoint-head',
        'custody.cycle',
        'custody.link-differs',
        'custody.not-opened',
      ] as const),
      ...OTHER_HEADS,
    ],
  },
  {
    name: 'a segment a second time under another id',
    act: (vault) => copyFile(vault.segment(1), join(vault.custody, 'abcdefghijklmnopqrstuvwxya.jsonl')),
    finds: ['custody.checkpoint-head', 'custody.fork', 'custody.not-opened'],
  },
  {
    name: 'a second first segment of the same station',
    act: async (vault) => {
      await copyFile(vault.segment(0), vault.segment(0) + '.aside');
      const second = makeSegmentId(seededRandom(99));
      await forgeSegment(vault, second, good.stationKey, {
        last_segment: null,
        last_sequence: null,
        last_sha256: null,
      });
      await rm(vault.segment(0) + '.aside');
    },
    finds: ['custody.two-starts'],
  },
  {
    name: 'an older state of the station put back: a second segment that follows the first one',
    act: async (vault) => {
      const last = (await readFile(vault.segment(0), 'utf8')).trimEnd().split('\n');
      const line = last[5] ?? '';
      const facts = {
        last_segment: good.segments[0] ?? '',
        last_sequence: 6,
        last_sha256: sha256Hex(Buffer.from(line)),
      };
      await forgeSegment(vault, makeSegmentId(seededRandom(98)), good.stationKey, facts);
    },
    finds: ['custody.fork'],
  },
  {
    name: 'a strange file in the custody log',
    act: (vault) => writeFile(join(vault.custody, 'index.db'), 'x'),
    finds: ['folder.unexpected-entry'],
  },
  {
    name: 'a segment that is a folder',
    act: async (vault) => {
      await rm(vault.segment(1));
      await rename(vault.folder(NEWEST), vault.segment(1));
    },
    finds: ['custody.unreadable', 'receipt.custody-head-missing'],
  },
];

async function forgeSegment(
  vault: BrokenVault,
  segment: SegmentId,
  key: SecretKey,
  link: Readonly<Record<string, string | number | null>>,
): Promise<void> {
  const stamp = (): Pick<CustodyEntry, 'at' | 'boot' | 'monotonic_ms'> => ({
    at: '2026-11-25T09:00:00.000Z',
    boot: null,
    monotonic_ms: 1,
  });
  const opening = {
    ...stamp(),
    event: 'segment-opened' as const,
    facts: { segment, station: good.station, version: '0.1.0', ...link },
  };
  const context = { station: good.station, segment, signer: inlineSigner(key), stamp };
  const { bytes } = await chainGroups(CHAIN_START, [opening], context);
  await writeFile(join(vault.custody, `${segment}.jsonl`), bytes);
}

describe.each([
  ['a changed line of a custody log', lines],
  ['a changed custody log', segments],
])('%s is found with its reason:', (_, manipulations) => {
  test.each(manipulations)('$name', async ({ act, finds }) => {
    const vault = await BrokenVault.copy(good);
    try {
      await act(vault);
      expect((await verdictOf(vault.vault, good, { identities: [] })).findings).toEqual([...finds].sort());
    } finally {
      await vault.remove();
    }
  });
});

describe('in a spool', () => {
  let spool: string;
  let copy: BrokenVault;
  const ended = (): string => join(spool, 'custody', `${good.segments[0]}.jsonl`);
  const inSpool = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
    copy = await BrokenVault.copy(good);
    spool = join(copy.root, 'spool');
    try {
      await act();
      return (await verdictOf(spool, good, { identities: [] })).findings;
    } finally {
      await copy.remove();
    }
  };
  beforeAll(() => good.spool(good.recordings.slice(0, 2).map(({ id }) => id)));

  test('a good one is accepted', async () => {
    expect(await inSpool(() => Promise.resolve())).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, readonly string[]]>([
    [
      'a byte of the signature over an ended segment',
      () => change(`${ended()}.minisig`, flip(-20, 5)),
      ['custody.signature-wrong'],
    ],
    [
      'an ended segment whose last line got another time',
      () => editLines(ended(), (all) => [...all.slice(0, -1), (all.at(-1) ?? '').replace('T08:', 'T07:')]),
      ['custody.checkpoint-head', 'custody.link-differs', 'custody.signature-wrong'],
    ],
    [
      'an ended segment cut by its last line',
      () => editLines(ended(), (all) => all.slice(0, -1)),
      ['custody.signature-wrong', 'custody.tail-missing'],
    ],
    [
      'the signature of another kind of document',
      () =>
        writeFile(
          `${ended()}.minisig`,
          signDocument(good.stationKey, Buffer.from('x'), 'bodydock custody-head'),
        ),
      ['custody.signature-wrong'],
    ],
    [
      'a signature without its segment',
      () => rm(ended()),
      ['custody.segment-missing', 'custody.signature-alone', 'receipt.custody-segment-missing'],
    ],
    ['an empty signature', () => truncate(`${ended()}.minisig`), ['custody.signature-malformed']],
    [
      'a recording taken away',
      () => rm(join(spool, 'ready', good.recordings[NEWEST]?.id ?? ''), { recursive: true }),
      ['docking.recording-missing', 'recording.missing'],
    ],
    [
      'a released recording without its receipt',
      async () => {
        const folder = join(spool, 'released', good.recordings[0]?.id ?? '');
        for (const name of (await readdir(folder)).filter((each) => each.startsWith('receipt')))
          await rm(join(folder, name));
      },
      ['receipt.missing'],
    ],
    [
      'a proof that nobody signed',
      () => writeFile(join(spool, 'proofs', '0123456789abcdef.json'), '{}'),
      ['proof.refused'],
    ],
  ])('%s is found', async (_, act, finds) => {
    expect(await inSpool(act)).toEqual([...finds].sort());
  });

  test('a signature over the whole segment with another trusted comment is found', async () => {
    const sign = async (): Promise<void> =>
      writeFile(
        `${ended()}.minisig`,
        signDocument(good.stationKey, await readFile(ended()), 'bodydock custody-head'),
      );
    expect(await inSpool(sign)).toEqual(['custody.signature-comment']);
    expect(CUSTODY_SEGMENT_TRUSTED_COMMENT).not.toBe('bodydock custody-head');
  });

  test('documents that the station let go are not missing where the log says so, and are where it does not', async () => {
    const root = await mkdtemp(join(tmpdir(), 'bodydock-let-go-'));
    try {
      for (const says of [true, false]) {
        const builder = await VaultBuilder.create(join(root, String(says)));
        for (let count = 0; count < 3; count++) await builder.record();
        await builder.undock();
        const [first] = builder.recordings;
        if (first?.receipt === undefined) throw new Error('a receipted recording is needed');
        const { id: recording, manifestBytes } = first;
        const receipt = await readFile(join(first.folder, 'receipt.json'));
        const facts = {
          recording,
          manifest_sha256: sha256Hex(manifestBytes),
          receipt_sha256: sha256Hex(receipt),
        };
        if (says) builder.log('spool-documents-dropped', facts);
        await builder.close();
        const own = await builder.spool([recording]);
        await rm(join(own, 'released', recording), { recursive: true });
        const { findings } = await verdictOf(own, builder, { identities: [] });
        expect(findings).toEqual(says ? [] : ['chain.gap', 'docking.recording-missing', 'recording.missing']);
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
