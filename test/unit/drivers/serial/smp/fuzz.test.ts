// A fuzzer between camera and station (CAM-25): whatever comes, an error has a name, a wait an end, memory a bound, and nothing is erased that
// the store does not have. Seeds that failed are kept in fuzz-seeds.ts.
import { encode } from 'cborg';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CameraSession } from '../../../../../drivers/driver.ts';
import { SmpClient } from '../../../../../drivers/serial/smp/client.ts';
import { consoleFraming } from '../../../../../drivers/serial/smp/framing.ts';
import { parseMap } from '../../../../../drivers/serial/smp/packet.ts';
import { mcumgrCbor } from '../../../../../drivers/simulated/smp-groups.ts';
import { sha256 } from '../../../../../protocol/format/bytes.ts';
import { DockError, isDockError } from '../../../../../protocol/format/errors.ts';
import { live, patternBytes, readBytes } from '../../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../../fakes/clock-manual.ts';
import { fuzz } from '../../../../fakes/fuzzing.ts';
import { heldBytes } from '../../../../fakes/held-bytes.ts';
import { passing } from '../../../../fakes/passing.ts';
import { smpBench } from '../../../../fakes/smp-subject.ts';
import { FUZZ_SEEDS } from './fuzz-seeds.ts';

const DAY_MS = 86_400_000;
const LF = 0x0a;

function check<T>(
  name: keyof typeof FUZZ_SEEDS,
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  runs: number,
): Promise<void> {
  return fuzz(property, { name: `smp/fuzz ${name}`, runs, kept: FUZZ_SEEDS[name] });
}

/** Values as a hostile camera could nest them. */
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.string(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 64 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('value'), { maxKeys: 5 }),
  ),
}));

test('CBOR of any shape, cut and damaged, is a map or is refused, and nothing else is thrown', async () => {
  const damaged = fc.tuple(anything, fc.boolean(), fc.nat(), fc.nat(), fc.nat(255));
  const property = fc.property(damaged, ([value, isCounted, cut, at, byte]) => {
    const whole = isCounted ? encode(value) : mcumgrCbor(value);
    for (const data of [whole, whole.subarray(0, cut % (whole.length + 1)), withByte(whole, at, byte)]) {
      try {
        expect(Object.getPrototypeOf(parseMap(data))).toBe(Object.prototype);
      } catch (error) {
        expect(isDockError(error, 'smp.malformed'), String(error)).toBe(true);
      }
    }
  });
  await check('cbor', property, 1500);
});

function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[at % copy.length] = byte;
  return copy;
}

/** What becomes of one answer on its way. */
type Mishap =
  | { readonly kind: 'lost' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'kept-back' }
  | { readonly kind: 'flipped'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'noise'; readonly bytes: Uint8Array }
  | { readonly kind: 'value'; readonly value: unknown };

const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.constantFrom<Mishap>({ kind: 'lost' }, { kind: 'twice' }, { kind: 'kept-back' }),
  fc.record({ kind: fc.constant('flipped' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('noise' as const), bytes: fc.uint8Array({ maxLength: 200 }) }),
  fc.record({ kind: fc.constant('value' as const), value: anything }),
);

const FILES = { 'DCIM/A.MP4': patternBytes(3000), 'DCIM/B.MP4': patternBytes(500, 2) };

/** What a station does, to the end of what works; gives the files that were read whole, and the error that ended it. */
async function visit(session: CameraSession, stored: Map<string, Buffer>): Promise<void> {
  const { entries } = await session.inventory(live());
  for (const entry of entries) {
    const bytes = await readBytes(session, entry).catch(onlyNamed);
    if (bytes === undefined) continue;
    stored.set(Buffer.from(entry.path).toString(), bytes);
    await session.erase(entry, live(), sha256(bytes)).catch(onlyNamed);
  }
  await session.readClock(live());
  await session.condition(live());
}

function onlyNamed(error: unknown): undefined {
  if (!isDockError(error)) throw error;
}

test('a docking over a line on which any answer may be lost, damaged, doubled, late or replaced', async () => {
  const inputs = fc.record({
    framing: fc.constantFrom<'console' | 'raw'>('console', 'raw'),
    pieceBytes: fc.constantFrom(1, 7, 100_000),
    mishaps: fc.array(fc.tuple(fc.nat(4), mishap), { maxLength: 12 }),
  });
  const property = fc.asyncProperty(inputs, async ({ framing, pieceBytes, mishaps }) => {
    const clock = new ManualClock();
    const bench = smpBench({ framing, pieceBytes, bufSize: 512, time: clock });
    for (const [name, bytes] of Object.entries(FILES)) bench.files.put(name, bytes);
    disturb(bench.socket.end, mishaps);
    const stored = new Map<string, Buffer>();
    const { error } = await passing(
      clock,
      (async () => {
        const session = await bench.subject.driver.open(bench.place, live());
        try {
          await visit(session, stored);
        } finally {
          await session.close();
        }
      })(),
      DAY_MS,
    );
    if (error !== undefined) expect(error).toBeInstanceOf(DockError);
    for (const [name, bytes] of Object.entries(FILES)) {
      const read = stored.get(name);
      if (read !== undefined) expect(read.equals(bytes), `${name} was read wrongly`).toBe(true);
      const isThere = bench.files.bytes(name) !== undefined;
      expect(isThere || read !== undefined, `${name} was erased and never read`).toBe(true);
    }
  });
  await check('answers', property, 60);
});

/** Puts mishaps between camera and station: each happens so many answers after the one before it. */
function disturb(
  end: { write(bytes: Uint8Array): Promise<void> },
  mishaps: readonly (readonly [number, Mishap])[],
): void {
  const write = end.write.bind(end);
  const left = [...mishaps];
  let wait = left[0]?.[0] ?? Infinity;
  let keptBack: Uint8Array | undefined;
  end.write = async (bytes) => {
    const next = wait-- <= 0 ? left.shift()?.[1] : undefined;
    if (next !== undefined) wait = left[0]?.[0] ?? Infinity;
    for (const piece of outcome(bytes, next)) await write(piece);
    if (keptBack !== undefined) await write(keptBack);
    keptBack = next?.kind === 'kept-back' ? Uint8Array.from(bytes) : undefined;
  };
}

function outcome(bytes: Uint8Array, next: Mishap | undefined): Uint8Array[] {
  if (next === undefined) return [bytes];
  if (next.kind === 'lost' || next.kind === 'kept-back') return [];
  if (next.kind === 'twice') return [bytes, bytes];
  if (next.kind === 'cut') return [bytes.subarray(0, next.at % (bytes.length + 1))];
  if (next.kind === 'noise') return [next.bytes, bytes];
  if (next.kind === 'value') return [encode(next.value), bytes];
  const at = next.at % Math.max(1, bytes.length);
  return [withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << next.bit))];
}

test('a line that never stops talking takes no memory, neither here nor there', async () => {
  const bench = smpBench();
  const line = await bench.socket.openLine({ path: 'bay-1', baud: 115_200 }, live());
  const client = new SmpClient(line, consoleFraming, new ManualClock(), 115_200);
  const noise = patternBytes(64 * 1024).map((byte) => (byte === LF ? 0 : byte));
  const before = await heldBytes();
  for (let each = 0; each < 512; each++) {
    await bench.socket.end.write(noise);
    bench.line.take(noise);
  }
  expect(client.faults.noiseBytes).toBeGreaterThan(30_000_000);
  expect((await heldBytes()) - before).toBeLessThan(2 * 1024 * 1024);
  await client.close();
});
