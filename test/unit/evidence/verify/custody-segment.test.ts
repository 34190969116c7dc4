import { expect, test } from 'vitest';
import { SegmentWalk } from '../../../../agent/evidence/verify/custody-segment.ts';
import { remedyOf } from '../../../../agent/evidence/verify/remark.ts';
import { chainGroups, type ChainedGroups } from '../../../../protocol/custody/custody-chain.ts';
import { CHAIN_START } from '../../../../protocol/custody/custody-entry.ts';
import { parseSegmentId, parseStationId } from '../../../../protocol/format/ids.ts';
import { inlineSigner, makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';

const random = new SeededRandom(31);
const [known, lost] = [makeSecretKey(random), makeSecretKey(random)];
const station = parseStationId('townhall-1');
const segment = parseSegmentId('abcdefghijklmnopqrstuvwxye');
const stamp = { at: '2026-11-25T09:00:00.000Z', boot: null, monotonic_ms: 1 };

/** Thirty groups of one entry with its checkpoint. */
async function thirtyGroups(): Promise<Uint8Array> {
  let chained: Pick<ChainedGroups, 'bytes' | 'state'> = { bytes: new Uint8Array(0), state: CHAIN_START };
  const parts: Uint8Array[] = [];
  for (let group = 0; group < 30; group++) {
    const [event, facts] =
      group === 0 ? (['segment-opened', { segment, station }] as const) : (['agent-stopped', {}] as const);
    const context = { station, segment, signer: inlineSigner(lost), stamp: () => stamp };
    chained = await chainGroups(chained.state, [{ ...stamp, event, facts }], context);
    parts.push(chained.bytes);
  }
  return Buffer.concat(parts);
}

test('a segment of a key that is not known is told as that, also where it is told in a sum, with a remedy that fits', async () => {
  const walk = new SegmentWalk({
    segment,
    where: 'custody',
    station,
    keys: () => [publicKeyOf(known)],
    visit: () => undefined,
  });
  let offset = 0;
  for (const line of Buffer.from(await thirtyGroups())
    .toString('utf8')
    .split('\n')
    .slice(0, -1)) {
    walk.take({ bytes: Buffer.from(line), offset, ended: true, oversize: false });
    offset += line.length + 1;
  }
  const remarks = walk.finish(false).filter(({ kind }) => kind === 'finding');
  expect(new Set(remarks.map(({ code }) => code))).toEqual(
    new Set(['custody.checkpoint-signature-unknown-key']),
  );
  expect(remarks.at(-1)?.message).toBe('10 more of these in this segment');
  for (const remark of remarks) {
    expect(remedyOf(remark, 'en')).toMatch(/key id .* into the folder of keys beside the old one/);
    expect(remedyOf(remark, 'de')).toMatch(/Schlüsselnummer .* in den Ordner der Schlüssel/);
  }
});
