// What a start makes of an odd disk: strangers, leftovers, damage of every kind. Nothing is deleted for being odd, nothing odd counts.
import type { RecordingId } from '../../../protocol/format/ids.ts';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { MANIFEST_TRUSTED_COMMENT } from '../../../protocol/documents/manifest.ts';
import { publicKeyOf, verifyDocument } from '../../../protocol/documents/minisign.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { NOTHING_KNOWN } from '../../../agent/spool/store-state.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import {
  CAMERA,
  freshDisk,
  openSpool,
  prepare,
  receiptOne,
  ROOT,
  spoolOne,
  stationKey,
  storeKey,
  type Opened,
  type Prepared,
} from './scenario.ts';

const names = (disk: CrashDisk, folder: string): string[] =>
  [...disk.tree(`${ROOT}/${folder}`).keys()].map((path) => path.slice(ROOT.length + folder.length + 2));

/** A disk with one recording in the given state, and whether an index lies beside it. */
async function withOne(
  state: 'spooled' | 'receipted' | 'released',
  indexed: boolean,
): Promise<{ disk: CrashDisk; prepared: Prepared }> {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const prepared = prepare(seededRandom(21), { sizeBytes: 5000 });
  await spoolOne(disk, spool, prepared);
  if (state !== 'spooled') await receiptOne(spool, prepared);
  if (state === 'released') await spool.reclaim(prepared.recording);
  if (indexed) await spool.close();
  return { disk: disk.crash(disk.steps, 'everything'), prepared };
}

