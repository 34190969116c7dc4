// The store's log as a tree: what is cut off at its end, or written again by a person who has its key, does not fit what somebody else kept.
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verify } from '../../../../agent/cli/verify.ts';
import { type LogPast, notFixed } from '../../../../agent/evidence/verify/log-past.ts';
import { LogTree } from '../../../../agent/evidence/verify/log-tree.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { parseReceipt } from '../../../../protocol/documents/receipt.ts';
import { publicKeyOf, signNoteText } from '../../../../protocol/documents/minisign.ts';
import { originKey } from '../../../../protocol/transparency/checkpoint.ts';
import { CompactRange, leafHash } from '../../../../protocol/transparency/merkle.ts';
import {
  cosignatureLine,
  cosignedBytes,
  formatNote,
  formatNoteKey,
  NOTE_COSIGNATURE,
  type NoteKey,
  noteKeyId,
  signatureLine,
} from '../../../../protocol/transparency/signed-note.ts';
import { filesWith } from '../../../fakes/files-with.ts';
import { stampOf } from '../../../fakes/stamp-of.ts';
import { lacksTools } from '../../../fakes/stock-tools.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { TreeBuilder } from '../../../fakes/vault-builder-tree.ts';
import { runCommand } from '../../cli/io-memory.ts';
import { verdictOf } from './broken-vault.ts';

const STORE_BOOT = '11111111-2222-4333-8444-555555555555';
const STATION_BOOT = '99999999-2222-4333-8444-555555555555';

let root: string;
let builder: VaultBuilder;
let tree: TreeBuilder;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-log-past-'));
  builder = await VaultBuilder.create(root);
  builder.clock.boot = STORE_BOOT;
  await builder.receiver.start();
  tree = await TreeBuilder.begin(builder.receiver);
  builder.clock.boot = STATION_BOOT;
  for (const path of ['1.MP4', '2.MP4']) await builder.record({ path });
  builder.clock.boot = STORE_BOOT;
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Ends the docking, and enters each receipt that is in the vault. */
async function received(): Promise<void> {
  builder.clock.boot = STATION_BOOT;
  await builder.undock();
  builder.clock.boot = STORE_BOOT;
  const station = join(builder.vault, builder.station);
  for (const name of (await readdir(station)).sort()) {
    const bytes = await readFile(join(station, name, 'receipt.json')).catch(() => undefined);
    if (bytes !== undefined) await tree.receipt(parseReceipt(bytes));
  }
}

async function close(): Promise<void> {
  await builder.close();
  await tree.put('checkpoint', tree.note());
}

async function codes(kind: 'FINDING' | 'note', ...words: string[]): Promise<string[]> {
  const { out } = await runCommand(verify, builder.vault, '--trust', builder.keys, ...words);
  const codes = [...out.matchAll(new RegExp(`^ {2}${kind} +(\\S+)`, 'gm'))].map(([, code = '']) => code);
  return [...new Set(codes)];
}

async function pasts(): Promise<unknown> {
  const ran = await runCommand(verify, builder.vault, '--trust', builder.keys, '--json');
  return (ran.json as { totals: { logs: unknown } }).totals.logs;
}

describe('a log whose checkpoints fit', () => {
  test('is good, and fixed by nobody outside', async () => {
    await received();
    await tree.segment();
    await close();
    expect(await codes('FINDING')).toEqual([]);
    const size = tree.lines.length;
    expect(await pasts()).toEqual([{ origin: tree.origin, size, fixed: 0, at: null, by: null }]);
    const text = await runCommand(verify, builder.vault, '--keys', builder.keys);
    expect(text.out).toContain(`${size} lines, fixed by nobody outside`);
    expect(await codes('FINDING', '--require-outside', '1d')).toEqual(['log.not-fixed']);
  });

  test('is asked for in vain of one folder of a vault, which has no log of the store', async () => {
    await received();
    await close();
    const place = join(builder.vault, builder.station);
    await writeFile(join(root, 'kept'), tree.note());
    for (const asked of [
      ['--require-outside', '1d'],
      ['--checkpoint', join(root, 'kept')],
    ]) {
      const ran = await runCommand(verify, place, '--trust', builder.keys, ...asked);
      expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining('log.not-fixed')]);
    }
  });

  test('is good where a cut took its last checkpoint, and lines after the one that the next segment names are no leaves', async () => {
    await received();
    await builder.close();
    const size = tree.lines.length - 2;
    await tree.put('checkpoint', tree.note(tree.text(size)));
    expect(await codes('FINDING')).toEqual([]);
  });

  test.each([
    [22, false],
    [26, true],
  ])('is not judged where a receipt is %s h older than its entry', async (hours, isMisdated) => {
    builder.clock.advance(hours * 3_600_000);
    await received();
    await close();
    expect((await codes('note')).includes('receipt.misdated')).toBe(isMisdated);
    expect(await codes('FINDING')).toEqual([]);
    const { exitCode } = await runCommand(verify, builder.vault, '--trust', builder.keys);
    expect(exitCode).toBe(isMisdated ? 3 : 0);
  });

  test('says of a receipt that no entry names that it is not in it', async () => {
    await builder.undock();
    builder.clock.advance(7_200_000);
    await builder.receiver.enter('receiver-stopped', {});
    await close();
    expect([await codes('FINDING'), await codes('note')]).toEqual([
      [],
      expect.arrayContaining(['receipt.unlogged']),
    ]);
  });
});

