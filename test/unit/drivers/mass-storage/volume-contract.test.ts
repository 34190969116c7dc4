import { symlink } from 'node:fs/promises';
import { afterEach, describe, test } from 'vitest';
import { driverContract } from '../../../contracts/driver-contract.ts';
import type { DriverSubject } from '../../../contracts/driver-subject.ts';
import { MountRig, PLACE } from '../../../fakes/mount-rig.ts';

const rigs: MountRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

async function subject(): Promise<DriverSubject> {
  const rig = await MountRig.open();
  rigs.push(rig);
  const { card } = rig.port;
  return {
    driver: rig.driver,
    place: PLACE,
    put: (path, bytes) => card.put(path, bytes),
    remove: (path) => card.remove(path),
    putOddity: (path) => symlink('/etc/passwd', card.at(path)),
    protect: async () => {
      rig.port.isProtected = true;
    },
    detach: () => rig.port.pull(),
    contents: () => card.contents(),
  };
}

describe('a camera that shows itself as a disk', () => driverContract({ test }, subject));