describe('a folder', () => {
  const cases: [string, (disk: CrashDisk) => void, string | undefined][] = [
    ['that is empty becomes a spool', (disk) => disk.plantFolder(ROOT), undefined],
    ['that is not there is made', () => undefined, undefined],
    ['of a fresh file system becomes a spool', (disk) => disk.plantFolder(`${ROOT}/lost+found`), undefined],
    [
      'with an unfinished id file becomes a spool',
      (disk) => disk.plant(`${ROOT}/spool.json.new`, '{"ty'),
      undefined,
    ],
    ["with somebody's files is refused", (disk) => disk.plant(`${ROOT}/holiday.jpg`, 'x'), 'spool.foreign'],
    ['that is a file is refused', (disk) => disk.plant(ROOT, 'x'), 'spool.foreign'],
    [
      'with an id file that is none is refused',
      (disk) => disk.plantFolder(`${ROOT}/spool.json`),
      'spool.foreign',
    ],
    [
      'with a damaged id file and no folders is refused',
      (disk) => disk.plant(`${ROOT}/spool.json`, 'x'),
      'spool.foreign',
    ],
    [
      'of a newer version is refused',
      (disk) => {
        disk.plant(`${ROOT}/spool.json`, '{"made_at":"x","more":[1],"type":"spool","version":2}');
        disk.plant(`${ROOT}/ready/x/y`, 'z');
      },
      'spool.version',
    ],
  ];
  for (const [name, plant, code] of cases)
    test(name, async () => {
      const disk = new CrashDisk();
      plant(disk);
      const before = [...disk.tree()];
      if (code === undefined) {
        const { spool, findings } = await openSpool(disk);
        await spool.close();
        expect(findings).toMatchObject([{ kind: 'new-spool' }]);
        expect((await openSpool(disk.crash(disk.steps, 'nothing'))).findings).toEqual([]);
        return;
      }
      await expect(openSpool(disk)).rejects.toMatchObject({ code, retry: 'person' });
      expect(disk.steps).toBe(0);
      expect([...disk.tree()]).toEqual(before);
    });

  test('whose id file was damaged goes on, with the damaged one kept', async () => {
    const { disk, prepared } = await withOne('spooled', true);
    disk.corrupt(`${ROOT}/spool.json`, (bytes) => bytes.subarray(0, 20));
    const { spool, findings } = await openSpool(disk);
    expect(findings).toMatchObject([{ kind: 'id-replaced' }]);
    expect(spool.stateOf(prepared.recording)).toBe('spooled');
    expect(disk.peek(`${ROOT}/quarantine/spool.json`)?.length).toBe(20);
  });

  test('whose pinned vault cannot be read says so, and knows nothing else against its store', async () => {
    const { disk } = await withOne('spooled', true);
    disk.plant(`${ROOT}/pinned.json`, '{');
    const { spool, findings } = await openSpool(disk);
    expect(findings).toMatchObject([{ kind: 'left', name: 'pinned.json' }]);
    expect(spool.store).toEqual(NOTHING_KNOWN);
  });

  test.each<[string, (disk: CrashDisk) => void]>([
    ['is too long', (disk) => disk.corrupt(`${ROOT}/spool.json`, () => new Uint8Array(5000))],
    ['became a folder', (disk) => disk.plantFolder(`${ROOT}/spool.json`)],
    ['became a link', (disk) => disk.plantOther(`${ROOT}/spool.json`)],
  ])('whose id file %s goes on, also behind a cut while it is replaced', async (_, damage) => {
    const { disk, prepared } = await withOne('spooled', true);
    damage(disk);
    const before = disk.steps;
    expect((await openSpool(disk)).findings).toMatchObject([{ kind: 'id-replaced' }]);
    for (let step = before; step <= disk.steps; step++) {
      const { spool } = await openSpool(disk.crash(step, 'everything'));
      expect(spool.stateOf(prepared.recording)).toBe('spooled');
    }
    expect(disk.peekNames(`${ROOT}/quarantine`)).toEqual(['spool.json']);
  });

  test('whose id file cannot be read is refused by its name, and nothing is changed', async () => {
    const { disk } = await withOne('spooled', true);
    disk.fail({ operation: 'readAll', path: 'spool.json', nth: 1, code: 'EACCES' });
    const before = disk.steps;
    await expect(openSpool(disk)).rejects.toMatchObject({
      code: 'spool.unreadable',
      message: expect.stringContaining(`${ROOT}/spool.json cannot be read (EACCES)`) as string,
    });
    expect(disk.steps).toBe(before);
  });

  test('takes the marks of what the store of 0.1.0 had asked for again over: it is offered again, once', async () => {
    const { disk } = await withOne('receipted', true);
    const [name = ''] = disk.peekNames(`${ROOT}/ready`) ?? [];
    disk.plantFolder(`${ROOT}/asked`);
    disk.plant(`${ROOT}/asked/${name}`, '[]');
    disk.plant(`${ROOT}/asked/${name}.over`, '[]');
    const { spool } = await openSpool(disk);
    expect(spool.stateOf(name as RecordingId)).toBe('spooled');
    expect(disk.peekNames(`${ROOT}/asked`)).toBeUndefined();
    await spool.close();
    expect((await openSpool(disk)).spool.stateOf(name as RecordingId)).toBe('spooled');
  });

  test('with a file in the place of these marks goes on', async () => {
    const { disk } = await withOne('receipted', true);
    disk.plant(`${ROOT}/asked`, 'x');
    const [name = ''] = disk.peekNames(`${ROOT}/ready`) ?? [];
    expect((await openSpool(disk)).spool.stateOf(name as RecordingId)).toBe('receipted');
  });

  test('that another disk took the place of is written no more', async () => {
    const { disk } = await withOne('spooled', true);
    const { spool, conditions } = await openSpool(disk);
    const mounted = disk.peek(`${ROOT}/spool.json`) as Uint8Array;
    const other = await freshDisk();
    const foreign = Buffer.from(other.peek(`${ROOT}/spool.json`) as Uint8Array).toString();
    const another = foreign.replace(
      /"spool":"[a-z2-7]/,
      (text) => text.slice(0, -1) + (text.endsWith('a') ? 'b' : 'a'),
    );
    const next = prepare(seededRandom(22));
    for (const shown of [another, undefined]) {
      if (shown === undefined) await disk.unlink(`${ROOT}/spool.json`);
      else disk.plant(`${ROOT}/spool.json`, shown);
      const { steps } = disk;
      await expect(spool.stage(next.recording)).rejects.toMatchObject({ code: 'spool.gone' });
      expect(disk.steps).toBe(steps);
      expect(conditions.isRaised('spool.gone')).toBe(true);
    }
    disk.plant(`${ROOT}/spool.json`, mounted);
    await spoolOne(disk, spool, next);
    expect(conditions.isRaised('spool.gone')).toBe(false);
  });
});

