// What every Vault must do together with a UnitStore: work that is taken up again, completing, receipts, epochs.
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { parseStationId } from '../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { makeSecretKey, type SecretKey } from '../../protocol/documents/minisign.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import {
  allUnits,
  completeSample,
  fillUnits,
  openSample,
  storeUnit,
  type Access,
} from '../unit/receiver/transfer/reassembly.ts';
import { makeDockingSample } from '../unit/receiver/docking-sample.ts';
import { makeSample } from '../unit/receiver/sample.ts';
import type { ContractRunner } from './runner.ts';

/** One vault, which receivers open and which is taken away at the end. */
export interface VaultSubject {
  /** A further run of that receiver; what an earlier one did stays. */
  open(receiver: string): Promise<Access>;
  close(): Promise<void>;
}

const random = new SeededRandom(7);
const key: SecretKey = makeSecretKey(random);
const RECEIPT = { bytes: Buffer.from('{"a":1}'), signature: 'signature\n' };

type Run = (name: string, run: (subject: VaultSubject) => Promise<void>) => void;

function completeContract(test: Run): void {
  test('a recording that was completed is found whole, with its documents', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, UNIT_BYTES + 100);
    assert.equal(await access.vault.find(sample), undefined);
    await completeSample(access, sample);
    const stored = await access.vault.find(sample);
    assert.ok(stored !== undefined && stored !== 'damaged');
    assert.deepEqual(Buffer.from(stored.manifest.bytes), Buffer.from(sample.offer.bytes));
    assert.equal(stored.manifest.signature, sample.offer.signature);
    assert.equal(stored.payloadBytes, sample.payload.length);
    assert.equal(stored.receipt, undefined);
    assert.equal(await access.units.checkDigests(stored.places.chunksPath, sample.subject), true);
    const open = await access.units.open(stored.places, sample.subject, { kind: 'read' });
    for (const unit of allUnits(sample)) assert.equal(await open.holdsUnit(unit), true);
    await open.close();
  });

  test('a receipt is found once it was stored, and replaced by a later one', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 100);
    await completeSample(access, sample);
    await access.vault.secure(sample);
    for (const receipt of [RECEIPT, { bytes: Buffer.from('{"b":2}'), signature: 'other\n' }]) {
      await access.vault.storeReceipt(sample, receipt);
      const stored = await access.vault.find(sample);
      assert.ok(stored !== undefined && stored !== 'damaged');
      assert.deepEqual(Buffer.from(stored.receipt?.bytes ?? []), receipt.bytes);
      assert.equal(stored.receipt?.signature, receipt.signature);
    }
  });

  test('a recording that was set aside is no longer found and can be received again', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 100);
    await completeSample(access, sample);
    await access.vault.setAside(sample, 'test');
    assert.equal(await access.vault.find(sample), undefined);
    await completeSample(access, sample);
    assert.notEqual(await access.vault.find(sample), undefined);
  });
}

function dockingContract(test: Run): void {
  test('a docking record is found whole with its receipt, and is no recording', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeDockingSample(random, key);
    assert.equal(await access.vault.findDocking(sample), undefined);
    assert.equal(await access.vault.placeDocking(sample, sample.offer, RECEIPT), true);
    await access.vault.secureDocking(sample);
    const stored = await access.vault.findDocking(sample);
    assert.ok(stored !== undefined && stored !== 'damaged');
    assert.deepEqual(Buffer.from(stored.record.bytes), Buffer.from(sample.offer.bytes));
    assert.equal(stored.record.signature, sample.offer.signature);
    assert.deepEqual(Buffer.from(stored.receipt?.bytes ?? []), RECEIPT.bytes);
    assert.equal(stored.receipt?.signature, RECEIPT.signature);
    assert.equal(await access.vault.find(sample), 'damaged');
  });

  test('what is in place stays: a second record under its id, and one where a recording lies, are not placed', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeDockingSample(random, key);
    const other = makeDockingSample(random, key, { docking: sample.record.docking, ended: 'stopped' });
    const recording = makeSample(random, key, 100);
    await completeSample(access, recording);
    await access.vault.placeDocking(sample, sample.offer, RECEIPT);
    assert.equal(await access.vault.placeDocking(other, other.offer, RECEIPT), false);
    assert.equal(await access.vault.placeDocking(recording, sample.offer, RECEIPT), false);
    assert.equal(await access.vault.findDocking(recording), 'damaged');
    assert.equal(typeof (await access.vault.find(recording)), 'object');
    const stored = await access.vault.findDocking(sample);
    assert.ok(typeof stored === 'object');
    assert.deepEqual(Buffer.from(stored.record.bytes), Buffer.from(sample.offer.bytes));
  });

  test('a docking record that was set aside is no longer found and can be placed again', async (subject) => {
    const { vault } = await subject.open('r-a');
    const sample = makeDockingSample(random, key);
    await vault.placeDocking(sample, sample.offer, RECEIPT);
    await vault.setAside(sample, 'test');
    assert.equal(await vault.findDocking(sample), undefined);
    assert.equal(await vault.placeDocking(sample, sample.offer, RECEIPT), true);
  });
}

