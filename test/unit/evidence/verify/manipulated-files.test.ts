// What somebody can do to the files of a vault without any key: each is found, with the right reason and nothing else.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, rename, rm, rmdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VaultBuilder } from '../../../fakes/vault-builder.ts';
import {
  BrokenVault,
  change,
  exchange,
  FIRST,
  flip,
  goodVault,
  MIDDLE,
  NEWEST,
  OTHER,
  type Manipulation,
} from './broken-vault.ts';

let good: VaultBuilder;
beforeAll(async () => {
  good = await goodVault();
});
afterAll(() => rm(good.root, { recursive: true, force: true }));

const SIG = '.minisig';
/** What follows when a manifest is not the one that was signed, besides the reason itself. */
const OTHER_MANIFEST = ['chain.gap', 'custody.other-manifest', 'receipt.wrong-manifest'] as const;

/** Turns a character of a text into another one of the same kind. */
function replaceIn(text: string, by: string): (bytes: Buffer) => string {
  return (bytes) => {
    const before = bytes.toString('utf8');
    if (!before.includes(text)) throw new Error(`no ${text} to replace`);
    return before.replace(text, by);
  };
}

/** Another letter of base64 in that place. */
function otherLetter(position: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const at = position < 0 ? bytes.length + position : position;
    bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
    return bytes;
  };
}

const flips: Manipulation[] = [
  {
    name: 'a digit of the original digest in a manifest',
    act: (vault) =>
      change(
        vault.file(FIRST, 'manifest.json'),
        replaceIn('"original":{"modified_at":"2026', '"original":{"modified_at":"2025'),
      ),
    finds: [...OTHER_MANIFEST, 'manifest.signature-wrong'],
  },
  {
    name: 'a bit that makes a manifest no JSON any more',
    act: (vault) => change(vault.file(MIDDLE, 'manifest.json'), flip(0)),
    finds: ['chain.gap', 'custody.other-manifest', 'manifest.not-canonical', 'manifest.signature-wrong'],
  },
  {
    name: 'a space more in a manifest',
    act: (vault) => change(vault.file(MIDDLE, 'manifest.json'), replaceIn('":', '": ')),
    finds: ['chain.gap', 'custody.other-manifest', 'manifest.not-canonical', 'manifest.signature-wrong'],
  },
  {
    name: 'a bit in the signature of a manifest',
    act: (vault) =>
      change(vault.file(NEWEST, `manifest.json${SIG}`), (bytes) =>
        otherLetter(bytes.indexOf('\n') + 40)(bytes),
      ),
    finds: ['manifest.signature-wrong'],
  },
  {
    name: 'a bit in the trusted comment of a manifest',
    act: (vault) =>
      change(vault.file(NEWEST, `manifest.json${SIG}`), (bytes) =>
        flip(bytes.indexOf('recording-manifest'))(bytes),
      ),
    finds: ['manifest.signature-wrong'],
  },
  {
    name: 'a bit in the first byte of a payload',
    act: (vault) => change(vault.file(NEWEST, 'payload.age'), flip(0)),
    finds: ['payload.header', 'payload.unit-altered'],
  },
  {
    name: 'a bit in the header of a payload',
    act: (vault) => change(vault.file(NEWEST, 'payload.age'), flip(60)),
    finds: ['payload.no-recipient', 'payload.unit-altered'],
  },
  {
    name: 'a bit in the middle of a payload',
    act: (vault) => change(vault.file(FIRST, 'payload.age'), flip(1_000_000, 7)),
    finds: ['payload.damaged', 'payload.unit-altered'],
  },
  {
    name: 'a bit in the last byte of a payload',
    act: (vault) => change(vault.file(FIRST, 'payload.age'), flip(-1)),
    finds: ['payload.damaged', 'payload.unit-altered'],
  },
  {
    name: 'a bit in the list of digests',
    act: (vault) => change(vault.file(FIRST, 'chunks.bin'), flip(70)),
    finds: ['chunks.digest', 'payload.unit-altered'],
  },
  {
    name: 'a digit of the received time in a receipt',
    act: (vault) =>
      change(vault.file(MIDDLE, 'receipt.json'), replaceIn('"received_at":"2026', '"received_at":"2027')),
    finds: ['custody.other-receipt', 'receipt.signature-wrong'],
  },
  {
    name: 'a bit in the signature of a receipt',
    act: (vault) => change(vault.file(MIDDLE, `receipt.json${SIG}`), otherLetter(-10)),
    finds: ['receipt.signature-wrong'],
  },
];