describe('unknown names', () => {
  test("in the spool's own folder stay untouched", async () => {
    const { disk } = await withOne('spooled', true);
    disk.plant(`${ROOT}/note.txt`, 'mine');
    disk.plant(`${ROOT}/old/x`, 'y');
    const { findings } = await openSpool(disk);
    expect(findings).toMatchObject([
      { kind: 'left', name: 'note.txt' },
      { kind: 'left', name: 'old' },
    ]);
    expect(disk.peek(`${ROOT}/old/x`)).toBeDefined();
  });

  test('are none that the layout has', async () => {
    const { disk } = await withOne('spooled', true);
    for (const path of Object.values(spoolLayout(ROOT)))
      if ((await disk.stat(path)) === undefined) disk.plant(path, 'x');
    disk.plant(`${ROOT}/given.json.new`, 'x');
    const { findings } = await openSpool(disk);
    expect(findings.filter(({ reason }) => reason === 'not ours')).toEqual([]);
    expect(disk.peek(`${ROOT}/given.json.new`)).toBeUndefined();
  });

  test('in its folders go to the quarantine, whatever they are', async () => {
    const { disk, prepared } = await withOne('receipted', false);
    disk.plant(`${ROOT}/ready/stray`, 'a');
    disk.plant(`${ROOT}/ready/${'b'.repeat(25)}a`, 'a file with the name of a recording');
    disk.plantOther(`${ROOT}/ready/${'c'.repeat(25)}a`);
    disk.plant(`${ROOT}/staging/old-thing/x`, 'a');
    disk.plant(`${ROOT}/staging/${'d'.repeat(25)}a/surprise`, 'a');
    disk.plant(`${ROOT}/released/x`, 'a');
    disk.plant(`${ROOT}/ready/${prepared.recording}/.DS_Store`, 'a');
    const { spool, findings, conditions } = await openSpool(disk);
    expect(findings.map(({ kind }) => kind)).toEqual(Array.from({ length: 7 }, () => 'quarantined'));
    expect(names(disk, 'quarantine').sort()).toEqual(
      [
        'stray',
        `${'b'.repeat(25)}a`,
        `${'c'.repeat(25)}a`,
        'old-thing/x',
        `${'d'.repeat(25)}a/surprise`,
        'x',
        `${prepared.recording}..DS_Store`,
      ].sort(),
    );
    expect(spool.stateOf(prepared.recording)).toBe('receipted');
    expect(conditions.facts('spool.quarantine')).toMatchObject({ entries: 7 });
  });

  test('of the same name are kept apart', async () => {
    const disk = await freshDisk();
    for (let count = 0; count < 3; count++) {
      disk.plant(`${ROOT}/ready/stray`, String(count));
      await openSpool(disk);
    }
    expect(names(disk, 'quarantine')).toEqual(['stray', 'stray.2', 'stray.3']);
    expect(Buffer.from(disk.peek(`${ROOT}/quarantine/stray`) ?? '').toString()).toBe('0');
  });

  test('in great number are moved in part, and the rest is named and left', async () => {
    const disk = await freshDisk();
    for (let count = 0; count < 1200; count++) disk.plant(`${ROOT}/ready/odd-${count}`, '');
    const { findings } = await openSpool(disk);
    expect(names(disk, 'quarantine')).toHaveLength(1000);
    expect(findings.length).toBeLessThanOrEqual(1001);
    await openSpool(disk);
    expect(names(disk, 'quarantine')).toHaveLength(1200);
  });

  test('in the place of its folders are put aside', async () => {
    const disk = new CrashDisk();
    const made = await freshDisk();
    disk.plant(`${ROOT}/spool.json`, made.peek(`${ROOT}/spool.json`) as Uint8Array);
    disk.plant(`${ROOT}/ready`, 'not a folder');
    const { findings } = await openSpool(disk);
    expect(findings).toContainEqual({ kind: 'left', name: 'ready.odd', reason: 'was not a folder' });
    expect(disk.peek(`${ROOT}/ready.odd`)).toBeDefined();
  });
});

