// The store's key changes: what the earlier key receipted stays as it was signed, however often it is offered again, and whichever key its station counts (SPEC 4.2.4).
import { expect, test } from 'vitest';
import { makeSecretKey, publicKeyOf, type SecretKey } from '../../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { BenchTop, STATION_KEY, STORE_KEY } from '../bench-top.ts';
import { makeDockingSample } from '../docking-sample.ts';
import { STATION, type Sample } from '../sample.ts';
import type { ScriptedStation } from '../scripted-station.ts';

const NEXT_KEY = makeSecretKey(new SeededRandom(12));
const TURNS = 12;
/** Longer than any pause between two offers that only wait. */
const PAUSE_MS = 70_000;

for (const kind of ['recording', 'docking'] as const)
  for (const [who, pinned] of [
    ['pins the earlier key', STORE_KEY],
    ['pins the new key alone', NEXT_KEY],
  ] as const)
    test(`${kind}: a station that ${who} is given what lies there, and the vault stays as it is`, async () => {
      const top = new BenchTop(3);
      const sample = kind === 'docking' ? makeDockingSample(top.random, STATION_KEY) : top.sample(700_000);
      const isSealed = (it: typeof sample): it is Sample => 'payload' in it;
      const offer = (to: ScriptedStation): unknown =>
        isSealed(sample) ? to.push(sample) : to.offerDocking(sample);
      const file = (name: string): string =>
        Buffer.from(top.disk.peek(`/vault/${STATION}/${sample.recording}/${name}`) ?? []).toString();
      const first = await top.receiver();
      const before = await top.station();
      await offer(before);
      await top.until('receipt', () => before.receipts.has(sample.recording));
      await before.stop();
      await first.stop();
      await first.broker.close(true);
      const there = [file('receipt.json'), file('receipt.json.minisig')];

      await top.receiver({ key: NEXT_KEY });
      const logKeys = [STORE_KEY, NEXT_KEY].map((key: SecretKey) => publicKeyOf(key));
      const station = await top.station({ storeKey: publicKeyOf(pinned), logKeys });
      for (let turn = 0; turn < TURNS; turn++) {
        await offer(station);
        await top.clock.advance(PAUSE_MS);
      }
      expect([file('receipt.json'), file('receipt.json.minisig')]).toEqual(there);
      expect(station.receipts.has(sample.recording)).toBe(pinned === STORE_KEY);
      expect(station.refusedReceipts.length > 0).toBe(pinned === NEXT_KEY);
    });