const lengths: Manipulation[] = [
  {
    name: 'a payload cut to nothing',
    act: (vault) => truncate(vault.file(NEWEST, 'payload.age')),
    finds: ['payload.header', 'payload.size'],
  },
  {
    name: 'a payload cut by one byte',
    act: (vault) =>
      truncate(vault.file(NEWEST, 'payload.age'), vault.built(NEWEST).manifest.sealed.size_bytes - 1),
    finds: ['payload.damaged', 'payload.size'],
  },
  {
    name: 'a payload cut at the end of a unit',
    act: (vault) => truncate(vault.file(FIRST, 'payload.age'), 524_288 * 2),
    finds: ['payload.damaged', 'payload.size'],
  },
  {
    name: 'a payload with a byte behind its end',
    act: (vault) =>
      change(vault.file(NEWEST, 'payload.age'), (bytes) => Buffer.concat([bytes, Buffer.of(0)])),
    finds: ['payload.size'],
  },
  {
    name: '4 KiB of zeros inside a payload',
    act: (vault) => change(vault.file(FIRST, 'payload.age'), (bytes) => bytes.fill(0, 600_000, 604_096)),
    finds: ['payload.damaged', 'payload.unit-altered'],
  },
  {
    name: 'two pieces of a payload exchanged',
    act: (vault) =>
      change(vault.file(FIRST, 'payload.age'), (bytes) => {
        const piece = Buffer.from(bytes.subarray(100_000, 200_000));
        bytes.copy(bytes, 100_000, 700_000, 800_000);
        piece.copy(bytes, 700_000);
        return bytes;
      }),
    finds: ['payload.damaged', 'payload.unit-altered'],
  },
  {
    name: 'a list of digests cut by one digest',
    act: (vault) => change(vault.file(FIRST, 'chunks.bin'), (bytes) => bytes.subarray(0, -32)),
    finds: ['chunks.size'],
  },
  {
    name: 'a list of digests with one digest more',
    act: (vault) =>
      change(vault.file(FIRST, 'chunks.bin'), (bytes) => Buffer.concat([bytes, Buffer.alloc(32)])),
    finds: ['chunks.size'],
  },
  {
    name: 'an empty list of digests',
    act: (vault) => truncate(vault.file(FIRST, 'chunks.bin')),
    finds: ['chunks.size'],
  },
  {
    name: 'an empty manifest',
    act: (vault) => truncate(vault.file(NEWEST, 'manifest.json')),
    finds: ['custody.other-manifest', 'manifest.not-canonical', 'manifest.signature-wrong'],
  },
  {
    name: 'a manifest cut by one byte',
    act: (vault) => change(vault.file(NEWEST, 'manifest.json'), (bytes) => bytes.subarray(0, -1)),
    finds: ['custody.other-manifest', 'manifest.not-canonical', 'manifest.signature-wrong'],
  },
  {
    name: 'a manifest of a megabyte',
    act: (vault) => writeFile(vault.file(NEWEST, 'manifest.json'), Buffer.alloc(1_000_000, 0x20)),
    finds: ['manifest.oversize'],
  },
  {
    name: 'an empty signature of a manifest',
    act: (vault) => truncate(vault.file(NEWEST, `manifest.json${SIG}`)),
    finds: ['manifest.signature-malformed'],
  },
  {
    name: 'a signature of a manifest with 20 KiB',
    act: (vault) => writeFile(vault.file(NEWEST, `manifest.json${SIG}`), Buffer.alloc(20_480, 0x41)),
    finds: ['manifest.signature-malformed'],
  },
  {
    name: 'an empty receipt',
    act: (vault) => truncate(vault.file(NEWEST, 'receipt.json')),
    finds: ['custody.other-receipt', 'receipt.not-canonical', 'receipt.signature-wrong'],
  },
  {
    name: 'an empty signature of a receipt',
    act: (vault) => truncate(vault.file(NEWEST, `receipt.json${SIG}`)),
    finds: ['receipt.signature-malformed'],
  },
];