describe('what was cut off at the end of everything', () => {
  test('shows where the store kept its log: recordings, and the log of their station', async () => {
    await received();
    const { receipt } = builder.recordings[1] ?? {};
    if (receipt?.custody_head == null) throw new Error('no head');
    await tree.head(builder.station, receipt.custody_head);
    await close();
    await rm(join(builder.vault, builder.station), { recursive: true });
    expect((await codes('FINDING')).sort()).toEqual(['log.tail-missing', 'receipt.missing']);
    // What the log received does not depend on what is left.
    const { json } = await runCommand(verify, builder.vault, '--json');
    expect(json).toMatchObject({ totals: { received: 2, receipted: 0 } });
  });

  test('shows where one recording went and its station wrote nothing', async () => {
    await received();
    await close();
    const [one] = builder.recordings;
    await rm(one?.folder ?? '', { recursive: true });
    expect(await codes('FINDING')).toContain('receipt.missing');
  });

  test('shows by any checkpoint that somebody kept: its own, one of a station, one that the reader brings', async () => {
    await received();
    const kept = tree.note();
    const longer = tree.note(tree.text(tree.lines.length + 5, tree.root()));
    builder.clock.boot = STATION_BOOT;
    builder.log('store-log', { checkpoint: longer });
    builder.clock.boot = STORE_BOOT;
    await close();
    expect(await codes('FINDING')).toEqual(['log.shortened']);
    const brought = join(root, 'kept');
    await writeFile(brought, kept);
    expect(await codes('FINDING', '--checkpoint', brought)).toEqual(['log.shortened']);
  });
});

describe('a log that was written again', () => {
  test('does not fit what a station entered', async () => {
    await received();
    const other = tree.root(3, ['x', 'y', 'z']);
    builder.clock.boot = STATION_BOOT;
    builder.log('store-log', { checkpoint: tree.note(tree.text(3, other)) });
    await close();
    expect(await codes('FINDING')).toEqual(['log.forked']);
  });

  test('does not fit what the reader brings', async () => {
    await received();
    await close();
    const brought = join(root, 'kept');
    await writeFile(brought, tree.note(tree.text(4, tree.root(4, ['a', 'b', 'c', 'd']))));
    expect(await codes('FINDING', '--checkpoint', brought)).toEqual(['log.forked']);
  });

  test('under the id of another vault does not fit what the reader brings', async () => {
    await received();
    await close();
    const [own, other] = [join(root, 'own'), join(root, 'other')];
    await writeFile(own, tree.note());
    const origin = tree.origin.replace(builder.vaultId, 'a'.repeat(26));
    const text = tree.text().replace(tree.origin, origin);
    const { key } = builder.receiver;
    const line = signatureLine(originKey(origin, publicKeyOf(key).key), signNoteText(key, text));
    await writeFile(other, formatNote(text, [line]));
    expect(await codes('FINDING', '--checkpoint', other)).toEqual(['log.not-fixed']);
    // One of each vault may be brought where several are verified.
    expect(await codes('FINDING', '--checkpoint', other, '--checkpoint', own)).toEqual([]);
  });

  test('does not fit what a station carried on, which fixes nothing by that', async () => {
    await received();
    const text = tree.text(3, tree.root(3, ['x', 'y', 'z']));
    builder.clock.boot = STATION_BOOT;
    builder.log('carried', { what: 'store-log', checkpoint: tree.note(tree.text(1)) });
    builder.clock.boot = STORE_BOOT;
    await close();
    expect(await pasts()).toMatchObject([{ fixed: 0, by: null }]);
    builder.clock.boot = STATION_BOOT;
    builder.log('carried', { what: 'store-log', checkpoint: tree.note(text) });
    builder.clock.boot = STORE_BOOT;
    await close();
    expect(await codes('FINDING')).toEqual(['log.forked']);
  });

  test('may not begin at another size, nor under another origin', async () => {
    await received();
    await tree.segment(2);
    await close();
    expect(await codes('FINDING')).toContain('log.size');
  });

  test('is no checkpoint where another key signed it, or where it is of another receiver', async () => {
    await received();
    await builder.close();
    await tree.put('checkpoint', tree.note(tree.text(), [], builder.stationKey));
    expect(await codes('FINDING')).toEqual(['log.checkpoint']);
  });
});

