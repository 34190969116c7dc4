// Files in a service's folder, as root's commands change them: the same as the machine's own, and what the process of the owner has in its hands.
import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ownedFiles } from '../../../config/owned-files.ts';
import { filesContract } from '../../contracts/files-contract.ts';
import { refuseOtherUsers } from '../../fakes/users-refused.ts';
import { canBeOthers } from '../../fakes/other-user.ts';

const SERVICE_UID = 65_534;
refuseOtherUsers();

let folder = '';
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-owned-'));
  await chmod(folder, 0o711);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function serviceFolder(): Promise<string> {
  const root = join(folder, String(count++));
  await mkdir(root);
  await chown(root, SERVICE_UID, SERVICE_UID);
  return root;
}

/** Processes of the service's user that this one started. */
async function helpers(): Promise<string[]> {
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  const ids = children.split(' ').filter((id) => id !== '');
  const owners = await Promise.all(ids.map(async (id) => (await stat(`/proc/${id}`)).uid));
  return ids.filter((_, at) => owners[at] === SERVICE_UID);
}

describe.runIf(canBeOthers)('in a folder of a service', () => {
  filesContract({ test }, async () => {
    const root = await serviceFolder();
    return {
      files: await ownedFiles(root),
      root,
      plantOther: (path) => symlink('/etc/passwd', path),
    };
  });

  test('root changes nothing that the service could not change itself, and an error says what the system said', async () => {
    const root = await serviceFolder();
    const roots = join(folder, 'roots');
    await mkdir(roots, { mode: 0o700 });
    await writeFile(join(roots, 'secret'), 'root’s');
    await symlink(roots, join(root, 'link'));
    const files = await ownedFiles(root);
    const to = (name: string): string => join(root, 'link', name);
    const refused = { code: 'EACCES', errno: -13 };
    await expect(files.create(to('new'))).rejects.toMatchObject({
      ...refused,
      syscall: 'open',
      path: to('new'),
    });
    await expect(files.open(to('secret'), 'write')).rejects.toMatchObject(refused);
    await expect(files.makeFolder(to('folder'))).rejects.toMatchObject({ ...refused, syscall: 'mkdir' });
    await expect(files.unlink(to('secret'))).rejects.toMatchObject(refused);
    await expect(files.removeTree(to('secret'))).rejects.toMatchObject(refused);
    await expect(files.rename(to('secret'), to('other'))).rejects.toMatchObject(refused);
    expect(await readdir(roots)).toEqual(['secret']);
  });

  test('the process that does it has nothing of root’s', async () => {
    const root = await serviceFolder();
    await (await ownedFiles(root)).makeFolder(join(root, 'made'));
    const [id = ''] = await helpers();
    const proc = (name: string): Promise<string> => readFile(`/proc/${id}/${name}`, 'utf8');
    const names = (await proc('environ')).split('\0').map((each) => each.replace(/=.*/s, ''));
    expect(new Set(names)).toEqual(new Set(['']));
    const status = await proc('status');
    for (const line of [/^Uid:(\t65534){4}$/m, /^Gid:(\t65534){4}$/m, /^Groups:\s*$/m, /^CapEff:\t0+$/m])
      expect(status).toMatch(line);
    const [, , , session, terminal] = (await proc('stat')).replace(/^.*\) /, '').split(' ');
    expect([session, terminal]).toEqual([id, '0']);
    expect(await readlink(`/proc/${id}/cwd`)).toBe('/');
    const open = await readdir(`/proc/${id}/fd`);
    const places = await Promise.all(open.map((fd) => readlink(`/proc/${id}/fd/${fd}`).catch(() => '')));
    expect(places.filter((place) => place.startsWith('/') && place !== '/dev/null')).toEqual([]);
  });

  test('a process that is ended costs the call that waits, and no other', async () => {
    const root = await serviceFolder();
    const files = await ownedFiles(root);
    await files.makeFolder(join(root, 'one'));
    for (const id of await helpers()) process.kill(Number(id), 'SIGSTOP');
    const waiting = files.makeFolder(join(root, 'two'));
    for (const id of await helpers()) process.kill(Number(id), 'SIGKILL');
    await expect(waiting).rejects.toMatchObject({ code: 'user.process', retry: 'person' });
    await files.makeFolder(join(root, 'three'));
    expect((await readdir(root)).toSorted()).toEqual(['one', 'three']);
  });

  test('no process is left when the command has ended', async () => {
    const root = await serviceFolder();
    const module = JSON.stringify(new URL('../../../config/owned-files.ts', import.meta.url).href);
    const code = `const { ownedFiles } = await import(${module});
await (await ownedFiles(${JSON.stringify(root)})).makeFolder(${JSON.stringify(join(root, 'made'))});
const { readFileSync } = await import('node:fs');
console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8'));`;
    const words = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code];
    const children = execFileSync(process.execPath, words, { encoding: 'utf8' }).trim().split(' ');
    expect(children.length).toBeGreaterThan(0);
    await expect
      .poll(async () => {
        const states = children.map((id) => readFile(`/proc/${id}/stat`, 'utf8').catch(() => ''));
        return (await Promise.all(states)).filter((state) => state !== '' && !state.includes(') Z ')); // Z: nobody has asked for its end yet
      })
      .toEqual([]);
  });
});
