// When a store writes mails, and what is in them: a board of conditions and a clock that is moved, and a server that takes them or not.
import { describe, expect, test } from 'vitest';
import { ConditionBoard } from '../../../agent/monitoring/condition-board.ts';
import { STORE_CONDITION_TABLE } from '../../../agent/monitoring/store-condition-table.ts';
import { type Note, Notify, trialNote } from '../../../agent/receiver/notify.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { parseStationId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const SEVEN = 7 * 60;
/** Local time is an hour before UTC. */
const ZONE_MS = HOUR_MS;

/** Mails of a store that starts at 08:00 UTC, 09:00 local. */
function store(choice: { language?: 'en' | 'de'; wallMs?: number } = {}) {
  const clock = new ManualClock(choice.wallMs);
  const board = new ConditionBoard(new MemoryConditions(), clock, STORE_CONDITION_TABLE);
  const sent: (Note & { readonly atMs: number })[] = [];
  const server = { take: (_signal: AbortSignal): Promise<number> => Promise.resolve(0), asked: 0 };
  const log = new MemoryLog();
  const notify = new Notify({
    receiver: 'r-archive',
    language: choice.language ?? 'en',
    dailyMinute: SEVEN,
    board,
    conditions: board,
    stations: () => [
      { station: parseStationId('office-2'), heard_at: null },
      { station: parseStationId('office-1'), heard_at: '2026-11-25T07:59:00.000Z' },
    ],
    send: async (note, signal) => {
      server.asked++;
      const refused = await server.take(signal);
      sent.push({ ...note, atMs: clock.monotonicMs() });
      return refused;
    },
    clock,
    log,
    toLocalMs: (utcMs) => utcMs + ZONE_MS,
  });
  board.onShown(() => notify.look());
  const stop = new AbortController();
  const ended = notify.run(stop.signal);
  const subjects = (): string[] => sent.map(({ subject }) => subject.replace('bodydock r-archive: ', ''));
  return { clock, board, sent, server, log, subjects, stop: () => (stop.abort(new Error('over')), ended) };
}

const fails = (): Promise<number> =>
  Promise.reject(new DockError('mail.login', 'no mail by mail.example:587: 535 no', { retry: 'later' }));

describe('mails of a store', () => {
  test('come a minute after the first critical condition, with all that came in between', async () => {
    const { clock, board, sent, subjects } = store();
    board.raise('vault.lost', null);
    await clock.advance(30 * SECOND_MS);
    board.raise('custody.fork', 'office-1', { segment: 'SECRET', reason: 'a sentence of somebody' });
    board.raise('vault.quota', 'office-1'); // an error, not critical
    await clock.advance(25 * SECOND_MS);
    expect(sent).toEqual([]);
    await clock.advance(10 * SECOND_MS);
    expect(subjects()).toEqual(['2 critical conditions began']);
    const text = sent[0]?.text ?? '';
    expect(text).toContain('CRITICAL  vault.lost  since 2026-11-25 08:00:00 UTC\n  The vault is not there');
    expect(text).toContain('\n  To do: See whether the disk of the vault is mounted');
    expect(text).toContain('CRITICAL  custody.fork (office-1)  since 2026-11-25 08:00:30 UTC');
    expect(text).not.toMatch(/SECRET|sentence|vault\.quota/);
    await clock.advance(HOUR_MS);
    expect(sent).toHaveLength(1);
  });

  test('say what ended, and what came and went within the minute', async () => {
    const { clock, board, sent, subjects } = store({ language: 'de' });
    board.raise('vault.full', null);
    await clock.advance(2 * MINUTE_MS);
    board.clear('vault.full', null);
    board.raise('disk.failing', null);
    board.clear('disk.failing', null);
    await clock.advance(2 * MINUTE_MS);
    expect(subjects()).toEqual(['1 kritische Meldung neu', '2 kritische Meldungen erledigt']);
    expect(sent[1]?.text).toContain(
      'ERLEDIGT  vault.full  von 2026-11-25 08:00:00 bis 2026-11-25 08:02:00 UTC',
    );
    expect(sent[1]?.text).toContain('ERLEDIGT  disk.failing  von 2026-11-25 08:02:00');
  });

  test('do not call ended what is only explained by another one', async () => {
    const { clock, board, subjects } = store();
    board.raise('vault.write-failed', null);
    await clock.advance(2 * MINUTE_MS);
    board.raise('vault.lost', null);
    await clock.advance(2 * MINUTE_MS);
    expect(subjects()).toEqual(['1 critical condition began', '1 critical condition began']);
    board.clear('vault.write-failed', null);
    board.clear('vault.lost', null);
    await clock.advance(2 * MINUTE_MS);
    expect(subjects().slice(2)).toEqual(['2 critical conditions ended']);
  });

  test('are ten in an hour at most; the next one counts what they held back', async () => {
    const { clock, board, sent } = store();
    for (let at = 0; at < 60; at++) {
      board.raise('vault.full', null);
      await clock.advance(MINUTE_MS);
      board.clear('vault.full', null);
      await clock.advance(MINUTE_MS);
    }
    const [first] = sent;
    const inHour = sent.filter(({ atMs }) => atMs - (first?.atMs ?? 0) < HOUR_MS);
    expect(inHour).toHaveLength(10);
    const next = sent[10];
    const held = Number(/^(\d+) changes were held back: at most 10 mails/m.exec(next?.text ?? '')?.[1]);
    expect(held).toBeGreaterThan(50);
    expect(next?.text.match(/vault\.full/g)).toHaveLength(1);
  });

  test('name fifty at most, whatever happens', async () => {
    const { clock, board, sent } = store();
    for (let at = 0; at < 1024; at++) board.raise('custody.fork', `office-${at}`);
    for (let at = 0; at < 500; at++) board.raise('custody.broken', `office-${at}`);
    await clock.advance(2 * MINUTE_MS);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.text.match(/^CRITICAL/gm)).toHaveLength(50);
    expect(sent[0]?.text).toContain('1474 more are not named here.');
    expect(sent[0]?.text.length).toBeLessThan(50_000);
  });
});

