// A store whose vault was restored to yesterday's copy: stations know what came since. What they still have comes again by itself, what
// is only on a camera with its next docking, and what nobody has any more is named. The tests run side by side: most of it is waiting.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test, type TestContext } from 'vitest';
import { ROLES, roleSignature } from '../../protocol/documents/order.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { type RigWish, STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { RECEIVER, runProgram } from '../fakes/program.ts';
import { rolesSign, STATEMENT_ROLE_LINES } from '../fakes/restored-store.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

type Line = Readonly<Record<string, unknown>>;

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign')).concurrent('a vault that was put back', () => {
  const random = seededRandom(77);

  async function openRig({ onTestFinished }: TestContext, wish: RigWish = {}): Promise<DockRig> {
    const broker = await Mosquitto.open();
    onTestFinished(() => broker.stop());
    const dock = await DockRig.open({ broker, roles: STATEMENT_ROLE_LINES, ...wish });
    onTestFinished(() => dock.close());
    await dock.start();
    return dock;
  }

  const copy = (from: string, to: string): Promise<unknown> => promisify(execFile)('cp', ['-a', from, to]);

  async function backUp(dock: DockRig): Promise<void> {
    await dock.receiver.stop();
    await copy(dock.vault, `${dock.vault}.yesterday`);
    await dock.receiver.start();
  }

  async function putBack(dock: DockRig): Promise<void> {
    await dock.receiver.stop();
    await rm(dock.vault, { recursive: true });
    await copy(`${dock.vault}.yesterday`, dock.vault);
    const args = ['restored', '--json', '--config', dock.receiverFile()];
    const { exitCode, stdout, stderr } = await runProgram(RECEIVER, args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ made: true });
    const folder = join(dock.vault, 'r-archive', 'restored');
    const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.json'));
    const signed = rolesSign(await readFile(join(folder, name)));
    for (const role of ROLES) await writeFile(roleSignature(join(folder, name), role), signed[role]);
    await dock.receiver.start();
  }

  /** Puts a file on the camera; gives the id of the recording that is receipted in the vault then. */
  async function deliver(dock: DockRig, name: string): Promise<string> {
    const before = new Set(await dock.receipted());
    await dock.put(1, name, random.bytes(700_000));
    const news = async (): Promise<string | undefined> =>
      (await dock.receipted()).find((id) => !before.has(id));
    return until(`${name} in the vault`, 20_000, news, () => dock.tails());
  }

  const linesOf = (text: string): Line[] =>
    text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));

  async function reconciled(
    dock: DockRig,
    ...words: string[]
  ): Promise<{ exitCode: number; stations: unknown }> {
    const args = ['reconcile', ...words, '--json', '--config', dock.receiverFile()];
    const { exitCode, stdout } = await runProgram(RECEIVER, args);
    return { exitCode, stations: (JSON.parse(stdout) as { stations: unknown }).stations };
  }

  /** The station's log says that a new listing confirmed it. */
  async function untilErased(dock: DockRig, recording: string): Promise<void> {
    const folder = join(dock.spool, 'custody');
    const said = async (): Promise<boolean> => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      const erased = texts
        .flatMap((text) => text.split('\n'))
        .filter((line) => line.includes('"event":"erased"'));
      return erased.some((line) => line.includes(recording));
    };
    await until(`${recording} erased`, 20_000, said, () => dock.tails());
  }

  /** Has the station drop what was receipted, that recording among it; what comes later stays for two days again. */
  async function emptySpool(dock: DockRig, recording: string): Promise<void> {
    const text = await readFile(dock.stationFile, 'utf8');
    await dock.agent.stop();
    await writeFile(dock.stationFile, text.replace('keep_hours: 48', 'keep_hours: 0'));
    await dock.agent.start();
    const gone = async (): Promise<boolean> =>
      (await readdir(join(dock.spool, 'released'))).includes(recording);
    await until(`${recording} out of the spool`, 20_000, gone, () => dock.tails());
    await dock.agent.stop();
    await writeFile(dock.stationFile, text);
    await dock.agent.start();
  }

  test(
    'gets again what is in a spool, and stations name what is nowhere',
    { timeout: 90_000 },
    async (context) => {
      const dock = await openRig(context);
      const yesterday = await deliver(dock, 'A.MP4');
      await dock.untilEmptied(1, 10_000);
      await backUp(dock);
      const lost = await deliver(dock, 'B.MP4');
      await untilErased(dock, lost);
      await emptySpool(dock, lost);
      const kept = await deliver(dock, 'C.MP4');
      await dock.untilEmptied(1, 10_000);
      const receipt = sha256Hex(await readFile(join(dock.vault, STATION, lost, 'receipt.json')));
      const payload = sha256Hex(await readFile(join(dock.vault, STATION, kept, 'payload.age')));

      await putBack(dock);
      const again = async (): Promise<boolean> => (await dock.receipted()).includes(kept);
      await until('C in the vault again', 20_000, again, () => dock.tails());
      expect(sha256Hex(await readFile(join(dock.vault, STATION, kept, 'payload.age')))).toBe(payload);
      const isTold = (line: Line): boolean =>
        line['message'] === 'restored store may lack a recording' && line['subject'] === lost;
      await until(
        'B told as lost',
        20_000,
        async () => linesOf(dock.agent.log()).find(isTold),
        () => dock.tails(),
      );
      const today = await deliver(dock, 'D.MP4');
      await dock.untilEmptied(1, 10_000);
      expect((await dock.receipted()).toSorted()).toEqual([yesterday, kept, today].toSorted());

      const lines = linesOf(dock.agent.log());
      expect(lines.filter(({ condition }) => condition === 'store.recordings-lost')[0]?.['message']).toBe(
        'condition raised',
      );
      await dock.stop();

      const { exitCode, stations } = await reconciled(dock);
      expect(exitCode).toBe(1);
      expect(stations).toMatchObject([
        {
          station: STATION,
          good: false,
          lost: [{ recording: lost, kind: 'recording', camera: 'cam-1', receipt_sha256: receipt }],
          missing: [],
          incomplete: [],
          unreceipted: [],
          ahead: [],
        },
      ]);
      const { problems } = dock.check();
      expect(problems.join('\n')).toContain('B.MP4');
      expect(problems).toHaveLength(
        problems.filter((problem) => problem.includes(lost) || problem.includes('B.MP4')).length,
      );
    },
  );

  test('gets with the next docking what only a camera has', { timeout: 90_000 }, async (context) => {
    const dock = await openRig(context, { release: 'never' });
    await backUp(dock);
    const old = await deliver(dock, 'A.MP4');
    await emptySpool(dock, old);
    await dock.takeOut();
    await dock.untilBay(1, 'no camera', 20_000, (bay) => bay.camera === null);

    await putBack(dock);
    // The entry that says that it left the spool may come a batch later, and docking records may still be on their way.
    const isOnCamera = async (): Promise<boolean> => {
      const { exitCode, stations } = await reconciled(dock);
      const [{ missing }] = stations as [{ missing: { recording: string; where: string }[] }];
      return (
        exitCode === 1 && missing.some(({ recording, where }) => recording === old && where === 'camera')
      );
    };
    await until('A is on its camera', 20_000, isOnCamera, () => dock.tails());
    await dock.putBack();
    const [id = ''] = await until(
      'A in the vault again',
      20_000,
      async () => {
        const found = await dock.receipted();
        return found.length > 0 ? found : undefined;
      },
      () => dock.tails(),
    );
    const manifest = await readFile(join(dock.vault, STATION, id, 'manifest.json'), 'utf8');
    expect(id).not.toBe(old);
    expect(JSON.parse(manifest)).toMatchObject({ supersedes: [old] });
    expect(await dock.filesOn()).toBe(1);
    const isGood = async (): Promise<boolean> => (await reconciled(dock)).exitCode === 0;
    await until('nothing is missing', 20_000, isGood, () => dock.tails());
    await dock.stop();
  });
});
