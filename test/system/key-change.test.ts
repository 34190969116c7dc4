// Keys change while recordings wait (KEY-03): whole programs, the commands that technicians type, and what both verifiers say of the vault.
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { KeyChangeRig, type VerifiedVault } from '../fakes/key-change-rig.ts';
import { codesOf, judgeWithPython, type Judgement } from '../fakes/manipulations/judges.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';

const WAIT_MS = 60_000;

describe.skipIf(lacksTools('python3', 'age', 'minisign')).concurrent('a change of keys', () => {
  /** Of several tests that run, only the context knows the one that asks. */
  async function open(
    { onTestFinished }: TestContext,
    seed: number,
  ): Promise<KeyChangeRig & { put(name: string): Promise<void> }> {
    const dock = await DockRig.open();
    onTestFinished(() => dock.close());
    const random = seededRandom(seed);
    const put = (name: string): Promise<void> => dock.put(1, name, random.bytes(400_000));
    return Object.assign(new KeyChangeRig(dock), { put });
  }

  /** What the product's verifier says, with those notes only that are about keys: the end of the log may come later. */
  async function ofKeys(rig: KeyChangeRig, keys?: string): Promise<VerifiedVault> {
    const said = await rig.verify(keys);
    return { ...said, notes: said.notes.filter((code) => code.includes('key')) };
  }

  async function judgedByPython({ dock }: KeyChangeRig, keys = dock.keys): Promise<Judgement> {
    const [said] = await judgeWithPython([dock.vault], { keys, identity: dock.identityFile });
    if (said === undefined) throw new Error('the verifier said nothing');
    return said;
  }

  test('of a station with a backlog leaves what the old key signed as it is, and stands in the log', async (context) => {
    const rig = await open(context, 11);
    const { dock } = rig;
    await rig.put('A.MP4');
    await dock.start();
    await dock.untilEmptied(1, WAIT_MS);
    const [first = ''] = await dock.receipted();
    await dock.receiver.stop();
    await rig.put('B.MP4');
    const [waiting = ''] = await rig.untilBacklog(1);

    const prepared = await rig.rotateStation('--prepare');
    await rig.pinAtStore(prepared.public);
    await dock.agent.stop();
    const committed = await rig.rotateStation('--commit');
    expect(committed).toMatchObject({ step: 'committed', key_id: prepared.key_id });
    await dock.agent.start();
    await rig.put('C.MP4');
    const fresh = (await rig.untilBacklog(2)).find((name) => name !== waiting) ?? '';

    await dock.receiver.start();
    await dock.untilEmptied(1, WAIT_MS);
    await rig.untilVaultLog('the change', ({ event }) => event === 'key-changed');
    await dock.stop();
    await mkdir(join(rig.stationVault, 'keys'), { recursive: true });
    await rig.carryChange(committed);

    const { old_key_id: old = '', key_id: next } = committed;
    const signers = await Promise.all([first, waiting, fresh].map((name) => rig.signer(name, 'manifest')));
    expect(signers).toEqual([old, old, next]);
    const changed = (await rig.vaultLog()).filter((lines) => lines[1]?.event === 'key-changed');
    expect(changed.map((lines) => lines[1]?.facts)).toMatchObject([{ old_key_id: old, new_key_id: next }]);
    expect(await ofKeys(rig)).toEqual({ good: true, findings: [], notes: [] });
    expect(await judgedByPython(rig)).toMatchObject({ good: true, findings: [] });

    // Somebody who has only ever got the old key by hand finds the new one introduced.
    const earlier = join(dock.folder, 'keys-of-before');
    await mkdir(earlier);
    for (const name of [`station.${old}.pub`, 'store.pub'])
      await cp(join(dock.keys, name), join(earlier, name));
    expect(await ofKeys(rig, earlier)).toEqual({ good: true, findings: [], notes: ['key.introduced'] });
  });

  test('of the store leaves earlier receipts as they are, and releases what comes behind it', async (context) => {
    const rig = await open(context, 12);
    const { dock } = rig;
    await rig.put('A.MP4');
    await dock.start();
    await dock.untilEmptied(1, WAIT_MS);
    const [first = ''] = await dock.receipted();

    const prepared = await rig.rotateStore('--prepare');
    await rig.pinAtStation(prepared.public);
    await dock.agent.stop();
    await dock.agent.start();
    await dock.receiver.stop();
    const { old_key_id: old, key_id: next } = await rig.rotateStore('--commit');
    await dock.receiver.start();
    await rig.put('B.MP4');
    await dock.untilEmptied(1, WAIT_MS); // the gate took a receipt by the new key
    await dock.stop();

    const second = (await dock.receipted()).find((name) => name !== first) ?? '';
    expect(await Promise.all([first, second].map((name) => rig.signer(name, 'receipt')))).toEqual([
      old,
      next,
    ]);
    expect(await ofKeys(rig)).toEqual({ good: true, findings: [], notes: [] });
    expect(await judgedByPython(rig)).toMatchObject({ good: true, findings: [] });
  });

  test('that was lost is revoked at the store: what the key signs from then on is refused, and a verifier names it', async (context) => {
    const rig = await open(context, 13);
    const { dock } = rig;
    await rig.put('A.MP4');
    await dock.start();
    await dock.untilEmptied(1, WAIT_MS);
    const [first = ''] = await dock.receipted();
    const lost = (await rig.signer(first, 'manifest')) ?? '';

    expect(await rig.revoke(lost, 'lost')).toContain(`revoked: key ${lost} of station ${STATION} (lost)`);
    await pause(5500); // it follows within 5 s (SPEC 4.9.3)
    await rig.put('B.MP4');
    const [refused = ''] = await rig.untilBacklog(1);
    await until(
      'a refusal',
      20_000,
      () => dock.receiver.log().includes('station signs with a revoked key'),
      () => dock.tails(),
    );
    expect(await dock.filesOn(1)).toBe(1);
    await dock.agent.stop();
    expect(await dock.receipted()).toEqual([first]);
    expect(await rig.verify()).toMatchObject({ good: true });

    // The thief of the key puts the recording into the vault himself.
    await cp(join(dock.spool, 'ready', refused), join(rig.stationVault, refused), { recursive: true });
    const { good, findings } = await rig.verify();
    expect({ good, findings }).toMatchObject({ good: false });
    expect(findings).toContainEqual(expect.stringMatching(`^manifest.revoked-key .*/${refused}/`));
    await rename(join(rig.stationVault, refused), join(dock.folder, 'put-by-hand'));

    await rename(join(dock.keys, 'station.key'), join(dock.folder, 'lost.key'));
    const committed = await rig.rotateStation('--reason', 'lost');
    await rig.pinAtStore(committed.public);
    await rig.carryChange(committed);
    await dock.receiver.stop();
    await dock.receiver.start();
    await dock.agent.start();
    await rig.put('C.MP4');
    await dock.untilReceipted(2, WAIT_MS);
    await rig.untilVaultLog('the change', ({ event }) => event === 'key-changed');
    await rig.untilVaultLog(
      'the receipt',
      ({ facts: { recording }, event }) => event === 'receipted' && recording !== first,
    );
    await dock.stop();
    const second = (await dock.receipted()).find((name) => name !== first) ?? '';
    expect(await rig.signer(second, 'manifest')).toBe(committed.key_id);
    const last = await rig.verify();
    expect(last).toMatchObject({ good: true, findings: [] });
    expect(last.notes).toEqual(
      expect.arrayContaining(['key.revoked', 'custody.end-refused', 'docking.record-refused']),
    );
    // Of the recordings and records that the store refused the other verifier may say that they are missing, and nothing else.
    const refusedEnd = ['docking.recording-missing', 'docking.unrecorded'];
    const python = await judgedByPython(rig);
    expect(codesOf(python).filter((code) => !refusedEnd.includes(code))).toEqual([]);

    // Nor does the revocation, which is the keeper's own word, let him take away what came before it.
    const custody = join(rig.stationVault, 'custody');
    for (const name of await readdir(custody))
      if (!(await readFile(join(custody, name), 'utf8')).includes('"event":"key-changed"'))
        await rm(join(custody, name));
    await rm(join(rig.stationVault, first), { recursive: true });
    const gone = (await rig.verify()).findings.map((each) => each.split(' ')[0]);
    for (const codes of [gone, codesOf(await judgedByPython(rig))])
      expect(codes).toEqual(expect.arrayContaining(['log.tail-missing', 'receipt.missing']));
  });
});
