// Whatever a recorder answers, or does not (CAM-25): coded errors only, no wait beyond its deadline, each password once in a stay for a
// dialect, nothing asked that a dock has no business to ask, no file touched. Seeds that once failed are kept.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { live, patternBytes } from '../../../contracts/driver-subject.ts';
import type { ComesBackAs, Misdeed, Step } from '../../../fakes/ambarella/misdeeds.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { FUZZ_MS, fuzz, type KeptSeed } from '../../../fakes/fuzzing.ts';
import { bench, DIALECTS, PLACE } from './bench.ts';

const KEPT: readonly KeptSeed[] = [];
/** All transfers of a docking at their deadlines, and the wait for the disk. */
const DOCKING_MS = 130_000;
const STEPS: readonly Step[] = ['greet', 'log-in', 'tell', 'battery', 'show-disk'];
const BACK: readonly ComesBackAs[] = [
  'disk',
  'nothing',
  'stays',
  'recorder',
  'other-kind',
  'other-disk',
  'disk-with-keyboard',
];

const misdeed: fc.Arbitrary<Misdeed | undefined> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  fc.constantFrom<Misdeed>({ kind: 'silent' }, { kind: 'stalls' }, { kind: 'leaves' }, { kind: 'refuses' }),
  fc.uint8Array({ maxLength: 120 }).map((bytes): Misdeed => ({ kind: 'sends', bytes: () => bytes })),
  fc.tuple(fc.nat(120), fc.nat(255), fc.nat(120)).map(([at, byte, cut]): Misdeed => ({
    kind: 'sends',
    bytes: (answer) => {
      const changed = Uint8Array.from(answer);
      changed[at % Math.max(1, changed.length)] = byte;
      return changed.subarray(0, Math.max(1, cut));
    },
  })),
);

test(
  'a recorder that does anything at any step ends in a session or a code, in time, and loses no file',
  async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...DIALECTS),
      fc.tuple(...STEPS.map(() => misdeed)),
      fc.constantFrom(...BACK),
      async (dialect, misdeeds, comesBackAs) => {
        const clock = new ManualClock();
        const made = bench({ clock, dialect });
        const { recorder } = made;
        recorder.camera.put('A.MP4', patternBytes(50));
        for (const [index, step] of STEPS.entries()) {
          const chosen = misdeeds[index];
          if (chosen !== undefined) recorder.misdeeds.at[step] = chosen;
        }
        recorder.misdeeds.comesBackAs = comesBackAs;
        let ended: string | undefined;
        const docking = (async () => {
          const session = await made.driver.open(PLACE, live());
          try {
            await session.identity(live());
            expect(await session.readClock(live())).toBeNull();
            await session.condition(live());
            const { entries } = await session.inventory(live());
            return `listed ${entries.length}`;
          } finally {
            await session.close();
          }
        })().then(
          (value) => (ended = value),
          (error: unknown) => {
            if (!isDockError(error)) throw error;
            ended = error.code;
          },
        );
        await clock.advance(DOCKING_MS);
        expect(ended).toBeDefined();
        await docking;
        expect(made.dock.wires.every((wire) => wire.isClosed)).toBe(true);
        expect(recorder.passwords().length).toBeLessThanOrEqual(1);
        expect(recorder.steps()).not.toContain('other');
        expect(recorder.steps().filter((step) => step === 'show-disk').length).toBeLessThanOrEqual(1);
        expect(recorder.camera.files()).toHaveLength(1);
        if (made.changes.length > 0) expect(made.changes.at(-1)).toBe('end');
      },
    );
    await fuzz(property, { name: 'ambarella/fuzz answers', runs: 400, kept: KEPT });
  },
  60_000 + FUZZ_MS,
);
