import { symlink } from 'node:fs/promises';
import { afterEach, describe, test } from 'vitest';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import { driverContract } from '../../../contracts/driver-contract.ts';
import type { DriverSubject } from '../../../contracts/driver-subject.ts';
import { CardFolder } from '../../../fakes/card-folder.ts';

const cards: CardFolder[] = [];
afterEach(() => {
  for (const card of cards.splice(0)) card.dispose();
});

async function subject(): Promise<DriverSubject> {
  const card = await CardFolder.make();
  cards.push(card);
  return {
    driver: massStorageDriver({ clock: nodeClock(), times: { noticeMs: 0 } }),
    place: { kind: 'folder', path: card.root },
    put: (path, bytes) => card.put(path, bytes),
    remove: (path) => card.remove(path),
    putOddity: (path) => symlink('/etc/passwd', card.at(path)),
    detach: () => card.detach(),
    contents: () => card.contents(),
  };
}

describe('a mass-storage camera', () => driverContract({ test }, subject));