describe('leftovers of ours', () => {
  test('an unfinished sealing is removed and named', async () => {
    const disk = await freshDisk();
    const { spool } = await openSpool(disk);
    const prepared = prepare(seededRandom(1));
    const staging = await spool.stage(prepared.recording);
    const file = await disk.create(staging.payloadPath);
    await file.write(prepared.payload, 0);
    const { findings } = await openSpool(disk.crash(disk.steps, 'everything'));
    expect(findings).toEqual([{ kind: 'discarded', name: prepared.recording, reason: 'unfinished sealing' }]);
  });

  test('half a receipt is removed, and the recording is spooled', async () => {
    for (const half of ['receipt.json', 'receipt.json.minisig', 'receipt.json.new']) {
      const { disk, prepared } = await withOne('spooled', true);
      disk.plant(`${ROOT}/ready/${prepared.recording}/${half}`, 'x');
      const { spool, findings } = await openSpool(disk);
      expect(findings).toEqual([]);
      expect(spool.stateOf(prepared.recording)).toBe('spooled');
      expect(names(disk, `ready/${prepared.recording}`)).toHaveLength(4);
    }
  });
});

describe('the index', () => {
  test('spares reading manifests, and is not needed', async () => {
    const { disk, prepared } = await withOne('spooled', true);
    const reads = async (at: CrashDisk): Promise<number> => {
      const before = at.calls('readAll');
      const { spool } = await openSpool(at);
      expect(spool.get(prepared.recording)).toMatchObject({
        state: 'spooled',
        camera: CAMERA,
        sealedSizeBytes: 5000,
      });
      expect(await spool.lastManifestSha256(CAMERA)).toBe(sha256Hex(prepared.documents.manifestBytes));
      return at.calls('readAll') - before;
    };
    const without = disk.crash(0, 'nothing');
    await without.unlink(`${ROOT}/ledger.jsonl`);
    expect((await reads(without)) - (await reads(disk))).toBe(2); // the manifest and its signature
  });

  test('that is damaged, of another spool, or of a recording that is gone changes nothing', async () => {
    const { disk, prepared } = await withOne('spooled', true);
    const index = disk.peek(`${ROOT}/ledger.jsonl`) as Uint8Array;
    for (let at = 0; at < index.length; at += 7) {
      const after = disk.crash(0, 'nothing');
      after.corrupt(`${ROOT}/ledger.jsonl`, (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 4;
        return bytes;
      });
      const { spool, findings } = await openSpool(after);
      expect(findings).toEqual([]);
      expect(spool.get(prepared.recording)?.manifestSha256).toBe(sha256Hex(prepared.documents.manifestBytes));
    }
    for (const length of [0, 1, index.length >> 1, index.length - 1]) {
      const after = disk.crash(0, 'nothing');
      after.plant(`${ROOT}/ledger.jsonl`, index.subarray(0, length));
      expect([...(await openSpool(after)).spool.recordings()]).toHaveLength(1);
    }
    const empty = await freshDisk();
    empty.plant(`${ROOT}/ledger.jsonl`, index);
    const { spool } = await openSpool(empty);
    expect([...spool.recordings()]).toEqual([]);
    expect(await spool.lastManifestSha256(CAMERA)).toBeNull();
  });
});

test('caches of earlier versions are removed, and nothing is said of them', async () => {
  const { disk, prepared } = await withOne('spooled', true);
  const earlier = ['index.jsonl', 'released.jsonl', 'custody-index.jsonl', 'index.jsonl.new'];
  for (const name of earlier) disk.plant(`${ROOT}/${name}`, '{"type":"spool-index","version":4}');
  const { spool, findings } = await openSpool(disk);
  expect(findings).toEqual([]);
  expect(spool.stateOf(prepared.recording)).toBe('spooled');
  expect(disk.peekNames(ROOT)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/index|released\.jsonl/)]),
  );
});

