// The line between station and broker: cut at many places of a transfer, and altering what it carries.
import { afterEach, describe, expect, test } from 'vitest';
import { CorruptingProxy } from '../fakes/corrupting-proxy.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { TcpProxy } from '../fakes/tcp-proxy.ts';
import { until } from '../fakes/until.ts';

const CUTS = process.env['CI'] === undefined ? 20 : 50; // line-cuts tries others
const SEED = Number(process.env['BODYDOCK_SEED'] ?? Date.now() % 1_000_000);

const MIB = 1024 * 1024;
/** Bytes that a connection carries before it is cut: inside the handshake, between messages, and inside large ones. */
const CUT_BYTES_MAX = 1_500_000;

describe.skipIf(lacksTools('age', 'minisign'))(`a bad line (BODYDOCK_SEED=${SEED})`, () => {
  const random = new SeededRandom(SEED);
  let rig: DockRig | undefined;
  let proxy: TcpProxy | CorruptingProxy | undefined;
  afterEach(async () => {
    await rig?.close();
    await proxy?.close();
    [rig, proxy] = [undefined, undefined];
  });

  test(
    `that is cut at ${CUTS} places carries everything in the end, once`,
    { timeout: 600_000 },
    async () => {
      let line: TcpProxy | undefined;
      const agentPort = async (brokerPort: number): Promise<number> =>
        (proxy = line = await TcpProxy.open(brokerPort)).port;
      const dock = (rig = await DockRig.open({ agentPort }));
      if (line === undefined) throw new Error('no line');
      const block = random.bytes(MIB);
      await dock.ledger.putLarge('cam-1', dock.camera(), 'LONG.MP4', { block, count: 12 });
      for (let number = 1; number <= 6; number++)
        await dock.put(1, `${number}.MP4`, random.bytes(random.below(300_000)));
      await dock.receiver.start();
      await dock.view();
      for (let cuts = 0; cuts < CUTS; cuts++) {
        const { accepted } = line;
        line.cutAfterUp = random.below(5) === 0 ? random.below(500) : random.below(CUT_BYTES_MAX);
        dock.agent.launch();
        await until(
          'a connection',
          20_000,
          () => (line?.accepted ?? 0) > accepted,
          () => dock.tails(),
        );
        // What needs fewer bytes than the cut allows is done, and then nothing cuts it.
        await until('a cut', 4000, () => line?.connections === 0).catch(() => line?.cut());
        // The pauses between attempts of one process grow to a minute; a new process begins again.
        await dock.agent.kill();
      }
      line.cutAfterUp = undefined;
      await dock.agent.start();
      await dock.untilEmptied(1, 60_000);
      await dock.stop();
      expect(dock.check()).toMatchObject({ problems: [], recordings: 7, onCameras: 0 });
    },
  );

  test('that is cut while the agent goes on is taken up again', async () => {
    let line: TcpProxy | undefined;
    const agentPort = async (brokerPort: number): Promise<number> =>
      (proxy = line = await TcpProxy.open(brokerPort)).port;
    const dock = (rig = await DockRig.open({ agentPort }));
    await dock.ledger.putLarge('cam-1', dock.camera(), 'LONG.MP4', { block: random.bytes(MIB), count: 12 });
    if (line === undefined) throw new Error('no line');
    line.cutAfterUp = 3 * MIB;
    await dock.start();
    await until(
      '4 connections',
      60_000,
      () => (line?.accepted ?? 0) >= 4,
      () => dock.tails(),
    );
    line.cutAfterUp = undefined;
    await dock.untilEmptied(1, 90_000);
    await dock.untilCustodyBegun(70_000);
    await dock.stop();
    expect(dock.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
    // Resumed and not begun again each time: no more went up than the file, what was in flight at each cut, and the talk.
    expect(line.bytes.up).toBeLessThan(12 * MIB + 3 * 4 * MIB);
  });

  test('that flips bits in every fifth large message delivers the right bytes all the same', async () => {
    let line: CorruptingProxy | undefined;
    const agentPort = async (brokerPort: number): Promise<number> =>
      (proxy = line = await CorruptingProxy.open(brokerPort, (message) => message % 5 === 2)).port;
    const dock = (rig = await DockRig.open({ agentPort }));
    await dock.ledger.putLarge('cam-1', dock.camera(), 'LONG.MP4', { block: random.bytes(MIB), count: 60 });
    await dock.start();
    await dock.untilEmptied(1, 60_000);
    await dock.stop();
    expect(line?.flips).toBeGreaterThan(20);
    expect(dock.check()).toMatchObject({ problems: [], recordings: 1, onCameras: 0 });
  });
});