const missing: Manipulation[] = [
  ['manifest.json', ['manifest.missing']],
  [`manifest.json${SIG}`, ['manifest.signature-missing']],
  ['payload.age', ['payload.missing']],
  ['chunks.bin', ['chunks.missing']],
  ['receipt.json', ['receipt.missing']],
  [`receipt.json${SIG}`, ['receipt.signature-missing']],
].map(([name, finds]) => ({
  name: `${String(name)} taken away`,
  act: (vault: BrokenVault) => rm(vault.file(NEWEST, String(name))),
  finds: finds as Manipulation['finds'],
}));

const places: Manipulation[] = [
  {
    name: 'both files of a receipt taken away',
    act: async (vault) => {
      await rm(vault.file(NEWEST, 'receipt.json'));
      await rm(vault.file(NEWEST, `receipt.json${SIG}`));
    },
    finds: ['receipt.missing'],
  },
  {
    name: 'a file more in the folder of a recording',
    act: (vault) => writeFile(vault.file(NEWEST, 'notes.txt'), 'x'),
    finds: ['folder.unexpected-entry'],
  },
  {
    name: 'a folder more in the folder of a recording',
    act: (vault) => mkdir(vault.file(NEWEST, 'more')).then(() => undefined),
    finds: ['folder.unexpected-entry'],
  },
  {
    name: 'a strange file beside the recordings of a station',
    act: (vault) => writeFile(join(vault.station, 'readme\u001b[2J.txt'), 'x'),
    finds: ['folder.unexpected-entry'],
  },
  {
    name: 'a strange file in the vault',
    act: (vault) => writeFile(join(vault.vault, 'Thumbs.db'), 'x'),
    finds: ['folder.unexpected-entry'],
  },
  {
    name: 'a link in place of a payload',
    act: async (vault) => {
      await rename(vault.file(NEWEST, 'payload.age'), join(vault.root, 'elsewhere'));
      await symlink(join(vault.root, 'elsewhere'), vault.file(NEWEST, 'payload.age'));
    },
    finds: ['payload.unreadable'],
  },
  {
    name: 'an empty file in place of the newest recording',
    act: async (vault) => {
      await rename(vault.folder(NEWEST), join(vault.root, 'elsewhere'));
      await writeFile(vault.folder(NEWEST), '');
    },
    finds: ['folder.unreadable', 'receipt.missing'],
  },
  {
    name: 'a link in place of the newest recording',
    act: async (vault) => {
      await rename(vault.folder(NEWEST), join(vault.root, 'elsewhere'));
      await symlink(join(vault.root, 'elsewhere'), vault.folder(NEWEST));
    },
    finds: ['folder.unreadable', 'receipt.missing'],
  },
  {
    name: 'an empty file named like a station',
    act: (vault) => writeFile(join(vault.vault, 'dock-9'), ''),
    finds: ['folder.unreadable'],
  },
  {
    name: 'a link named like a receiver',
    act: (vault) => symlink(join(vault.root, 'nowhere'), join(vault.vault, 'r-other')),
    finds: ['folder.unreadable'],
  },
  {
    name: 'a file in place of disclosures that wait',
    act: (vault) => writeFile(join(vault.vault, '.disclosures'), ''),
    finds: ['folder.unreadable'],
  },
  {
    name: 'a vault without anything of its receiver',
    act: (vault) => rm(join(vault.vault, 'r-store'), { recursive: true }),
    finds: ['store-log.none'],
  },
  {
    name: 'a disclosure that waits by the name of another one',
    act: async (vault) => {
      const { disclosure } = await vault.builder.receiver.disclose(vault.built(FIRST), { pending: true });
      const folder = join(vault.builder.vault, '.disclosures');
      await mkdir(join(vault.vault, '.disclosures'));
      const other = join(vault.vault, '.disclosures', `${'a'.repeat(26)}.json`);
      await rename(join(folder, `${disclosure}.json`), other);
      await rmdir(folder);
    },
    finds: ['disclosure.refused'],
  },
  {
    name: 'a file among the disclosures that is named like an unfinished write of something else',
    act: async (vault) => {
      await mkdir(join(vault.vault, '.disclosures'));
      await writeFile(join(vault.vault, '.disclosures', 'other.tmp'), 'x');
    },
    finds: ['folder.unexpected-entry'],
  },
  {
    name: 'a folder in place of a list of digests',
    act: async (vault) => {
      await rm(vault.file(NEWEST, 'chunks.bin'));
      await mkdir(vault.file(NEWEST, 'chunks.bin'));
    },
    finds: ['chunks.unreadable'],
  },
  {
    name: 'a FIFO in place of a manifest',
    act: async (vault) => {
      await rm(vault.file(NEWEST, 'manifest.json'));
      execFileSync('mkfifo', [vault.file(NEWEST, 'manifest.json')]);
    },
    finds: ['manifest.unreadable'],
  },
  {
    name: 'a recording taken away from the middle of its chain',
    act: (vault) => rm(vault.folder(MIDDLE), { recursive: true }),
    finds: ['docking.recording-missing', 'chain.gap', 'recording.missing'],
  },
  {
    name: 'the newest recording of a camera taken away',
    act: (vault) => rm(vault.folder(NEWEST), { recursive: true }),
    finds: ['docking.recording-missing', 'recording.missing'],
  },
  {
    name: 'a recording under the id of another one',
    act: (vault) => rename(vault.folder(NEWEST), join(vault.station, 'abcdefghijklmnopqrstuvwxya')),
    finds: [
      'custody.not-named',
      'docking.recording-missing',
      'docking.recording-not-listed',
      'manifest.other-recording',
      'recording.missing',
      'recording.unlogged',
    ],
  },
  {
    name: 'a recording a second time under another id',
    act: (vault) =>
      cp(vault.folder(NEWEST), join(vault.station, 'abcdefghijklmnopqrstuvwxya'), { recursive: true }),
    finds: [
      'custody.not-named',
      'docking.recording-not-listed',
      'manifest.other-recording',
      'recording.unlogged',
    ],
  },
  {
    name: 'a station under the name of another one',
    act: (vault) => rename(vault.station, join(vault.vault, 'dock-2')),
    finds: [
      'docking.other-station',
      'custody.checkpoint-head',
      'custody.other-station',
      'manifest.other-station',
    ],
  },
  {
    name: 'a recording in the folder of another station',
    act: async (vault) => {
      await mkdir(join(vault.vault, 'dock-2'));
      await rename(vault.folder(NEWEST), join(vault.vault, 'dock-2', vault.built(NEWEST).id));
    },
    finds: ['manifest.other-station', 'receipt.custody-segment-missing', 'recording.missing'],
  },
  {
    name: 'a recording in the folder of another station too, where it hides nothing of the first one',
    act: (vault) =>
      cp(vault.folder(NEWEST), join(vault.vault, 'dock-2', vault.built(NEWEST).id), { recursive: true }),
    finds: [
      'docking.recording-not-listed',
      'manifest.other-station',
      'receipt.custody-segment-missing',
      'recording.doubled',
    ],
  },
  {
    name: 'the id of another vault',
    act: (vault) =>
      writeFile(
        join(vault.vault, 'vault.json'),
        '{"type":"vault","vault":"abcdefghijklmnopqrstuvwxya","version":1}',
      ),
    finds: ['receipt.wrong-vault'],
  },
  {
    name: 'a damaged id of the vault',
    act: (vault) => change(join(vault.vault, 'vault.json'), flip(2)),
    finds: ['vault.id-refused'],
  },
];

