// The keeper makes up the deletion that a drop needs, by the store's key: dated back, or dated ahead, or today with a drop right after it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, type Named, refusing, TOOLS } from './attacked-world.ts';

const DAY_MS = 86_400_000;

describe.skipIf(lacksTools(...TOOLS))(
  'a deletion that the keeper makes up before he drops the documents',
  () => {
    let honest: AttackedWorld;
    beforeAll(async () => {
      honest = await AttackedWorld.open();
    });
    afterAll(() => honest.close());

    /** Deletes a recording and drops its documents, each so many days from now by the log. */
    async function removed(deletedInDays: number, droppedInDays: number): Promise<AttackedWorld> {
      const world = await honest.copy();
      const [one] = await world.named('manifest.json');
      if (one === undefined) throw new Error('no recording');
      const log = await world.storeLog();
      const nowMs = Date.parse(log.at);
      const at = (days: number): string => new Date(nowMs + days * DAY_MS).toISOString();
      // What is received long ago is due by now.
      const named: Named = { ...one, received_at: at(deletedInDays - 20) };
      const record = await world.deletion(named, at(deletedInDays));
      const of = { station: one.station, recording: one.recording, deletion_sha256: record.sha256 };
      log.add('deleting', of, at(deletedInDays));
      log.add('deleted', of, at(deletedInDays));
      log.add(
        'documents-dropped',
        { ...named, deletion_sha256: record.sha256, deleted_at: at(deletedInDays) },
        at(droppedInDays),
      );
      await log.close();
      await world.keep(one.recording, record);
      await world.remove(one.recording);
      return world;
    }

    test.each([
      ['today, and the documents at once', 0, 0, 'drop.too-early'],
      ['dated back by 800 days, and the documents today', -800, 0, 'drop.too-early'],
      ['today, and the documents dated ahead', 0, 800, 'drop.in-future'],
    ])('%s, is found', async (_, deleted, dropped, code) => {
      const world = await removed(deleted, dropped);
      expect(await world.verdicts()).toEqual(refusing(code));
      await world.close();
    });

    test('dated ahead with its entries, while the documents stay, is found', async () => {
      const world = await honest.copy();
      const [one] = await world.named('manifest.json');
      if (one === undefined) throw new Error('no recording');
      const log = await world.storeLog();
      const dueAt = new Date(Date.parse(one.received_at) + 15 * DAY_MS).toISOString();
      const { basis, from } = await world.retentionOf(one.recording);
      const due = new Date(Date.parse(from) + 14 * DAY_MS).toISOString();
      const record = await world.deletion(one, dueAt, {
        retention: { days: 14, basis, from_at: from, due_at: due },
      });
      const of = { station: one.station, recording: one.recording, deletion_sha256: record.sha256 };
      log.sayTime(dueAt);
      for (const event of ['deleting', 'deleted']) log.add(event, of, dueAt);
      await log.close();
      await world.deletePayload(one.recording, record);
      const { product, python } = await world.verdicts();
      expect(product).toMatchObject({ exitCode: 1, findings: ['deletion.in-future'] });
      expect(python).toMatchObject({ exitCode: 1, findings: ['deletion.in-future'] });
      await world.close();
    });

    test('and whose record he removes with the documents, is found', async () => {
      const world = await honest.copy();
      const [one] = await world.named('manifest.json');
      if (one === undefined) throw new Error('no recording');
      const log = await world.storeLog();
      const record = await world.deletion(one, log.at);
      const of = { station: one.station, recording: one.recording, deletion_sha256: record.sha256 };
      log.add('deleting', of);
      log.add('deleted', of);
      log.add('documents-dropped', { ...one, deletion_sha256: record.sha256, deleted_at: log.at });
      await log.close();
      await world.remove(one.recording);
      expect(await world.verdicts()).toEqual(refusing('deletion.missing'));
      await world.close();
    });
  },
);
