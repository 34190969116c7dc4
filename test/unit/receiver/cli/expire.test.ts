import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withRetentionStore } from './retention-store.ts';

const WHOLE = 6;

describe('bodydock-receiver expire', () => {
  test('--preview shows what goes, what stays and why, and changes nothing', async () => {
    await withRetentionStore(async ({ call, hear, plant, vault, recording }) => {
      const due = await plant(20);
      const later = await plant(11.5);
      const far = await plant(2);
      const late = await plant(0.5, 13);
      const unset = await plant(13.5, 40, { clock_synchronised: false });
      const evidence = await plant(13, 13, { locked: true });
      await hear();
      expect(await call('expire', '--json')).toMatchObject({ code: 0 });
      const again = await plant(20);
      const before = await readdir(vault, { recursive: true });
      const { code, out, err } = await call('expire', '--preview');
      expect([code, err]).toEqual([0, '']);
      const line = (name: string): string => out.split('\n').find((text) => text.includes(name)) ?? '';
      expect(line(due.recording)).toBe('');
      expect(line(again.recording)).toMatch(/^GOES .*\(since 6 days\) +14 days since it was sealed$/);
      expect(line(later.recording)).toMatch(/^stays .*\(in 2 days\) +not due: in 2 days$/);
      expect(line(far.recording)).toBe('');
      expect(line(late.recording)).toMatch(
        /came late or by a wrong clock, warned of .*: goes .* at the soonest/,
      );
      expect(line(unset.recording)).toMatch(/within 24 hours.*station’s clock was not synchronised/);
      expect(line(evidence.recording)).toMatch(/marked as evidence on its camera, but nobody holds it/);
      expect(out).toContain('1 recording of 6 would be deleted');
      expect(out).toContain('1 recording due in 7 days or later');
      const shown = JSON.parse((await call('expire', '--preview', '--json')).out) as Record<string, unknown>;
      expect(shown).toMatchObject({
        preview: true,
        clock_doubt: null,
        more: 0,
        totals: { recordings: 6, late: 1 },
      });
      const rows = shown['recordings'] as { recording: string; goes: boolean; due_in_days: number }[];
      expect(rows.find((row) => row.recording === again.recording)).toMatchObject({
        goes: true,
        due_in_days: -7,
      });
      expect(rows.filter((row) => row.goes)).toHaveLength(1);
      expect(await readdir(vault, { recursive: true })).toEqual(before);
      expect(await readdir(recording(again))).toHaveLength(WHOLE);
    });
  });

  test('--preview --all lists every recording with its id and its time, the oldest first', async () => {
    await withRetentionStore(async ({ call, plant }) => {
      const planted = [
        await plant(2),
        await plant(11.5),
        await plant(13.5, 40, { clock_synchronised: false }),
      ];
      const near = await call('expire', '--preview');
      expect(near.out).toContain('due in 7 days or later: --all lists them, too');
      const { code, out } = await call('expire', '--preview', '--all');
      expect(code).toBe(0);
      const listed = out.split('\n').filter((line) => /^(?:GOES|stays) /.test(line));
      expect(listed).toHaveLength(3);
      const [first, second, third] = listed;
      expect(first).toMatch(
        new RegExp(`${planted[2]?.recording} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d \\(came\\) `),
      );
      expect(second).toContain(planted[1]?.recording);
      expect(third).toContain(planted[0]?.recording);
      expect(out).not.toContain('--all');
      expect(await call('expire', '--all')).toMatchObject({ code: 2 });
    });
  });

  test('deletes what is due, and says what it deleted', async () => {
    await withRetentionStore(async ({ call, hear, plant, recording }) => {
      const [due, kept] = [await plant(20), await plant(3)];
      await hear();
      const first = await call('expire');
      expect([first.code, first.err]).toEqual([0, '']);
      expect(first.out).toContain(`deleted: ${due.station} ${due.recording}`);
      expect(first.out).toContain('1 recording deleted');
      expect((await readdir(recording(due))).toSorted()).toEqual(
        ['deletion', 'manifest', 'receipt'].flatMap((name) => [`${name}.json`, `${name}.json.minisig`]),
      );
      expect(await readdir(recording(kept))).toHaveLength(WHOLE);
      const again = JSON.parse((await call('expire', '--json')).out) as unknown;
      expect(again).toMatchObject({ preview: false, deleted: 0, failure: null, before: { deleted: 1 } });
    });
  });

  test('says that nothing goes by its time where nobody outside says the time, or that many at once wait', async () => {
    await withRetentionStore(async ({ call, hear, plant }) => {
      for (let number = 0; number < 21; number++) await plant(20);
      const alone = await call('expire');
      expect([alone.code, alone.out]).toEqual([
        1,
        expect.stringMatching(/^0 recordings[^]*NOTHING IS DELETED BY/),
      ]);
      await hear();
      for (const words of [['expire', '--preview'], ['expire']]) {
        const waiting = await call(...words);
        expect([waiting.code, waiting.out]).toEqual([
          0,
          expect.stringContaining('21 recordings of 21 are due at once, and WAIT FOR A DAY'),
        ]);
        expect(waiting.out).not.toContain('GOES');
      }
    });
  });

  test('says what it deleted also where old documents could not be looked at', async () => {
    await withRetentionStore(async ({ call, hear, plant, vault }) => {
      const due = await plant(20);
      await hear();
      await writeFile(join(vault, due.station, 'custody'), 'no folder');
      const { code, out, err } = await call('expire', '--json');
      expect(code).toBe(1);
      expect(err).toContain('ENOTDIR');
      const told = JSON.parse(out) as { deleted: number; failure: string };
      expect(told.deleted).toBe(1);
      expect(told.failure).toContain('ENOTDIR');
    });
  });

  test('refuses words that do not go together, and a place without a vault', async () => {
    await withRetentionStore(async ({ call }) => {
      expect(await call('expire', '--clock-checked')).toMatchObject({ code: 2, out: '' });
      expect(await call('expire', 'townhall')).toMatchObject({ code: 2 });
    });
  });
});
