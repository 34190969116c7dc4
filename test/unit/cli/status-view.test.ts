// What `bodydock status` puts on a terminal.
import { describe, expect, test } from 'vitest';
import { STATUS, statusLines, wrap } from '../../../agent/cli/status-view.ts';
import { Frames, type Terminal } from '../../../agent/cli/status.ts';
import { LANGUAGES } from '../../../agent/evidence/page/language.ts';
import { CONDITION_TABLE } from '../../../agent/monitoring/condition-table.ts';
import { bay, condition, health, says } from '../monitoring/station-says.ts';

const BUSY = says({
  status: { ...says().status, state: 'degraded' },
  bays: [
    bay({
      camera: 'Camera 1',
      state: 'pulling',
      light: 'do-not-take',
      entries: 12,
      entries_spooled: 5,
      bytes: 4_000_000_000,
      bytes_spooled: 1_800_000_000,
      rate_bytes_per_s: 38_100_000,
      remaining_s: 58,
    }),
    bay({
      bay: 'bay-2',
      camera: 'Camera 2',
      state: 'done',
      light: 'safe-to-take',
      entries: 3,
      entries_spooled: 3,
    }),
    bay({ bay: 'bay-3', state: 'failed', light: 'call-someone' }),
  ],
  health: health({
    spooled_recordings: 3,
    spooled_bytes: 1_234_000_000,
    oldest_unstored_seconds: 7300,
    spooled_docking_records: 1,
    quarantined_entries: 2,
  }),
  conditions: [condition('recording.rejected', ['x'.repeat(26)]), condition('broker.unreachable')],
});
/** Escape sequences of colours. */
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
const plain = { language: 'en', width: 80, colour: false } as const;