describe('damage', () => {
  const changes: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    'cut to nothing': () => new Uint8Array(0),
    'cut in half': (bytes) => bytes.subarray(0, bytes.length >> 1),
    'one byte shorter': (bytes) => bytes.subarray(0, -1),
    'one byte longer': (bytes) => Buffer.concat([bytes, Buffer.from('x')]),
    'zeroed in part': (bytes) => bytes.fill(0, bytes.length >> 2, (bytes.length >> 2) + 4096),
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [
        `one bit flipped at ${at}/8`,
        (bytes: Uint8Array) => {
          const place = Math.floor((bytes.length * at) / 8);
          bytes[place] = (bytes[place] ?? 0) ^ (1 << at);
          return bytes;
        },
      ]),
    ),
  };

  /** Whether what the spool shows of the recording after a start is beyond doubt good: documents, receipt, chunk list, payload. */
  async function passes({ spool }: Opened, disk: CrashDisk, prepared: Prepared): Promise<boolean> {
    const { recording } = prepared;
    const entry = spool.get(recording);
    if (entry === undefined) return false;
    try {
      await spool.readManifest(recording);
      if (entry.state !== 'released') {
        const chunks = await spool.readChunks(recording);
        const payload = disk.peek(entry.payloadPath) ?? new Uint8Array(0);
        if (sha256Hex(payload) !== Buffer.from(chunks).toString('hex')) return false;
      }
      if (entry.state === 'receipted') await spool.reclaim(recording);
      return true;
    } catch {
      return false;
    }
  }

  /** The first line of a signature file and its last line end are not signed: damage there harms nobody. */
  function stillVerifies(prepared: Prepared, name: string, bytes: Uint8Array | undefined): boolean {
    const ours = name.startsWith('manifest');
    const document = ours ? prepared.documents.manifestBytes : prepared.receipt.bytes;
    const comment = ours ? MANIFEST_TRUSTED_COMMENT : RECEIPT_TRUSTED_COMMENT;
    const keys = [publicKeyOf(ours ? stationKey : storeKey)];
    try {
      verifyDocument(document, Buffer.from(bytes ?? '').toString(), comment, keys);
      return name.endsWith('.minisig');
    } catch {
      return false;
    }
  }

  for (const indexed of [true, false])
    for (const name of [
      'manifest.json',
      'manifest.json.minisig',
      'payload.age',
      'chunks.bin',
      'receipt.json',
      'receipt.json.minisig',
    ])
      test(`of ${name} is found at the start or before it is used, ${indexed ? 'with' : 'without'} an index`, async () => {
        const made = await withOne('receipted', indexed);
        for (const [what, change] of Object.entries(changes)) {
          const disk = made.disk.crash(0, 'nothing');
          const path = `${ROOT}/ready/${made.prepared.recording}/${name}`;
          disk.corrupt(path, change);
          const damaged = disk.peek(path);
          if (stillVerifies(made.prepared, name, damaged)) continue;
          const opened = await openSpool(disk);
          expect(await passes(opened, disk, made.prepared), what).toBe(false);
          const kept = [...disk.tree(ROOT)].some(
            ([, bytes]) => bytes && damaged && Buffer.from(bytes).equals(damaged),
          );
          expect(kept, `${what}: the damaged file is kept`).toBe(true);
        }
      });

  test('passes nothing that is whole by mistake: an untouched recording is good', async () => {
    for (const indexed of [true, false]) {
      const { disk, prepared } = await withOne('receipted', indexed);
      expect(await passes(await openSpool(disk), disk, prepared)).toBe(true);
    }
  });

  test('of the released documents leaves them where a person finds them', async () => {
    const { disk, prepared } = await withOne('released', false);
    disk.corrupt(`${ROOT}/released/${prepared.recording}/manifest.json`, () => Buffer.from('{}'));
    const { spool } = await openSpool(disk);
    expect(spool.stateOf(prepared.recording)).toBeUndefined();
    expect(names(disk, `quarantine/${prepared.recording}`)).toHaveLength(4);
  });
});

test('a payload that the disk did not let go at one start goes at the next one that it lets', async () => {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const one = prepare(seededRandom(23), { sizeBytes: 5000 });
  await spoolOne(disk, spool, one);
  await receiptOne(spool, one);
  const payload = `${ROOT}/released/${one.recording}/payload.age`;
  disk.fail({ operation: 'unlink', nth: 1, times: 2, code: 'EIO', path: payload });
  await expect(spool.reclaim(one.recording)).rejects.toMatchObject({ code: 'spool.write-failed' });
  await spool.close();
  for (const isThere of [true, false]) {
    const again = await openSpool(disk);
    expect(again.spool.stateOf(one.recording)).toBe('released');
    await again.spool.close();
    expect(disk.peek(payload) !== undefined).toBe(isThere);
  }
});
