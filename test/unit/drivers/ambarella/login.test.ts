// Which dialect a recorder speaks, and what its password may be sent to: every misdeed at every step, and no attempt too many.
import { describe, expect, test } from 'vitest';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { live } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import type { Misdeed, Step } from '../../../fakes/ambarella/misdeeds.ts';
import { bench, DIALECTS, PASSWORDS, PLACE, type Bench, type BenchWish } from './bench.ts';

/** Three transfers of each dialect, and more. */
const PROBING_MS = 30_000;

/** Opens while time runs; gives the serial number, or the code of the error. All that waits ends within PROBING_MS. */
async function opened(made: Bench, clock: ManualClock): Promise<string> {
  let result: string | undefined;
  const work = made.driver.open(PLACE, live()).then(
    async (session) => {
      const { serial } = await session.identity(live());
      await session.close();
      result = `open ${serial}`;
    },
    (error: unknown) => {
      if (!isDockError(error)) throw error;
      result = error.code;
    },
  );
  await clock.advance(PROBING_MS);
  if (result === undefined) throw new Error('it still waits');
  await work;
  return result;
}

function made(wish: BenchWish = {}): { clock: ManualClock; it: Bench } {
  const clock = new ManualClock();
  return { clock, it: bench({ clock, ...wish }) };
}

const GARBAGE: Misdeed = { kind: 'sends', bytes: (answer) => Uint8Array.from(answer, (byte) => byte ^ 0xff) };
const SHORT: Misdeed = { kind: 'sends', bytes: (answer) => answer.subarray(0, 3) };
const NOTHING: Misdeed = { kind: 'sends', bytes: () => new Uint8Array(0) };

describe.each(DIALECTS)('a recorder of dialect %s', (dialect) => {
  test('is understood, let in and asked who it is, with one password for each dialect that could be meant', async () => {
    const { clock, it } = made({ dialect });
    const serial = dialect === 'c' ? 'null' : 'KOD000123';
    expect(await opened(it, clock)).toBe(`open ${serial}`);
    expect(it.recorder.passwords()).toEqual([PASSWORDS[dialect]]);
    expect(it.recorder.steps()).not.toContain('other');
    expect(it.told).toEqual(['free']);
  });

  test('that refuses the password hears it once in its stay, and again only after a person came', async () => {
    const { clock, it } = made({
      dialect,
      password: 'x'.repeat(PASSWORDS[dialect].length),
      configured: PASSWORDS[dialect],
    });
    expect(await opened(it, clock)).toBe('driver.password-refused');
    for (let round = 0; round < 5; round++) expect(await opened(it, clock)).toBe('driver.password-refused');
    expect(it.recorder.passwords()).toHaveLength(1);
    it.recorder.plug();
    expect(await opened(it, clock)).toBe('driver.password-refused');
    expect(it.recorder.passwords()).toHaveLength(2);
  });

  test('that refuses three times in a row hears nothing more, until the configuration has another password', async () => {
    const right = PASSWORDS[dialect];
    const { clock, it } = made({ dialect, configured: 'y'.repeat(right.length) });
    const codes: string[] = [];
    for (let round = 0; round < 3; round++) {
      it.recorder.plug();
      codes.push(await opened(it, clock));
    }
    expect(codes).toEqual(['driver.password-refused', 'driver.password-refused', 'driver.locked-out']);
    expect(it.told).toEqual(['locked 3']);
    it.recorder.plug();
    const another = it.another();
    another.plug();
    expect(await opened(it, clock)).toBe('driver.locked-out');
    expect(another.heard).toEqual([]);
    expect(it.recorder.passwords()).toHaveLength(3);
    it.password = right;
    it.recorder.plug();
    expect(await opened(it, clock)).toMatch(/^open /);
    expect(it.told.at(-1)).toBe('free');
  });

  test('that takes the password sets the count back', async () => {
    const { clock, it } = made({ dialect });
    for (let round = 0; round < 4; round++) {
      const isRefused = round % 2 === 0;
      it.recorder.misdeeds.isLocked = isRefused;
      it.recorder.plug();
      expect(await opened(it, clock)).toMatch(isRefused ? /^driver\.password-refused$/ : /^open /);
    }
    expect(it.told).not.toContain('locked 3');
  });

  test.each<[string, Misdeed]>([
    ['is silent', { kind: 'silent' }],
    ['stalls', { kind: 'stalls' }],
    ['leaves', { kind: 'leaves' }],
    ['sends garbage', GARBAGE],
    ['sends three bytes', SHORT],
    ['sends an empty answer', NOTHING],
  ])('that %s when it is sent the password counts as one that refused it', async (_name, misdeed) => {
    const { clock, it } = made({ dialect });
    it.recorder.misdeeds.at['log-in'] = misdeed;
    const codes: string[] = [];
    for (let round = 0; round < 5; round++) {
      it.recorder.plug();
      codes.push(await opened(it, clock));
    }
    expect(codes.slice(2)).toEqual(['driver.locked-out', 'driver.locked-out', 'driver.locked-out']);
    expect(it.recorder.passwords()).toHaveLength(3);
  });

  test('that is not sent the password of another length says which one fits', async () => {
    const wish = { a: 'seven77', b: 'nine99999', c: 'z'.repeat(61) }[dialect];
    const { clock, it } = made({ dialect, configured: wish });
    // What B cannot carry goes out as C, which takes nearly any length: a recorder of B does not answer that.
    expect(await opened(it, clock)).toBe('driver.password-unfit');
    expect(it.recorder.passwords()).toEqual([]);
  });

  test('lets nothing be claimed once it was refused', async () => {
    const { clock, it } = made({ dialect });
    it.recorder.misdeeds.isLocked = true;
    await opened(it, clock);
    expect(it.dock.wires.every((wire) => wire.isClosed)).toBe(true);
    expect(it.dock.wires).toHaveLength(1);
  });
});