describe('a vault in which a receiver goes on while it is verified', () => {
  /** Findings where something changes as soon as a folder is listed. */
  async function codesWhere(folder: string, change: () => Promise<void>): Promise<readonly string[]> {
    const own = nodeFiles();
    let isDone = false;
    const files = filesWith(own, {
      list: async (path) => {
        if (!isDone && path === folder) {
          isDone = true;
          await change();
        }
        return own.list(path);
      },
    });
    const how = { files, identities: [], nowMs: Date.now() };
    const { findings } = await verdictOf(builder.vault, builder, how);
    expect(isDone).toBe(true);
    return findings;
  }

  test('what comes after its folders were looked at is here', async () => {
    await received();
    await close();
    const { folder = '' } = builder.recordings[1] ?? {};
    await rename(folder, join(root, 'coming'));
    const comes = (): Promise<void> => rename(join(root, 'coming'), folder);
    expect(await codesWhere(builder.receiver.custody, comes)).toEqual([]);
  });

  test('a checkpoint of lines that came after the others were read is none that they lack', async () => {
    await received();
    await close();
    const longer = tree.note(tree.text(tree.lines.length + 5, tree.root()));
    const goesOn = (): Promise<void> => tree.put('checkpoint', longer);
    expect(await codesWhere(builder.receiver.custody, goesOn)).toEqual([]);
  });

  test('neither is one that came to a station meanwhile', async () => {
    await received();
    builder.clock.boot = STATION_BOOT;
    builder.log('store-log', { checkpoint: tree.note() });
    builder.clock.boot = STORE_BOOT;
    await close();
    await tree.put('checkpoint', tree.note(tree.text(2)));
    const segment = join(builder.receiver.custody, `${builder.receiver.log.segments.at(-1)}.jsonl`);
    const whole = await readFile(segment, 'utf8');
    const lines = whole.split('\n').slice(0, -1);
    const end = lines.slice(0, -1).findLastIndex((line) => line.includes('"event":"checkpoint"'));
    await writeFile(segment, `${lines.slice(0, end + 1).join('\n')}\n`);
    expect(await codes('FINDING')).toEqual(['log.shortened']);
    expect(await codesWhere(builder.custody, () => writeFile(segment, whole))).toEqual([]);
  });

  test.each(['checkpoint.tmp', 'cosigned.tmp', 'timestamps/7.tsr.tmp'])(
    '%s is what a cut left, and something else is not',
    async (name) => {
      await received();
      await close();
      await tree.put(name, '');
      expect([await codes('FINDING'), await codes('note')]).toEqual([[], ['folder.unfinished']]);
      await tree.put(name.replace('.tmp', '.more'), '');
      expect(await codes('FINDING')).toEqual(['folder.unexpected-entry']);
    },
  );
});

