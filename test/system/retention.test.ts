// Retention as a store lives with it: a running receiver and a running agent, orders that two persons sign with stock minisign, a clock that
// is wrong, evil orders, and at the end both verifiers accept the vault.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { FakeWallClock } from '../fakes/fake-wall-clock.ts';
import { judgeWithPython } from '../fakes/manipulations/judges.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { OUTSIDE_TIME } from '../fakes/outside-time.ts';
import { BODYDOCK, RECEIVER, runProgram, type CommandOutcome } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools, requireTool } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const run = promisify(execFile);
const DAY_MS = 86_400_000;
/** A machine that is busy with other things takes twice as long as the minute that each of them needs. */
const LOADED_MS = 300_000;
const random = seededRandom(78);
const PEOPLE = ['officer', 'supervisor', 'officer-before'] as const;
type Person = (typeof PEOPLE)[number];

describe.skipIf(lacksTools('faketime', 'mosquitto', 'minisign', 'age', 'python3'))('retention', () => {
  const closing: (() => unknown)[] = [];
  let people: string;
  beforeEach(async () => {
    people = await mkdtemp(join(tmpdir(), 'bodydock-people-'));
    closing.push(() => rm(people, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** A key as its holder makes it, in a folder of that person alone; gives the line for receiver.yaml. */
  async function makeKey(person: Person): Promise<string> {
    await mkdir(join(people, person));
    const files = ['-p', `${person}.pub`, '-s', `${person}.key`];
    await run(requireTool('minisign'), ['-G', '-W', ...files], { cwd: join(people, person) });
    return (await readFile(join(people, person, `${person}.pub`), 'utf8')).split('\n')[1] ?? '';
  }

  /** Signs what lies in a folder for a role, with the very command that the product prints. */
  async function sign(folder: string, role: string, person: Person, said: string): Promise<void> {
    const line = said
      .split('\n')
      .find((text) => text.includes('minisign -S') && text.includes(`.${role}.minisig`));
    const command = line
      ?.slice(line.indexOf('minisign'))
      .replace('KEYFILE', join(people, person, `${person}.key`));
    await run(requireTool('bash'), ['-euo', 'pipefail', '-c', command ?? 'exit 9'], { cwd: folder });
  }

  interface Made {
    readonly folder: string;
    readonly said: string;
  }

  test(
    'by a running store: a wrong clock deletes nothing, a hold keeps, what is due and what both roles ordered goes, and the vault verifies',
    async () => {
      const broker = await Mosquitto.open();
      closing.push(() => broker.stop());
      const clock = new FakeWallClock();
      closing.push(() => clock.close());
      const [officer, supervisor, before] = [
        await makeKey('officer'),
        await makeKey('supervisor'),
        await makeKey('officer-before'),
      ];
      expect(before).toMatch(/^RW/);
      const rig = await DockRig.open({
        broker,
        agentEnvironment: clock.environment,
        receiverEnvironment: clock.environment,
        roles: { officers: [officer], supervisors: [supervisor] },
      });
      closing.push(() => rig.close());
      for (const person of ['officer', 'supervisor'] as const)
        await writeFile(
          join(rig.keys, `${person}.pub`),
          await readFile(join(people, person, `${person}.pub`)),
        );

      const store = (...args: string[]): Promise<CommandOutcome> =>
        runProgram(RECEIVER, [...args, '--config', rig.receiverFile()]);
      const storeHearing = async (...args: string[]): Promise<CommandOutcome> => {
        await runProgram(OUTSIDE_TIME, [rig.receiverFile()]);
        return store(...args);
      };
      const recordings = async (): Promise<string[]> =>
        (await readdir(join(rig.vault, STATION))).filter((name) => name.length === 26);
      const payloads = async (): Promise<string[]> => {
        const found: string[] = [];
        for (const name of await recordings())
          if ((await readdir(join(rig.vault, STATION, name))).includes('payload.age')) found.push(name);
        return found.toSorted();
      };
      const logged = async (event: string): Promise<Record<string, unknown>[]> => {
        const folder = join(rig.vault, 'r-archive', 'custody');
        const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
        const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
        const lines = texts.flatMap((text) => text.trimEnd().split('\n'));
        const entries = lines.map(
          (line) => JSON.parse(line) as { event: string; facts: Record<string, unknown> },
        );
        return entries.filter((entry) => entry.event === event).map(({ facts }) => facts);
      };
      let made = 0;
      const make = async (verb: string, recording: string): Promise<Made> => {
        const folder = join(rig.folder, `order-${++made}`);
        const words = [verb, STATION, recording, '--reason', 'case-7', '--out', folder];
        const { exitCode, stdout, stderr } = await store(...words);
        expect([exitCode, stderr]).toEqual([0, '']);
        return { folder, said: stdout };
      };
      const placed = async (verb: string, { folder }: Made): Promise<string> => {
        const { exitCode, stdout, stderr } = await store(verb, '--place', folder);
        expect([exitCode, stderr]).toEqual([0, '']);
        return stdout;
      };

      // Three weeks ago three recordings came.
      clock.move(-20 * DAY_MS);
      for (const number of [1, 2, 3])
        await rig.put(1, `DCIM/KOD_000${number}.MP4`, random.bytes(300_000 + number));
      await rig.start();
      await rig.untilReceipted(3, 60_000);
      await rig.untilEmptied(1, 60_000);
      await rig.stop();
      const old = await payloads();
      expect(old).toHaveLength(3);
      const [kept = '', ...due] = old;

      // Today: within one boot the clock went three weeks ahead, and nobody says whether that is right.
      clock.move(0);
      await rig.receiver.start();
      const raised = (): boolean => rig.receiver.log().includes('"condition":"retention.clock"');
      await until('a clock in doubt', 120_000, raised, () => rig.tails());
      const refused = await store('expire');
      expect(refused.exitCode).toBe(1);
      expect(refused.stdout).toMatch(
        /0 recordings deleted[^]*NOTHING IS DELETED BY ITS TIME: nobody outside/,
      );
      expect((await store('expire', '--preview')).stdout).toMatch(/NOTHING IS DELETED[^]*due, and waits/);
      expect(await payloads()).toEqual(old);
      expect(await logged('deleting')).toEqual([]);

      // One role holds a recording, at once; then somebody outside says the time.
      const hold = await make('hold', kept);
      await sign(hold.folder, 'officer', 'officer', hold.said);
      expect(await placed('hold', hold)).toContain('unless the supervisor signs too');
      const checked = await storeHearing('expire');
      expect([checked.exitCode, checked.stderr]).toEqual([0, '']);
      expect(checked.stdout).toContain('2 recordings deleted');
      expect(await payloads()).toEqual([kept]);
      for (const name of due) {
        const said = await run(
          requireTool('minisign'),
          ['-Vm', 'deletion.json', '-p', join(rig.keys, 'store.pub')],
          { cwd: join(rig.vault, STATION, name) },
        );
        expect(said.stdout).toContain('Trusted comment: bodydock deletion-record');
      }

      // New recordings come while all this goes on; one is opened, and then deleted by order of both.
      await rig.put(1, 'DCIM/KOD_0004.MP4', random.bytes(400_000));
      await rig.put(1, 'DCIM/KOD_0005.MP4', random.bytes(500_000));
      await rig.agent.start();
      await rig.untilReceipted(5, 60_000);
      const [fresh = '', stays = ''] = (await payloads()).filter((name) => name !== kept);
      const opened = await runProgram(BODYDOCK, [
        'open',
        join(rig.vault, STATION, fresh),
        '--identity',
        rig.identityFile,
        '--reason',
        'court-12',
        '--out',
        join(rig.folder, 'opened'),
      ]);
      expect([opened.exitCode, opened.stderr]).toEqual([0, '']);

      await evilOrders(fresh, stays);
      expect(await payloads()).toHaveLength(3);

      const deletion = await make('delete', fresh);
      await sign(deletion.folder, 'supervisor', 'supervisor', deletion.said);
      expect(await placed('delete', deletion)).toContain('does not count before the officer signs too');
      await sign(deletion.folder, 'officer', 'officer', deletion.said);
      expect(await placed('delete', deletion)).toContain('1 recording deleted');
      expect(await payloads()).toEqual([kept, stays].toSorted());

      // Both lift the hold. The receiver does the rest by itself when it starts, and takes the disclosure into its log.
      await sign(hold.folder, 'supervisor', 'supervisor', hold.said);
      expect(await placed('hold', hold)).toContain('until both roles lift that');
      const lift = await make('unhold', kept);
      for (const role of ['officer', 'supervisor'] as const) await sign(lift.folder, role, role, lift.said);
      expect(await placed('unhold', lift)).toContain('Nobody holds the recording now');
      await rig.receiver.stop();
      await rig.receiver.start();
      const gone = async (): Promise<boolean> => (await payloads()).join() === stays;
      await until('the held one is deleted by the receiver', 120_000, gone, () => rig.tails());
      const entered = async (): Promise<boolean> =>
        (await readdir(join(rig.vault, '.disclosures'))).length === 0;
      await until('the disclosure is entered', 60_000, entered, () => rig.tails());
      expect(await logged('disclosed')).toMatchObject([
        { recording: fresh, command: 'open', reason: 'court-12' },
      ]);
      await rig.stop();

      expect((await logged('deleted')).map(({ recording }) => String(recording)).toSorted()).toEqual(
        [...due, kept, fresh].toSorted(),
      );
      const verified = await runProgram(BODYDOCK, ['verify', rig.vault, '--keys', rig.keys]);
      expect(verified.exitCode, verified.stdout).toBe(0);
      const [second] = await judgeWithPython([rig.vault], { keys: rig.keys });
      expect(second).toMatchObject({ good: true, findings: [] });

      /** None of them changes anything, and each refusal names its reason. */
      async function evilOrders(about: string, other: string): Promise<void> {
        const refusal = async (order: Made): Promise<string> => {
          const { exitCode, stdout, stderr } = await store('delete', '--place', order.folder);
          expect([exitCode, stdout]).toEqual([1, '']);
          return stderr;
        };
        const twice = await make('delete', about);
        await sign(twice.folder, 'officer', 'officer', twice.said);
        await sign(twice.folder, 'supervisor', 'officer', twice.said);
        expect(await refusal(twice)).toContain(
          'order.signature: the signature of the supervisor does not hold',
        );

        const revoked = await make('delete', about);
        await sign(revoked.folder, 'officer', 'officer-before', revoked.said);
        await sign(revoked.folder, 'supervisor', 'supervisor', revoked.said);
        expect(await refusal(revoked)).toContain(
          'order.signature: the signature of the officer does not hold',
        );

        const altered = await make('delete', about);
        for (const role of ['officer', 'supervisor'] as const)
          await sign(altered.folder, role, role, altered.said);
        const file = join(altered.folder, 'order.json');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace('case-7', 'case-8'));
        expect(await refusal(altered)).toContain('order.signature');

        // The signatures of one order beside the text of another one.
        const replayed = await make('delete', other);
        await writeFile(file, text);
        for (const role of ['officer', 'supervisor'] as const) {
          const signature = `order.json.${role}.minisig`;
          await writeFile(join(replayed.folder, signature), await readFile(join(altered.folder, signature)));
        }
        expect(await refusal(replayed)).toContain('order.signature');

        const elsewhere = await make('delete', about);
        const foreign = (await readFile(join(elsewhere.folder, 'order.json'), 'utf8')).replace(
          about,
          'a'.repeat(26),
        );
        await writeFile(join(elsewhere.folder, 'order.json'), foreign);
        for (const role of ['officer', 'supervisor'] as const)
          await sign(elsewhere.folder, role, role, elsewhere.said);
        expect(await refusal(elsewhere)).toContain('order.no-recording');
        expect((await store('orders', '--all', '--json')).stdout).not.toContain('"verb":"delete"');
      }
    },
    LOADED_MS,
  );

  test(
    'of documents: they go 90 days after the deletion and the log with them, and both verifiers accept what is left',
    async () => {
      const broker = await Mosquitto.open();
      closing.push(() => broker.stop());
      const clock = new FakeWallClock();
      closing.push(() => clock.close());
      const rig = await DockRig.open({
        broker,
        agentEnvironment: clock.environment,
        receiverEnvironment: clock.environment,
        retention: { days: 14, documents_days: 90, timer_hours: 0 },
      });
      closing.push(() => rig.close());
      const store = async (...args: string[]): Promise<Record<string, unknown>> => {
        const words = [...args, '--config', rig.receiverFile(), '--json'];
        const { exitCode, stdout, stderr } = await runProgram(RECEIVER, words, {
          environment: clock.environment,
        });
        expect([exitCode, stderr]).toEqual([0, '']);
        return JSON.parse(stdout) as Record<string, unknown>;
      };
      const storeHearing = async (...args: string[]): Promise<Record<string, unknown>> => {
        await runProgram(OUTSIDE_TIME, [rig.receiverFile()], { environment: clock.environment });
        return store(...args);
      };
      const folder = join(rig.vault, STATION);
      const ids = async (): Promise<string[]> =>
        (await readdir(folder).catch((): string[] => [])).filter((name) => name.length === 26);
      const dockings = async (): Promise<number> => {
        const found = await Promise.all((await ids()).map((name) => readdir(join(folder, name))));
        return found.filter(
          (names) => names.includes('docking.json.minisig') && names.includes('receipt.json'),
        ).length;
      };
      const logFiles = async (): Promise<string[]> =>
        (await readdir(join(folder, 'custody'))).filter((name) => name.endsWith('.jsonl'));
      const accepted = async (): Promise<void> => {
        const verified = await runProgram(BODYDOCK, ['verify', rig.vault, '--keys', rig.keys]);
        expect(verified.exitCode, verified.stdout).toBe(0);
        const [second] = await judgeWithPython([rig.vault], { keys: rig.keys });
        expect(second).toMatchObject({ good: true, findings: [] });
      };
      /** One docking with one recording, some days ago; both have their receipts when it resolves. */
      const oneDay = async (daysAgo: number, number: number): Promise<void> => {
        const before = await dockings();
        clock.move(-daysAgo * DAY_MS);
        if (number > 1) await rig.putBack(1);
        await rig.put(1, `DCIM/KOD_000${number}.MP4`, random.bytes(200_000 + number));
        await rig.receiver.start();
        await rig.agent.start();
        await until(
          'a recording',
          60_000,
          async () => (await rig.filesOn(1)) === 0,
          () => rig.tails(),
        );
        await rig.takeOut(1);
        await until(
          'its docking',
          60_000,
          async () => (await dockings()) > before,
          () => rig.tails(),
        );
      };

      await oneDay(290, 1);
      await rig.stop();
      await oneDay(230, 2);
      expect(await storeHearing('expire')).toMatchObject({ deleted: 1 });
      await rig.stop();
      clock.move(-130 * DAY_MS);
      const first = await storeHearing('expire');
      expect(first).toMatchObject({ deleted: 1, dropped: { folders: 2, segments: 0 } });
      await rig.receiver.start();
      await rig.agent.start();
      const older = await logFiles();
      await until(
        'a new segment of the log of the station, which the store enters as it stops',
        60_000,
        async () => (await logFiles()).length > older.length,
        () => rig.tails(),
      );
      await rig.stop();
      await accepted();
      clock.move(0);
      const before = await logFiles();
      const second = await storeHearing('expire');
      expect(second).toMatchObject({ deleted: 0, clock_doubt: null, dropped: { folders: 2 } });
      const { segments } = second['dropped'] as { segments: number };
      expect(segments).toBeGreaterThanOrEqual(1);
      expect([before.length, (await logFiles()).length]).toEqual([3, 3 - segments]);
      expect(await ids()).toEqual([]);
      await accepted();
    },
    LOADED_MS,
  );
});
