import { expect, test } from 'vitest';
import {
  parseReceiverId,
  parseRecordingId,
  parseSegmentId,
  parseStationId,
} from '../../../../protocol/format/ids.ts';
import { receiverTopics, stationTopics } from '../../../../protocol/transfer/topics.ts';

const station = parseStationId('kod-1');
const receiver = parseReceiverId('r-store');
const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
const segment = parseSegmentId('abcdefghijklmnopqrstuvwxye');
const up = stationTopics('city/bodydock', station);
const down = receiverTopics('city/bodydock', receiver);

test('what a station publishes is what a receiver parses', () => {
  expect(down.parseUp(up.offer(recording))).toEqual({ kind: 'offer', station, recording });
  expect(down.parseUp(up.digests(receiver, recording, 64))).toEqual({
    kind: 'digests',
    station,
    receiver,
    recording,
    offset: 64,
  });
  expect(down.parseUp(up.bytes(receiver, recording, 524288))).toEqual({
    kind: 'bytes',
    station,
    receiver,
    recording,
    offset: 524288,
  });
  expect(down.parseUp(up.fin(receiver, recording))).toEqual({ kind: 'fin', station, receiver, recording });
  expect(down.parseUp(up.custody(segment, 7))).toEqual({ kind: 'custody', station, segment, from: 7 });
  const nonce = '0123456789abcdef';
  expect(down.parseUp(up.log(7, nonce))).toEqual({ kind: 'log', station, size: 7, nonce });
  expect(up.parseDown(down.downLog(station))).toEqual({ kind: 'log' });
  const asked = { kind: 'custody', station, segment, from: 0, nonce };
  expect(down.parseUp(up.custodyAsk(segment, nonce))).toEqual(asked);
  for (const other of ['', '0', `${nonce}0`, nonce.toUpperCase(), nonce.replace('f', 'g')])
    expect(down.parseUp(up.custodyAsk(segment, other))).toBeUndefined();
  expect(up.parseDown(down.down(station, recording))).toEqual({ kind: 'recording', recording });
  expect(up.parseDown(down.downCustody(station))).toEqual({ kind: 'custody' });
  expect(up.parseDown(down.downRestored(station))).toEqual({ kind: 'restored' });
});

test("a topic is a station's own below its whole name, not below the beginning of another one", () => {
  const longer = stationTopics('city/bodydock', parseStationId('kod-10'));
  const other = stationTopics('city/body', station);
  expect(
    [up.status, up.downCustody, up.trial, up.condition('disk.full')].every((topic) => up.isOwn(topic)),
  ).toBe(true);
  expect([longer.status, other.status, 'city/bodydock/v1/kod-1'].some((topic) => up.isOwn(topic))).toBe(
    false,
  );
});

test('no topic has more than seven slashes even with a base of two parts', () => {
  const topics = [
    up.digests(receiver, recording, 2 ** 40),
    up.bytes(receiver, recording, 1),
    up.custody(segment, 1),
    up.custodyAsk(segment, '0123456789abcdef'),
    up.fin(receiver, recording),
    up.log(2 ** 40, '0123456789abcdef'),
  ];
  for (const topic of topics) expect(topic.split('/').length - 1).toBeLessThanOrEqual(7);
});

test('a topic that does not match exactly is ignored', () => {
  const good = up.bytes(receiver, recording, 10);
  const bad = [
    `${good}/1`,
    good.replace('/10', '/010'),
    good.replace('/10', '/-1'),
    good.replace('/10', '/1e3'),
    good.replace('/10', '/99999999999999999'),
    good.replace('r-store', 'store'),
    good.replace('city', 'town'),
    good.replace('kod-1', 'r-1'),
    good.replace(recording, recording.toUpperCase()),
    good.replace('/10', ''),
    '',
    up.log(7, '0123456789ABCDEF'),
    up.log(7, '0123456789abcde'),
    up.log(2 ** 53, '0123456789abcdef'),
    `${up.log(7, '0123456789abcdef')}/1`,
  ];
  for (const topic of bad) expect(down.parseUp(topic)).toBeUndefined();
  expect(up.parseDown('city/bodydock/v1/kod-2/down/custody')).toBeUndefined();
  expect(up.parseDown(`${down.down(station, recording)}/x`)).toBeUndefined();
});
