// A conversation with a camera that says what no good one says; every wait ends, on a clock that stands still.
import { describe, expect, test } from 'vitest';
import { SmpClient } from '../../../../../drivers/serial/smp/client.ts';
import type { SmpRequest } from '../../../../../drivers/serial/smp/exchange.ts';
import { consoleFraming } from '../../../../../drivers/serial/smp/framing.ts';
import { live } from '../../../../contracts/driver-subject.ts';
import { ManualClock, settle } from '../../../../fakes/clock-manual.ts';
import type { MemorySocket } from '../../../../fakes/memory-line.ts';
import { passing } from '../../../../fakes/passing.ts';
import { scriptedCamera, type ScriptedRequest } from '../../../../fakes/smp-scripted.ts';

const READ: SmpRequest = { op: 'read', group: 8, command: 1, map: { name: 'a' }, timeoutMs: 2000, tries: 4 };
const WRITE: SmpRequest = { ...READ, op: 'write', tries: 1 };
/** Fast enough that the line's own time is nothing. */
const BAUD = 100_000_000;
const MINUTE_MS = 60_000;

interface Talk {
  readonly clock: ManualClock;
  readonly client: SmpClient;
  readonly socket: MemorySocket;
  readonly requests: ScriptedRequest[];
}

async function talk(script: (request: ScriptedRequest, nth: number) => void, baud = BAUD): Promise<Talk> {
  const clock = new ManualClock();
  const requests: ScriptedRequest[] = [];
  const socket = scriptedCamera((request) => {
    requests.push(request);
    script(request, requests.length);
  });
  const line = await socket.openLine({ path: 'bay-1', baud }, live());
  return { clock, client: new SmpClient(line, consoleFraming, clock, baud), socket, requests };
}

test('an answer comes back with its request', async () => {
  const { client } = await talk((request) => request.answer({ len: 5 }));
  expect(await client.call(READ, live())).toEqual({ len: 5 });
});

describe('answers that are dropped', () => {
  test.each<[string, (request: ScriptedRequest) => void]>([
    [
      "another transaction's",
      (request) => request.answer({ len: 1 }, { sequence: request.header.sequence + 1 }),
    ],
    ["another group's", (request) => request.answer({ len: 1 }, { group: 66 })],
    ["another command's", (request) => request.answer({ len: 1 }, { command: 2 })],
    ["another kind's", (request) => request.answer({ len: 1 }, { op: 'write-answer' })],
    ['its own request given back', (request) => request.answer({ name: 'a' }, { op: 'read' })],
    ['no CBOR', (request) => request.answerCbor(Uint8Array.of(0xff, 0xff, 0xff))],
    ['a list in place of a map', (request) => request.answerCbor(Uint8Array.of(0x81, 0x01))],
    ['an answer that says that it is busy', (request) => request.answer({ rc: 10 })],
  ])('%s: the right one behind it counts', async (_, wrong) => {
    const { clock, client } = await talk((request, nth) => {
      wrong(request);
      if (nth === 2) request.answer({ len: 7 });
    });
    const { value, ms } = await passing(clock, client.call(READ, live()), MINUTE_MS);
    expect(value).toEqual({ len: 7 });
    expect(ms).toBeGreaterThanOrEqual(2000);
  });

  test('an answer that the request itself does not know as its own', async () => {
    const { client } = await talk((request) => {
      request.answer({ off: 5 });
      request.answer({ off: 9 });
    });
    const request = { ...READ, isAnswer: (map: Readonly<Record<string, unknown>>) => map['off'] === 9 };
    expect(await client.call(request, live())).toEqual({ off: 9 });
    expect(client.faults.strays).toBe(1);
  });

  test('the second of two answers, for the next request as for the first', async () => {
    const { client } = await talk((request, nth) => {
      request.answer({ len: nth });
      request.answer({ len: 100 + nth });
    });
    for (const nth of [1, 2, 3]) expect(await client.call(READ, live())).toEqual({ len: nth });
    expect(client.faults.strays).toBe(3);
  });
});

describe('waits', () => {
  test('a question is asked four times and then given up', async () => {
    const { clock, client, requests } = await talk(() => undefined);
    const { error, ms } = await passing(clock, client.call(READ, live()), MINUTE_MS);
    expect(error).toMatchObject({ code: 'driver.timeout' });
    expect(requests).toHaveLength(4);
    expect(ms).toBeLessThan(8500);
    expect(clock.pending).toBe(0);
  });

  test('what changes something is sent once, whatever comes or does not come back', async () => {
    const { clock, client, requests } = await talk((request) => request.answerCbor(Uint8Array.of(0xff)));
    const { error } = await passing(clock, client.call(WRITE, live()), MINUTE_MS);
    expect(error).toMatchObject({ code: 'driver.timeout' });
    expect(requests).toHaveLength(1);
  });

  test('on a slow line the time of its packets comes on top', async () => {
    const { clock, client } = await talk(() => undefined, 9600);
    client.buffers = { packetBytes: 2048, count: 4 };
    const { ms } = await passing(clock, client.call(WRITE, live()), MINUTE_MS);
    expect(ms).toBeGreaterThan(2000 + 2 * 2900);
    expect(ms).toBeLessThan(2000 + 2 * 3100);
  });

  test('an abort ends a call with its reason, and the answer that comes then finds nobody', async () => {
    const { clock, client, requests } = await talk(() => undefined);
    const stop = new AbortController();
    const reason = new Error('stop now');
    const call = client.call(READ, stop.signal);
    await settle();
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    requests[0]?.answer({ len: 1 });
    expect(client.faults.strays).toBe(1);
    await expect(client.call(READ, AbortSignal.abort(reason))).rejects.toBe(reason);
    await client.close();
    expect(clock.pending).toBe(0);
  });

  test('a line that ends, ends every call and those to come, and tells it once', async () => {
    const { clock, client, socket } = await talk(() => undefined);
    const ends: Error[] = [];
    client.onEnd((error) => ends.push(error));
    const calls = [1, 2, 3].map(() => client.call(READ, live()));
    for (const call of calls) call.catch(() => undefined);
    await settle();
    socket.unplug();
    for (const call of [...calls, client.call(READ, live())])
      await expect(call).rejects.toMatchObject({ code: 'driver.detached' });
    await client.close();
    expect(ends).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('bounds', () => {
  test('more calls at a time than the bound are refused, not kept', async () => {
    const { client } = await talk(() => undefined);
    const calls = Array.from({ length: 100 }, () => client.call(READ, live()));
    for (const call of calls) call.catch(() => undefined);
    await expect(calls.at(-1)).rejects.toMatchObject({ code: 'smp.busy' });
    await client.close();
  });

  test('a request that the device has no buffer for is not sent', async () => {
    const { client, requests } = await talk((request) => request.answer({}));
    client.buffers = { packetBytes: 64, count: 1 };
    const long = { ...READ, map: { name: 'x'.repeat(100) } };
    await expect(client.call(long, live())).rejects.toMatchObject({ code: 'smp.oversize' });
    expect(requests).toHaveLength(0);
    expect(await client.call(READ, live())).toEqual({});
  });
});

test('an error of the camera names group, command and code, and nothing that the camera wrote', async () => {
  const { client } = await talk((request) => request.answer({ err: { group: 8, rc: 3, rsn: 'secret' } }));
  await expect(client.call(READ, live())).rejects.toMatchObject({
    code: 'smp.error',
    message: expect.stringMatching(/group 8 command 1 with error 3/) as string,
    facts: { rc: 3, group: 8 },
  });
});