describe('the mail of the day', () => {
  test('says at its time that all is well, or what is not, and when each station was heard', async () => {
    const { clock, board, sent, subjects } = store();
    await clock.advance(21 * HOUR_MS + 59 * MINUTE_MS); // 06:59 local
    expect(sent).toEqual([]);
    await clock.advance(2 * MINUTE_MS);
    expect(subjects()).toEqual(['all is well']);
    expect(sent[0]?.text).toContain(
      'Stations\n  office-2 was not heard in this run of the receiver\n  office-1 was heard at 2026-11-25 07:59:00 UTC\n',
    );
    board.raise('vault.low', null);
    board.raise('retention.held-long', null); // info
    board.raise('vault.quota', 'office-1');
    await clock.advance(24 * HOUR_MS);
    expect(subjects().slice(1)).toEqual(['2 conditions, the worst: ERROR']);
    expect(sent[1]?.text).toMatch(/^ERROR {2}vault\.quota[^]+WARNING {2}vault\.low/);
    expect(sent[1]?.text).not.toContain('retention.held-long');
  });

  test('comes after a start that was a little late, and after no other start', async () => {
    const at = Date.UTC(2026, 10, 25, 6); // 07:00 local
    for (const [minutes, count] of [
      [-30, 0],
      [9, 1],
      [11, 0],
    ] as const) {
      const { clock, sent } = store({ wallMs: at + minutes * MINUTE_MS });
      await clock.advance(MINUTE_MS);
      expect([minutes, sent.length]).toEqual([minutes, count]);
    }
  });
});

describe('a mail server that does not take a mail', () => {
  test('is a condition, is asked ever more seldom, and gets it once it is there again', async () => {
    const { clock, board, sent, server, subjects, log } = store();
    server.take = fails;
    board.raise('vault.full', null);
    await clock.advance(2 * MINUTE_MS);
    expect(board.shown('notify.failing')?.standing[0]?.facts).toMatchObject({
      reason: expect.stringMatching(/^mail\.login: /) as string,
    });
    await clock.advance(6 * HOUR_MS);
    expect(server.asked).toBeLessThan(20);
    expect(server.asked).toBeGreaterThan(10);
    board.raise('vault.lost', null);
    board.clear('vault.full', null);
    await clock.advance(MINUTE_MS);
    server.take = () => Promise.resolve(0);
    await clock.advance(31 * MINUTE_MS);
    expect(subjects()).toEqual(['1 critical condition began, 1 critical condition ended']);
    expect(board.shown('notify.failing')).toBeUndefined();
    expect(sent).toHaveLength(1);
    expect(log.lines.filter(({ message }) => message === 'mail not sent').length).toBeLessThan(20);
  });

  test('gets nothing that is older than a day', async () => {
    const { clock, board, server, sent, subjects } = store();
    server.take = fails;
    board.raise('vault.full', null);
    await clock.advance(25 * HOUR_MS);
    server.take = () => Promise.resolve(0);
    await clock.advance(HOUR_MS);
    expect(subjects()).toEqual(['2 conditions, the worst: CRITICAL', '1 more is not named here.']);
    expect(sent[1]?.text).not.toContain('vault.full');
  });

  test('that never answers is left after a minute, and a stop waits for none', async () => {
    const { clock, board, server, stop } = store();
    server.take = () => new Promise(() => undefined);
    board.raise('vault.full', null);
    await clock.advance(3 * MINUTE_MS);
    expect(board.shown('notify.failing')?.standing[0]?.facts['reason']).toMatch(/^mail\.late: /);
    await clock.advance(MINUTE_MS);
    await stop();
    const { asked } = server;
    await clock.advance(HOUR_MS);
    expect(server.asked).toBe(asked);
  });

  test('that refuses an address shows it until it takes all', async () => {
    const { clock, board, server, sent } = store();
    server.take = () => Promise.resolve(1);
    board.raise('vault.full', null);
    await clock.advance(2 * MINUTE_MS);
    expect([sent.length, board.shown('notify.failing')?.standing[0]?.facts['reason']]).toEqual([
      1,
      'mail.address',
    ]);
    server.take = () => Promise.resolve(0);
    board.clear('vault.full', null);
    await clock.advance(2 * MINUTE_MS);
    expect([sent.length, board.shown('notify.failing')]).toEqual([2, undefined]);
  });
});

test('a trial says whose it is, in one line of subject', () => {
  expect(trialNote('r-archive', { language: 'de' })).toMatchObject({
    subject: 'bodydock r-archive: ein Versuch',
    text: expect.stringContaining('Zentralspeicher r-archive') as string,
  });
});
