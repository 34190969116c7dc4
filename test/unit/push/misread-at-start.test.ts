// A recording whose manifest the start read wrong is offered, claimed and taken once it is read right.
import { expect, test } from 'vitest';
import { recordingSource } from '../../../agent/push/push-source.ts';
import { StrangeKeys } from '../../../agent/push/push-verify.ts';
import { Pusher } from '../../../agent/push/push.ts';
import { SendLimits } from '../../../agent/push/send-limits.ts';
import { keyIdHex, publicKeyOf, signMessage } from '../../../protocol/documents/minisign.ts';
import { parseReceiverId, parseStationId, type SessionId } from '../../../protocol/format/ids.ts';
import { encodeMessage, encodeSignedBody } from '../../../protocol/transfer/messages.ts';
import { stationTopics } from '../../../protocol/transfer/topics.ts';
import { MemoryHub } from '../../fakes/broker-memory.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { ChainLife, digestOf, manifestOf } from '../spool/chain-life.ts';
import { openSpool, storeKey } from '../spool/scenario.ts';
import { misreadBehind } from '../station/misread-behind.ts';

const station = parseStationId('office-1');
const receiver = parseReceiverId('r-a');
const session = 'abcdefghijklmnopqrstuvwxye' as SessionId;

for (const isMisread of [false, true])
  test(`${isMisread ? 'misread at the start' : 'control'}: the store claims what is offered, and gets its bytes`, async () => {
    const life = await ChainLife.begin();
    const { disk } = life;
    const one = await life.one();
    const end = isMisread ? misreadBehind(disk, manifestOf(one), '"sealed_at":"20') : () => undefined;
    const { spool } = await openSpool(disk);
    const clock = new ManualClock();
    const [log, conditions] = [new MemoryLog(), new MemoryConditions()];
    const hub = new MemoryHub({ clock });
    const broker = hub.client('station');
    const sent: string[] = [];
    hub.fate = ({ topic }) => {
      sent.push(topic);
      return [{}];
    };
    const pusher = new Pusher({
      broker,
      topics: stationTopics('bodydock', station),
      session,
      store: { station, storeKeys: [publicKeyOf(storeKey)], receivers: [receiver] },
      strangeKeys: new StrangeKeys({ clock, log, conditions } as never),
      sources: [recordingSource(spool, { lacking: async () => [] })],
      changes: spool.changes,
      receiptEntries: { logged: () => undefined },
      units: { readUnit: async (_path, _position, sizeBytes) => new Uint8Array(sizeBytes) },
      limits: new SendLimits({ clock, localMs: (utcMs) => utcMs, log }),
      freeBuffer: () => undefined,
      custody: new MemoryCustody(),
      clock,
      log,
      conditions,
      onAsking: () => undefined,
      onUnmarked: () => undefined,
      differences: { isOurs: async () => true },
    });
    broker.onState((connected) => pusher.connectionChanged(connected));
    const listener = hub.client('listener');
    void listener.subscribe('bodydock/#');
    listener.start();
    broker.start();
    pusher.start();
    end();
    await clock.advance(0);
    for (let round = 0; round < 20; round++) {
      await clock.advance(60_000);
      await settle();
      const body = encodeSignedBody({
        message: 'claim',
        station,
        recording: one.recording,
        receiver,
        session,
        epoch: 1,
        message_bytes_max: 524_288,
        lease_ms: 60_000,
        manifest_sha256: digestOf(one),
      });
      const signature = signMessage(storeKey, body);
      pusher.take(
        one.recording,
        encodeMessage({ message: 'claim', body, signature, key_id: keyIdHex(storeKey.keyId) }),
      );
      await settle();
    }
    await pusher.stop();
    expect(sent.filter((topic) => topic.includes('/offer/')).length).toBeGreaterThan(0);
    expect(sent.some((topic) => topic.includes('/digests-'))).toBe(true);
  });
