// Capture times against the dockings around them (SPEC 9.5): what a verification says of one that is signed and does not follow from them,
// and where it says nothing because a good station may have known something else.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DockingRecord } from '../../../../protocol/documents/docking-record.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { verdictOf } from './broken-vault.ts';

const HOUR_MS = 3_600_000;

let vault: VaultBuilder;
beforeEach(async () => {
  vault = await VaultBuilder.create(await mkdtemp(join(tmpdir(), 'bodydock-capture-')));
});
afterEach(() => rm(vault.root, { recursive: true, force: true }));

/** Codes of what is found. */
async function findings(): Promise<readonly string[]> {
  await vault.close();
  return (await verdictOf(vault.vault, vault, { nowMs: Date.parse(vault.clock.now()) })).findings;
}

/** A camera's clock that is off by so much, read now. */
function clockOff(offsetMs: number): NonNullable<DockingRecord['camera_clock']> {
  const at = vault.clock.now();
  const claimed = new Date(Date.parse(at) + offsetMs).toISOString();
  const measured = { offset_ms: offsetMs, uncertainty_ms: 500, zone_minutes: null, set: null };
  return { read_at: at, claimed_at: claimed, ...measured };
}

/** A first docking; the second one begins two hours later and takes a file that claims the time between. Gives that. */
async function twoDockings(
  end: Parameters<VaultBuilder['undock']>[0] = {},
  measured = true,
): Promise<number> {
  await vault.dock({ clock: clockOff(0) });
  await vault.undock(end);
  vault.clock.advance(HOUR_MS);
  const claimed = Date.parse(vault.clock.now());
  vault.clock.advance(HOUR_MS);
  await vault.dock(measured ? { clock: clockOff(4000) } : {});
  return claimed;
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}

/** Seals a recording that says so of its capture time. */
async function record(
  claimed: number,
  basis: Manifest['capture']['basis'],
  earliest: number,
  latest: number,
): Promise<void> {
  const capture = { earliest_at: at(earliest), latest_at: at(latest), basis };
  await vault.record({ modifiedAt: at(claimed), change: (manifest) => ({ ...manifest, capture }) });
}

test.each([
  ['what both offsets make of the claim', -4500, 500, []],
  ['wider by the resolution of the file at both ends', -6500, 2500, []],
  ['that ends too early', -4500, 499, ['capture.measured']],
  ['that is days older', -72 * HOUR_MS, -71 * HOUR_MS, ['capture.bounds']],
  ['that is older, between the dockings', -1_800_000, -1_790_000, ['capture.measured']],
  ['wider at one end alone', -6500, 500, ['capture.measured']],
  ['that ends after the listing', -4500, 2 * HOUR_MS, ['capture.bounds']],
] as const)('an interval by a measured clock, %s', async (_, earliest, latest, found) => {
  const claimed = await twoDockings();
  await record(claimed, 'clock-measured', claimed + earliest, claimed + latest);
  expect(await findings()).toEqual(found);
});

test.each([0, -1])(
  'an interval of dockings begins with the end of the one before, and is off by %i ms',
  async (off) => {
    const claimed = await twoDockings({}, false);
    const ended = vault.dockings[0]?.parts[0]?.record.ended_at ?? '';
    const shown = claimed + HOUR_MS + 60_000;
    await record(claimed, 'docking-interval', Date.parse(ended) + off, shown);
    await vault.undock({
      change: (docking) => ({
        ...docking,
        inventory: docking.inventory && { ...docking.inventory, taken_at: at(shown) },
      }),
    });
    expect(await findings()).toEqual(off === 0 ? [] : ['capture.bounds']);
  },
);

test('an interval that a bound cut at its beginning ends no sooner for it', async () => {
  const claimed = await twoDockings();
  const ended = Date.parse(vault.dockings[0]?.parts[0]?.record.ended_at ?? '');
  await record(claimed, 'clock-measured', ended, ended + 1);
  expect(await findings()).toEqual(['capture.measured']);
});

test('a clock that was not measured measures nothing', async () => {
  const claimed = await twoDockings({}, false);
  await record(claimed, 'clock-measured', claimed - 500, claimed + 500);
  expect(await findings()).toEqual(['capture.unmeasured']);
});

test('a first docking has none before it that bounds, unless the key of the station changed', async () => {
  await vault.dock();
  const now = Date.parse(vault.clock.now());
  await record(now, 'docking-interval', now - HOUR_MS, now);
  expect(await findings()).toEqual(['capture.bounds']);
});

test('the first docking by a new key is not judged: an earlier one may bound it', async () => {
  await twoDockings();
  await vault.undock();
  await vault.changeKey({ publish: false });
  await vault.dock();
  const now = Date.parse(vault.clock.now());
  await record(now, 'docking-interval', now - HOUR_MS, now);
  expect(await findings()).toEqual([]);
});

test('after a cut the records do not show what the station knew', async () => {
  const claimed = await twoDockings({ ended: 'cut-off' });
  await record(claimed, 'clock-measured', claimed - HOUR_MS * 40, claimed - HOUR_MS * 39);
  expect(await findings()).toEqual([]);
});

test('nor do they with two cameras of one id: the docking before ended after this one began', async () => {
  await vault.dock({ clock: clockOff(0) });
  vault.clock.advance(2 * HOUR_MS);
  const later = at(Date.parse(vault.clock.now()));
  await vault.undock();
  const claimed = Date.parse(later) - HOUR_MS;
  await vault.dock({ bay: 'bay-9', clock: clockOff(0) });
  await record(claimed, 'clock-measured', claimed - HOUR_MS, claimed + 1);
  await vault.undock({
    change: (docking) => ({
      ...docking,
      docked_at: at(claimed),
      ...(docking.version !== 1 && { stay_docked_at: at(claimed) }),
    }),
  });
  expect(await findings()).not.toContain('capture.bounds');
});
