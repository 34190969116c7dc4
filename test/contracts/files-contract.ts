// What every Files must do, the machine's and the one in memory that forgets. What a power cut leaves is not asked here.
import assert from 'node:assert/strict';
import type { Files } from '../../protocol/format/ports.ts';
import type { ContractRunner } from './runner.ts';

/** A file system and an empty folder on it. */
export interface FilesSubject {
  readonly files: Files;
  readonly root: string;
  /** Puts something that is neither file nor folder there. */
  readonly plantOther: (path: string) => Promise<void> | void;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (read: Uint8Array): string => Buffer.from(read).toString();
const code = (code: string) => (error: unknown) => {
  assert.equal((error as NodeJS.ErrnoException).code, code);
  return true;
};

async function put(files: Files, path: string, content: string): Promise<void> {
  const file = await files.create(path);
  await file.write(bytes(content), 0);
  await file.sync();
  await file.close();
}

function fileContract({ test }: ContractRunner, make: () => Promise<FilesSubject>): void {
  test('what was written is read back, from any position', async () => {
    const { files, root } = await make();
    const file = await files.create(`${root}/a`);
    await file.write(bytes('hello world'), 0);
    await file.write(bytes('W'), 6);
    await file.write(bytes('!'), 11);
    assert.equal(await file.sizeBytes(), 12);
    const target = new Uint8Array(5);
    assert.equal(await file.read(target, 6), 5);
    assert.equal(text(target), 'World');
    await file.sync();
    await file.close();
    assert.equal(text(await files.readAll(`${root}/a`, 100)), 'hello World!');
  });

  test('a read behind the end returns fewer bytes, and none at the end', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'abc');
    const file = await files.open(`${root}/a`, 'read');
    const target = new Uint8Array(10);
    assert.equal(await file.read(target, 1), 2);
    assert.equal(await file.read(target, 3), 0);
    assert.equal(await file.read(target, 99), 0);
    await file.close();
  });

  test('a gap before a written position reads as zeros', async () => {
    const { files, root } = await make();
    const file = await files.create(`${root}/a`);
    await file.write(bytes('x'), 4);
    await file.close();
    assert.deepEqual([...(await files.readAll(`${root}/a`, 100))], [0, 0, 0, 0, 120]);
  });

  test('a write does not keep a hold on the given bytes', async () => {
    const { files, root } = await make();
    const given = Buffer.from('abc');
    const file = await files.create(`${root}/a`);
    await file.write(given, 0);
    given.fill(0);
    await file.close();
    assert.equal(text(await files.readAll(`${root}/a`, 100)), 'abc');
  });

  test('writing nothing is no error and changes nothing', async () => {
    const { files, root } = await make();
    const file = await files.create(`${root}/a`);
    await file.write(new Uint8Array(0), 0);
    assert.equal(await file.sizeBytes(), 0);
    await file.close();
  });

  test('closing twice, also at once, is closing once', async () => {
    const { files, root } = await make();
    const file = await files.create(`${root}/a`);
    await Promise.all([file.close(), file.close()]);
    await file.close();
    await assert.rejects(file.write(bytes('x'), 0), code('EBADF'));
  });

  test('a file opened for reading refuses to be written', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'abc');
    const file = await files.open(`${root}/a`, 'read');
    await assert.rejects(file.write(bytes('x'), 0), code('EBADF'));
    await file.close();
    assert.equal(text(await files.readAll(`${root}/a`, 100)), 'abc');
  });

  test('a file opened for writing keeps its content and can be read', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'abc');
    const file = await files.open(`${root}/a`, 'write');
    await file.write(bytes('X'), 1);
    const target = new Uint8Array(3);
    await file.read(target, 0);
    assert.equal(text(target), 'aXc');
    await file.close();
  });

  test('a removed or renamed file lives on for whoever has it open', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'abc');
    const file = await files.open(`${root}/a`, 'read');
    await files.rename(`${root}/a`, `${root}/b`);
    await files.unlink(`${root}/b`);
    const target = new Uint8Array(3);
    assert.equal(await file.read(target, 0), 3);
    await file.close();
    assert.equal(await files.stat(`${root}/b`), undefined);
  });
}