describe('the order of probing', () => {
  test('asks dialect A without a password first, and sends none to a camera that does not answer that', async () => {
    const { clock, it } = made({ dialect: 'a', configured: PASSWORDS.a });
    for (const misdeed of [{ kind: 'silent' }, { kind: 'stalls' }, GARBAGE, SHORT] as const) {
      it.recorder.misdeeds.at.greet = misdeed;
      it.recorder.plug();
      const before = it.recorder.passwords().length;
      expect(await opened(it, clock)).not.toMatch(/^open/);
      expect(it.recorder.passwords().slice(before)).toEqual([]);
    }
  });

  test('does not go on behind a dialect that answered, be it a refusal', async () => {
    const { clock, it } = made({ dialect: 'a' });
    it.recorder.misdeeds.isLocked = true;
    expect(await opened(it, clock)).toBe('driver.password-refused');
    expect(it.dock.wires.at(-1)?.transfers).toBe(4); // two for the question, two for the log-in
  });

  test('finds dialect C behind a device with bulk pipes that does not answer on them', async () => {
    const { clock, it } = made({ dialect: 'c', password: PASSWORDS.b, configured: PASSWORDS.b });
    it.recorder.plug(true);
    expect(await opened(it, clock)).toBe('open null');
  });

  test('sends nothing at all without a configured password', async () => {
    const { clock, it } = made({ configured: undefined });
    expect(await opened(it, clock)).toBe('driver.no-password');
    expect(it.recorder.heard).toEqual([]);
    expect(it.dock.wires).toEqual([]);
  });
});

describe('what a camera says of itself', () => {
  test.each<Step>(['tell', 'battery'])(
    'is null where it fails at "%s", and the docking goes on',
    async (step) => {
      for (const misdeed of [{ kind: 'silent' }, { kind: 'stalls' }, { kind: 'refuses' }, SHORT] as const) {
        const { clock, it } = made({ dialect: 'a' });
        it.recorder.misdeeds.at[step] = misdeed;
        expect(await opened(it, clock)).toBe(step === 'tell' ? 'open null' : 'open KOD000123');
      }
    },
  );

  test('is null where the answer is that to another question', async () => {
    const stale = (text: string): Misdeed => ({ kind: 'sends', bytes: () => Buffer.from(text, 'latin1') });
    const b = made({ dialect: 'b' });
    b.it.recorder.misdeeds.at.tell = stale('@Ver;OK;#');
    expect(await opened(b.it, b.clock)).toBe('open null');
    const a = made({ dialect: 'a' });
    a.it.recorder.misdeeds.at.tell = stale('\xa1\xb2\xc3\xd4\0\xe1\x80\x20\0ABCDE');
    expect(await opened(a.it, a.clock)).toBe('open null');
  });

  test('ends the docking where it leaves at that', async () => {
    const { clock, it } = made({ dialect: 'a' });
    it.recorder.misdeeds.at.battery = { kind: 'leaves' };
    expect(await opened(it, clock)).toBe('driver.detached');
  });

  test('is not its password, whatever it sends back', async () => {
    const { clock, it } = made({ dialect: 'b', serial: PASSWORDS.b });
    expect(await opened(it, clock)).toBe('open null');
  });
});