describe('a look at a station', () => {
  test('shows bays, backlog, store, broker and conditions, the worst first', () => {
    const text = statusLines(BUSY, plain).join('\n');
    expect(text).toContain('bay-1  Camera 1  do not take   pulling  [###.....] 45%  58 s  38.1 MB/s  5/12');
    expect(text).toContain('bay-2  Camera 2  safe to take  done     3/3 files');
    expect(text).toContain('bay-3  -         call someone  failed');
    expect(text).toContain('3 recordings, 1.2 GB, 1 docking record, oldest 2 h, 2 entries set');
    expect(text).toContain('last heard 3 s ago');
    expect(text).toContain('broker.example.org:8883, connected');
    expect(text.indexOf('broker.unreachable')).toBeLessThan(text.indexOf('recording.rejected'));
    expect(text).toContain('  To do: Check network, name resolution and the broker itself.');
  });

  test.each(LANGUAGES)('fits into 80 columns and 40, whatever stands (%s)', (language) => {
    const conditions = Object.keys(CONDITION_TABLE).map((code) => condition(code, ['bay-1', 'y'.repeat(60)]));
    const wide = bay({
      bay: 'b'.repeat(32),
      camera: 'k'.repeat(64),
      entries: 99_999,
      entries_waiting: 99_999,
    });
    for (const width of [80, 40])
      for (const line of statusLines(
        { ...BUSY, bays: [...BUSY.bays, wide], conditions },
        { language, width, colour: false },
      ))
        expect(line.length, line).toBeLessThanOrEqual(width);
  });

  test('says in German what it says in English, with the same values', () => {
    const text = statusLines(BUSY, { ...plain, language: 'de' }).join('\n');
    expect(text).toContain('bay-1  Camera 1  nicht entnehmen  übernimmt  [');
    expect(text).toContain('3 Aufzeichnungen, 1,2 GB, 1 Andockprotokoll, älteste 2 h');
    expect(text).toContain('Zu tun: Netz, Namensauflösung und den Broker selbst prüfen.');
  });

  test('says of a file that still changes that it waits, and only where a person is called that one cannot be taken', () => {
    const shown = (light: 'do-not-take' | 'call-someone', waiting: number, language: 'en' | 'de'): string => {
      const filled = bay({ state: 'pulling', light, entries: 3, entries_waiting: waiting });
      return statusLines({ ...BUSY, bays: [filled] }, { ...plain, language }).join('\n');
    };
    expect(shown('do-not-take', 1, 'en')).toContain('  1 waits  [');
    expect(shown('do-not-take', 2, 'de')).toContain('  2 warten noch  [');
    expect(shown('do-not-take', 1, 'en')).not.toContain('cannot be taken');
    expect(shown('call-someone', 1, 'en')).toContain('  1 cannot be taken  [');
    expect(shown('call-someone', 1, 'de')).toContain('  1 nicht übernehmbar  [');
  });

  test('says until when recordings wait for their hours, and the rate that is in force', () => {
    const limited = (rate: number): Parameters<typeof statusLines>[0] => ({
      ...BUSY,
      agent: { ...BUSY.agent, rate_bytes_per_s: rate },
      health: health({ spooled_recordings: 1, window_opens_at: '2026-11-25T18:00:00.000Z' }),
    });
    const shown = (rate: number, language: 'en' | 'de'): string =>
      statusLines(limited(rate), { ...plain, language, width: 200 }).join('\n');
    expect(shown(16_384, 'en')).toContain('recordings wait for their hours until 2026-11-25 18:00:00 UTC');
    expect(shown(16_384, 'en')).toContain('connected, at most 16 kB/s');
    expect(shown(2_500_000, 'de')).toContain('verbunden, höchstens 2,5 MB/s');
    expect(shown(2_500_000, 'de')).toContain('warten auf ihr Zeitfenster bis 2026-11-25 18:00:00 UTC');
    expect(statusLines(BUSY, { ...plain, width: 200 }).join('\n')).not.toMatch(/hours|at most/);
  });

  test('shows the reason that a remedy goes by, in a line of its own where there is no room beside the code', () => {
    const refused = (bays: readonly string[], width: number): string[] => {
      const conditions = [condition('release.refused', bays, { reason: 'recipient-unproven' })];
      return statusLines({ ...BUSY, conditions }, { ...plain, width });
    };
    expect(refused(['bay-1'], 120).join('\n')).toContain(
      'release.refused (bay-1: recipient-unproven)  since ',
    );
    const narrow = refused(['bay-1', 'bay-2'], 60);
    const at = narrow.findIndex((line) => line.includes('release.refused'));
    expect(narrow[at]).toMatch(/^ERROR {2}release\.refused {2}since .* UTC$/);
    expect(narrow.slice(at + 1, at + 3).join('\n')).toContain('(bay-1: recipient-unproven, bay-2:');
    const unnamed = statusLines(
      { ...BUSY, conditions: [condition('disk.failing', [null], { reason: 'EIO', errors: 3 })] },
      { ...plain, width: 120 },
    );
    expect(unnamed.join('\n')).toContain('disk.failing (EIO)');
  });

  test('keeps every label apart from what it says, in each language', () => {
    for (const language of LANGUAGES) {
      const labels = (['backlog', 'store', 'broker', 'disk', 'clock'] as const).map((key) =>
        STATUS[language](key),
      );
      const text = statusLines(BUSY, { ...plain, language, width: 60 });
      for (const label of labels) expect(text.filter((line) => line.startsWith(`${label} `))).toHaveLength(1);
    }
  });

  test('says in right German how long the store was not heard', () => {
    const silent = { ...BUSY, health: health({ store_silent_seconds: 3 * 86_400 }) };
    const text = statusLines(silent, { ...plain, language: 'de' }).join('\n');
    expect(text).toMatch(/^Zentralspeicher +letzter Kontakt: 3 Tage her$/m);
  });

  test('has no escape sequence without colour, and a text of the other end cannot bring one', () => {
    const hostile = { ...BUSY, bays: [bay({ camera: '\x1b[2Jgone\x07' })] };
    expect(statusLines(hostile, plain).join('')).not.toMatch(/\p{Cc}/u);
    const coloured = statusLines(hostile, { ...plain, colour: true }).join('');
    expect(coloured).toContain('\x1b[33m');
    expect(coloured.replaceAll(ESCAPE, '')).not.toMatch(/\p{Cc}/u);
  });

  test('is quiet where all is well', () => {
    const text = statusLines(says(), plain).join('\n');
    expect(text).toContain('none: the store has everything');
    expect(text).toContain('No active conditions.');
  });

  test('has a word in each language for whatever kept it from an answer', () => {
    for (const language of LANGUAGES)
      for (const kind of ['absent', 'busy', 'denied', 'silent'] as const)
        expect(STATUS[language](`noAgent.${kind}`, { spool: '/spool' })).toMatch(/\/spool.*`/);
  });
});

describe('looks one after the other', () => {
  function framesOn(terminal: Terminal): { show: (...lines: string[]) => string } {
    let text = '';
    const frames = new Frames(
      () => terminal,
      (part) => (text += part),
      (count) => `${count} more`,
    );
    return {
      show: (...lines) => {
        text = '';
        frames.show(lines);
        return text;
      },
    };
  }

  test('are drawn in place on a terminal, and never taller than it', () => {
    const { show } = framesOn({ columns: 80, rows: 4, colour: false });
    expect(show('a', 'b')).toBe('\x1b[2J\x1b[Ha\x1b[K\nb\x1b[K\x1b[J');
    expect(show('a', 'b', 'c', 'd', 'e')).toBe('\x1b[Ha\x1b[K\nb\x1b[K\n3 more\x1b[K\x1b[J');
  });
});

test('a command is not broken over two lines, so that it can be copied', () => {
  const text = 'No agent runs here. Start it: `systemctl start bodydock`. Then look.';
  expect(wrap(text, 44)).toEqual(['No agent runs here. Start it:', '`systemctl start bodydock`. Then look.']);
  expect(wrap(text, 12).every(({ length }) => length <= 12)).toBe(true);
});