function unitContract(test: Run): void {
  test('a unit with other bytes is not written, and the right one is', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 2 * UNIT_BYTES);
    const work = await openSample(access, sample);
    await fillUnits(access, work, sample, []);
    const open = await access.units.open(work.places, sample.subject, { kind: 'write', digestsWhole: true });
    assert.equal(await storeUnit(access, open, sample, 0, sample.payload.subarray(1, UNIT_BYTES + 1)), false);
    assert.equal(await open.holdsUnit(0), false);
    assert.equal(await storeUnit(access, open, sample, 0), true);
    assert.equal(await open.holdsUnit(0), true);
    assert.equal(await open.holdsUnit(1), false);
    await open.close();
    await work.release();
  });

  test('a digest list with another digest is wrong, is forgotten whole, and no unit is taken by it', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 3 * UNIT_BYTES);
    const work = await openSample(access, sample);
    const open = await access.units.open(work.places, sample.subject, { kind: 'write', digestsWhole: false });
    const altered = sample.chunks.slice();
    altered[40] = (altered[40] ?? 0) ^ 1;
    assert.equal(await open.appendDigests(0, altered), 'wrong');
    assert.equal(await storeUnit(access, open, sample, 0), false);
    assert.equal(await open.appendDigests(0, sample.chunks.subarray(0, 40)), 'more');
    const last = open.appendDigests(40, sample.chunks.subarray(40));
    const unit = storeUnit(access, open, sample, 0); // behind the list, without waiting for it
    assert.equal(await last, 'whole');
    assert.equal(await unit, true);
    await open.close();
    await work.release();
  });
}

function resumeContract(test: Run): void {
  test('work that was given back is taken up with its digest list and its units', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 3 * UNIT_BYTES + 5);
    const first = await openSample(access, sample);
    assert.equal(first.digestsFound, false);
    await fillUnits(access, first, sample, [0, 2]);
    await first.sync();
    await first.release();
    const second = await openSample(access, sample);
    assert.equal(second.digestsFound, true);
    assert.equal(second.payloadBytes, 3 * UNIT_BYTES);
    const open = await access.units.open(second.places, sample.subject, { kind: 'read' });
    const held = [];
    for (const unit of allUnits(sample)) held.push(await open.holdsUnit(unit));
    assert.deepEqual(held, [true, false, true, false]);
    await open.close();
    await fillUnits(access, second, sample, [1, 3]);
    await second.complete();
    assert.notEqual(await access.vault.find(sample), undefined);
    assert.equal(await access.vault.mayBegin(sample), true);
  });

  test('work whose sync failed begins again without its payload', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 2 * UNIT_BYTES);
    const first = await openSample(access, sample);
    await fillUnits(access, first, sample, [0]);
    await first.abandon();
    const second = await openSample(access, sample);
    assert.equal(second.payloadBytes, 0);
    await second.release();
  });

  test('an id that another station has is its, in place or on its way, and not one that this station has begun itself', async (subject) => {
    const access = await subject.open('r-a');
    const [whole, begun] = [makeSample(random, key, 100), makeSample(random, key, UNIT_BYTES + 100)];
    await completeSample(access, whole);
    await (await openSample(access, begun)).release();
    const station = parseStationId('dock-9');
    for (const { recording, station: holder } of [whole, begun]) {
      assert.equal(await access.vault.otherHolder({ station, recording }), holder);
      assert.equal(await access.vault.otherHolder({ station: holder, recording }), undefined);
    }
    const both = makeSample(random, makeSecretKey(random), 200, { station, recording: begun.recording });
    await (await openSample(access, both)).release();
    assert.equal(await access.vault.otherHolder(both), undefined);
    assert.equal(await access.vault.otherHolder(makeSample(random, key, 100)), undefined);
  });

  test('another genuine manifest under the same id is a conflict; one that is not genuine is replaced', async (subject) => {
    const access = await subject.open('r-a');
    const sample = makeSample(random, key, 100);
    const other = makeSample(random, key, 200, { recording: sample.recording });
    const work = await openSample(access, sample);
    await work.release();
    await assert.rejects(
      openSample(access, other, () => true),
      { code: 'vault.recording-conflict' },
    );
    await completeSample(access, other);
    const stored = await access.vault.find(other);
    assert.ok(stored !== undefined && stored !== 'damaged');
    assert.deepEqual(Buffer.from(stored.manifest.bytes), Buffer.from(other.offer.bytes));
  });
}

function epochContract(test: Run): void {
  test('each run has a higher epoch than those before it, whoever runs', async (subject) => {
    const epochs: number[] = [];
    for (const receiver of ['r-a', 'r-a', 'r-b', 'r-a']) {
      const { vault } = await subject.open(receiver);
      epochs.push(vault.epoch);
      if (receiver === 'r-b') await vault.close();
    }
    assert.deepEqual(
      epochs,
      [...new Set(epochs)].toSorted((a, b) => a - b),
    );
  });

  test('work that a run left is taken up by the next one', async (subject) => {
    const first = await subject.open('r-a');
    const sample = makeSample(random, key, 3 * UNIT_BYTES);
    await fillUnits(first, await openSample(first, sample), sample, [0, 1]);
    const next = await subject.open('r-b');
    const work = await openSample(next, sample);
    assert.equal(work.digestsFound, true);
    assert.equal(work.payloadBytes, 2 * UNIT_BYTES);
    await fillUnits(next, work, sample, allUnits(sample));
    await work.complete();
    assert.notEqual(await next.vault.find(sample), undefined);
    assert.equal(await next.vault.unfinishedBytes(sample), 0);
  });
}

/** Runs the suite; `make` gives a fresh, empty vault per test. */
export function vaultContract(runner: ContractRunner, make: () => Promise<VaultSubject>): void {
  const test: Run = (name, run) =>
    runner.test(name, async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  completeContract(test);
  dockingContract(test);
  unitContract(test);
  resumeContract(test);
  epochContract(test);
}