function bothOf(names: readonly string[], other = MIDDLE): Manipulation['act'] {
  return async (vault) => {
    for (const name of names) await exchange(vault.file(NEWEST, name), vault.file(other, name));
  };
}

const exchanged: Manipulation[] = [
  {
    name: 'payloads of two recordings of one length exchanged',
    act: bothOf(['payload.age']),
    finds: ['payload.original-digest', 'payload.unit-altered'],
  },
  {
    name: 'payloads of two recordings of different lengths exchanged',
    act: bothOf(['payload.age'], OTHER),
    finds: [
      'payload.damaged',
      'payload.original-digest',
      'payload.original-size',
      'payload.size',
      'payload.unit-altered',
    ],
  },
  {
    name: 'digest lists of two recordings exchanged',
    act: bothOf(['chunks.bin']),
    finds: ['chunks.digest', 'payload.unit-altered'],
  },
  {
    name: 'payloads and digest lists of two recordings exchanged',
    act: bothOf(['payload.age', 'chunks.bin']),
    finds: ['chunks.digest', 'payload.original-digest'],
  },
  {
    name: 'manifests of two recordings exchanged, without their signatures',
    act: bothOf(['manifest.json']),
    finds: [
      ...(['chunks.digest', 'custody.other-manifest', 'manifest.other-recording'] as const),
      ...(['manifest.signature-wrong', 'payload.original-digest'] as const),
      ...(['receipt.wrong-chunks', 'receipt.wrong-manifest', 'receipt.wrong-recording'] as const),
    ],
  },
  {
    name: 'manifests of two recordings exchanged, with their signatures',
    act: bothOf(['manifest.json', `manifest.json${SIG}`]),
    finds: [
      'custody.other-original',
      'custody.other-sealed',
      'docking.recording-differs',
      ...([
        'chunks.digest',
        'custody.other-manifest',
        'manifest.other-recording',
        'payload.original-digest',
      ] as const),
      ...(['receipt.wrong-chunks', 'receipt.wrong-manifest', 'receipt.wrong-recording'] as const),
    ],
  },
  {
    name: 'receipts of two recordings exchanged, with their signatures',
    act: bothOf(['receipt.json', `receipt.json${SIG}`], OTHER),
    finds: [
      'custody.other-receipt',
      'receipt.wrong-chunks',
      'receipt.wrong-manifest',
      'receipt.wrong-recording',
      'receipt.wrong-size',
    ],
  },
  {
    name: 'everything of two recordings exchanged but the names of their folders',
    act: bothOf([
      'manifest.json',
      `manifest.json${SIG}`,
      'receipt.json',
      `receipt.json${SIG}`,
      'payload.age',
      'chunks.bin',
    ]),
    finds: [
      'docking.recording-differs',
      'custody.other-original',
      'custody.other-sealed',
      'custody.other-manifest',
      'custody.other-receipt',
      'manifest.other-recording',
    ],
  },
];

describe.each([
  ['a changed byte', flips],
  ['a changed length', lengths],
  ['a missing file', missing],
  ['a thing in the wrong place', places],
  ['an exchange', exchanged],
])('%s is found with its reason:', (_, manipulations) => {
  test.each(manipulations)('$name', async ({ act, finds }) => {
    const vault = await BrokenVault.copy(good);
    try {
      await act(vault);
      const { findings, totals } = await vault.verdict();
      expect(findings).toEqual([...finds].sort());
      expect(totals.findings).toBeGreaterThan(0);
    } finally {
      await vault.remove();
    }
  });
});

test('documents whose writes were cut off are no fault', async () => {
  const vault = await BrokenVault.copy(good);
  const unfinished = [
    join(vault.station, 'keys', '0123456789abcdef.revocation.json.tmp'),
    join(vault.vault, '.disclosures', 'abcdefghijklmnopqrstuvwxya.json.tmp'),
  ];
  for (const path of unfinished) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
  }
  const { findings, notes } = await vault.verdict();
  await vault.remove();
  expect({ findings, notes }).toEqual({ findings: [], notes: ['folder.unfinished'] });
});
