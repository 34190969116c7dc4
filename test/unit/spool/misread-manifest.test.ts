// A page of a manifest that one start reads wrong, so that it parses all the same: neither the chains nor the next start take it for what was signed.
import { beforeEach, expect, test } from 'vitest';
import { parseCameraId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { misreadBehind } from '../station/misread-behind.ts';
import { ChainLife, digestOf, manifestOf, named } from './chain-life.ts';
import { CAMERA, openSpool, receiptOne } from './scenario.ts';

/** One bit away from CAMERA, `cam-1`. */
const CAM_3 = parseCameraId('cam-3');

let life: ChainLife;
let disk: CrashDisk;
beforeEach(async () => {
  life = await ChainLife.begin();
  ({ disk } = life);
});

test('the time of an older one is read as a later one: the last one is still the end', async () => {
  const [older, last] = await life.run(async (run) => [await life.take(run), await life.take(run)] as const);
  const end = misreadBehind(disk, manifestOf(older), '"sealed_at":"20', 0); // 2026 -> 2036
  const made = await life.run((run) => {
    end();
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(last));
});

test('the camera of the last one is read as another one of this station: neither chain takes the other', async () => {
  const other = await life.run((run) => life.take(run, { camera: CAM_3 }));
  const last = await life.one();
  const end = misreadBehind(disk, manifestOf(last), '"camera":{"id":"cam-', 1);
  const made = await life.run(async (run) => {
    end();
    return [await life.take(run, { camera: CAM_3 }), await life.take(run)] as const;
  });
  expect(made.map(named)).toEqual([digestOf(other), digestOf(last)]);
});

test('the camera of the only one that is here is read wrong: its chain does not begin anew', async () => {
  const last = await life.one();
  const end = misreadBehind(disk, manifestOf(last), '"camera":{"id":"cam-', 0);
  const made = await life.run((run) => {
    end();
    return life.take(run);
  });
  expect(named(made)).toBe(digestOf(last));
});

test('what does not verify is set aside and told, and no index keeps what was read of it', async () => {
  const last = await life.one();
  const end = misreadBehind(disk, manifestOf(last), '"camera":{"id":"cam-', 1);
  for (let starts = 0; starts < 2; starts++) {
    const { spool, findings, conditions } = await openSpool(disk);
    end();
    expect(spool.get(last.recording)).toBeUndefined();
    expect(spool.asideNames).toEqual([last.recording]);
    expect(conditions.codes()).toContain('spool.quarantine');
    if (starts === 0) expect(findings).toMatchObject([{ kind: 'quarantined', name: last.recording }]);
    await spool.close();
  }
});

test('a receipted one whose manifest is damaged for good is set aside: a file that is still on the camera is taken anew', async () => {
  const last = await life.one();
  await life.run((run) => receiptOne(run.spool, last));
  const signature = Buffer.from(disk.peek(`${manifestOf(last)}.minisig`) ?? []).toString();
  disk.plant(`${manifestOf(last)}.minisig`, signature.replace('recording-manifest', 'recovding-manifest'));
  const { spool } = await openSpool(disk);
  expect(spool.asideNames).toEqual([last.recording]);
  await spool.close();
});

test('one look that shows it wrong says nothing: the start looks again', async () => {
  const last = await life.one();
  let looks = 0;
  const end = misreadBehind(disk, manifestOf(last), '"camera":{"id":"cam-', 1);
  disk.hearCalls((operation, path) => {
    if (operation === 'readAll' && path.endsWith(`${last.recording}/manifest.json.minisig`) && ++looks === 1)
      end();
  });
  const { spool } = await openSpool(disk);
  expect(spool.get(last.recording)?.camera).toBe(CAMERA);
  await spool.close();
});