describe('somebody outside', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const witness: NoteKey = { name: 'witness.example/w', type: NOTE_COSIGNATURE, key };
  const cosigned = (text: string, time: number, signed = text): string =>
    cosignatureLine(witness, time, sign(null, cosignedBytes(signed, time), privateKey));

  test('who cosigned fixes the log up to there', async () => {
    await received();
    const text = tree.text();
    const size = tree.lines.length;
    await tree.segment();
    await close();
    await tree.put('cosigned', tree.note(text, [cosigned(text, 1_764_000_000)]));
    await writeFile(join(builder.keys, 'witness.vkey'), `${formatNoteKey(witness)}\n`);
    const at = new Date(1_764_000_000_000).toISOString();
    expect(await pasts()).toEqual([
      { origin: tree.origin, size: tree.lines.length, fixed: size, at, by: 'witness witness.example/w' },
    ]);
    expect(await codes('FINDING', '--require-outside', '9999d')).toEqual([]);
    const german = await runCommand(verify, builder.vault, '--trust', builder.keys, '--lang', 'de');
    expect(german.out).toContain(`Zeugen: ${formatNoteKey(witness)}; Zeitstempeldienste: keiner`);
    expect(german.out).toContain(`seit ${at} durch den Zeugen witness.example/w;`);
    const earlier = `cosigned-${noteKeyId(witness)}`;
    await tree.put('cosigned', tree.note(text));
    expect(await pasts()).toMatchObject([{ fixed: 0 }]);
    await tree.put(earlier, tree.note(text, [cosigned(text, 1_764_000_000)]));
    expect(await pasts()).toMatchObject([{ fixed: size, at }]);
    await tree.put('cosigned', tree.note(text, [cosigned(text, 1_764_000_000, 'another text')]));
    expect(await codes('FINDING')).toEqual(['log.cosignature']);
  });

  test('who cosigned fixes the log by a note that the reader brings, too', async () => {
    await received();
    await close();
    await writeFile(join(builder.keys, 'witness.vkey'), `${formatNoteKey(witness)}\n`);
    const brought = join(root, 'brought');
    await writeFile(brought, tree.note());
    const asked = ['--require-outside', '9999d', '--checkpoint', brought];
    expect(await codes('FINDING', ...asked)).toEqual(['log.not-fixed']);
    const [origin, size, top = ''] = tree.text().split('\n');
    await writeFile(brought, `${origin} ${size} ${Buffer.from(top, 'base64').toString('hex')}\n`);
    expect(await codes('FINDING', ...asked)).toEqual(['log.not-fixed']); // paper says no time
    await writeFile(brought, tree.note(tree.text(), [cosigned(tree.text(), 1_764_000_000)]));
    expect(await codes('FINDING', ...asked)).toEqual([]);
    await writeFile(brought, tree.note(tree.text(), [cosigned(tree.text(), 1_764_000_000, 'another text')]));
    expect(await codes('FINDING', '--checkpoint', brought)).toEqual(['log.cosignature']);
  });

  test('says so again where nothing came since: the newest word counts', async () => {
    await received();
    const text = tree.text();
    builder.clock.boot = STATION_BOOT;
    builder.log('store-log', { checkpoint: tree.note() });
    builder.clock.boot = STORE_BOOT;
    await close();
    const seconds = Date.UTC(2026, 10, 30) / 1000;
    await tree.put('cosigned', tree.note(text, [cosigned(text, seconds)]));
    await writeFile(join(builder.keys, 'witness.vkey'), `${formatNoteKey(witness)}\n`);
    const at = new Date(seconds * 1000).toISOString();
    expect(await pasts()).toMatchObject([{ at, by: 'witness witness.example/w' }]);
  });

  test.each([
    ['on another machine fixes it', STATION_BOOT, 1],
    ['on the machine of the store does not', STORE_BOOT, 0],
    ['that does not know its machine does not', null, 0],
  ])('station %s', async (_, boot, fixed) => {
    await received();
    builder.clock.boot = boot;
    builder.log('store-log', { checkpoint: tree.note(tree.text(1)) });
    builder.clock.boot = STORE_BOOT;
    await close();
    expect(await pasts()).toMatchObject([{ fixed, by: fixed === 0 ? null : `station ${builder.station}` }]);
  });

  test.skipIf(lacksTools('openssl'))('who stamped the time, by openssl', async () => {
    await received();
    await close();
    const size = tree.lines.length;
    const { response, certificate } = await stampOf(tree.text(), root);
    await tree.put(`timestamps/${size}.checkpoint`, tree.note());
    await tree.put(`timestamps/${size}.tsr`, response);
    expect(await codes('note')).toContain('log.timestamp');
    await writeFile(join(builder.keys, 'timestamp.pem'), certificate);
    expect(await codes('note')).not.toContain('log.timestamp');
    expect(await pasts()).toMatchObject([
      { fixed: size, by: 'a time stamp', at: expect.any(String) as string },
    ]);
    await tree.put(`timestamps/${size}.tsr`, (await stampOf('another text', root)).response);
    expect(await codes('note')).toContain('log.timestamp');
  });
});

test('a tree that a restored store ended is fixed by nobody any more: the word that is asked for is about the one after it', () => {
  const past = (origin: string, at: string | null): LogPast => ({ origin, size: 9, fixed: 9, at, by: 'x' });
  const [nowMs, today, before] = [
    Date.UTC(2026, 10, 30),
    '2026-11-30T00:00:00.000Z',
    '2025-11-30T00:00:00.000Z',
  ];
  const ended = past('bodydock/v/r-a', before);
  const next = `bodydock/v/r-a/${'0'.repeat(16)}`;
  expect(notFixed([ended, past(next, today)], nowMs, 86_400_000)).toEqual([]);
  for (const pasts of [
    [ended],
    [ended, past(next, before)],
    [past(next, today), past('bodydock/v/r-b', null)],
    [past(next, '2026-12-01T00:00:00.001Z')],
  ])
    expect(notFixed(pasts, nowMs, 86_400_000).map(({ code }) => code)).toEqual(['log.not-fixed']);
});

test('a tree has every root', async () => {
  const tree = new LogTree('o');
  const range = new CompactRange();
  for (let at = 0; at < 100; at++) {
    const leaf = leafHash(Buffer.from(`line ${at}`));
    tree.append(leaf);
    range.append(leaf);
    expect(await tree.root(at + 1)).toEqual(Buffer.from(range.root()));
  }
  expect(tree.size).toBe(100);
});