function nameContract({ test }: ContractRunner, make: () => Promise<FilesSubject>): void {
  test('a taken name is refused for files and folders and stays as it was', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'abc');
    await files.makeFolder(`${root}/f`);
    for (const name of ['a', 'f']) {
      await assert.rejects(files.create(`${root}/${name}`), code('EEXIST'));
      await assert.rejects(files.makeFolder(`${root}/${name}`), code('EEXIST'));
    }
    assert.equal(text(await files.readAll(`${root}/a`, 100)), 'abc');
  });

  test('what is not there is "ENOENT", and for stat and removeTree no error', async () => {
    const { files, root } = await make();
    const path = `${root}/none`;
    await assert.rejects(files.open(path, 'read'), code('ENOENT'));
    await assert.rejects(files.readAll(path, 10), code('ENOENT'));
    await assert.rejects(files.list(path), code('ENOENT'));
    await assert.rejects(files.unlink(path), code('ENOENT'));
    await assert.rejects(files.rename(path, `${root}/b`), code('ENOENT'));
    await assert.rejects(files.syncFolder(path), code('ENOENT'));
    await assert.rejects(files.create(`${path}/a`), code('ENOENT'));
    assert.equal(await files.stat(path), undefined);
    assert.equal(await files.stat(`${path}/deeper`), undefined);
    await files.removeTree(path);
  });

  test('a rename replaces a file in one step', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'new');
    await put(files, `${root}/b`, 'old');
    await files.rename(`${root}/a`, `${root}/b`);
    await files.syncFolder(root);
    assert.equal(text(await files.readAll(`${root}/b`, 100)), 'new');
    assert.deepEqual(await files.list(root), ['b']);
  });

  test('a folder moves with all that it holds, but not onto one that holds something', async () => {
    const { files, root } = await make();
    for (const name of ['from', 'full', 'to']) await files.makeFolder(`${root}/${name}`);
    await files.makeFolder(`${root}/from/x`);
    await put(files, `${root}/from/x/a`, 'abc');
    await put(files, `${root}/full/a`, 'abc');
    await assert.rejects(files.rename(`${root}/from/x`, `${root}/full`), code('ENOTEMPTY'));
    await files.rename(`${root}/from/x`, `${root}/to/y`);
    assert.equal(text(await files.readAll(`${root}/to/y/a`, 100)), 'abc');
    assert.deepEqual(await files.list(`${root}/from`), []);
  });

  test('unlink takes files only, removeTree takes all below a name', async () => {
    const { files, root } = await make();
    await files.makeFolder(`${root}/f`);
    await files.makeFolder(`${root}/f/g`);
    await put(files, `${root}/f/g/a`, 'abc');
    await put(files, `${root}/f/b`, 'abc');
    await assert.rejects(files.unlink(`${root}/f`), code('EISDIR'));
    await files.unlink(`${root}/f/b`);
    await files.removeTree(`${root}/f`);
    assert.deepEqual(await files.list(root), []);
  });

  test('list names everything in the folder and stat tells kind and size', async () => {
    const { files, root, plantOther } = await make();
    await files.makeFolder(`${root}/f`);
    await put(files, `${root}/a`, 'abc');
    await plantOther(`${root}/o`);
    assert.deepEqual((await files.list(root)).sort(), ['a', 'f', 'o']);
    assert.deepEqual(await files.stat(`${root}/a`), { kind: 'file', sizeBytes: 3 });
    assert.equal((await files.stat(`${root}/f`))?.kind, 'folder');
    assert.equal((await files.stat(`${root}/o`))?.kind, 'other');
  });

  test('what is neither file nor folder is never opened', async () => {
    const { files, root, plantOther } = await make();
    await plantOther(`${root}/o`);
    await assert.rejects(files.open(`${root}/o`, 'read'), code('ELOOP'));
    await assert.rejects(files.readAll(`${root}/o`, 10), code('ELOOP'));
  });

  test('readAll refuses a file that is longer than allowed, and a folder', async () => {
    const { files, root } = await make();
    await put(files, `${root}/a`, 'abcd');
    await files.makeFolder(`${root}/f`);
    assert.equal((await files.readAll(`${root}/a`, 4)).length, 4);
    await assert.rejects(files.readAll(`${root}/a`, 3), code('EFBIG'));
    await assert.rejects(files.readAll(`${root}/f`, 1 << 20), code('EISDIR'));
  });

  test('free space is a whole number of bytes', async () => {
    const { files, root } = await make();
    const free = await files.freeBytes(root);
    assert.ok(Number.isSafeInteger(free) && free > 0, String(free));
  });
}

/** The whole suite. `make` gives a fresh subject for each test. */
export function filesContract(runner: ContractRunner, make: () => Promise<FilesSubject>): void {
  fileContract(runner, make);
  nameContract(runner, make);
}
