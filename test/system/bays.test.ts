// `bodydock bays learn` as a technician runs it: what it prints goes into station.yaml as it is.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { BODYDOCK, compiled, runProgram } from '../fakes/program.ts';
import { until } from '../fakes/until.ts';
import { SysTree } from '../fakes/usb/sys-tree.ts';

test('a dock is learned at the terminal, in German, and the list is written to a new file only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bays-'));
  try {
    const sys = new SysTree(join(folder, 'sys'));
    await sys.plug('2-1', {}, []);
    const out = join(folder, 'bays.yaml');
    const args = ['bays', 'learn', '--sys', sys.root, '--out', out, '--lang', 'de'];
    const program = spawn(process.execPath, [
      compiled(BODYDOCK),
      ...args,
      '--config',
      join(folder, 'none.yaml'),
    ]);
    const text = { out: '', err: '' };
    program.stdout.on('data', (part: Buffer) => (text.out += part.toString()));
    program.stderr.on('data', (part: Buffer) => (text.err += part.toString()));
    const ended = new Promise<number | null>((resolve) => program.once('exit', resolve));
    await until(
      'asked',
      10_000,
      () => text.err.includes('Kamera in den Platz stecken, der bay-1 werden soll'),
      () => text.err,
    );
    await sys.plug('1-1.2', { product: 'Bodycam' });
    await until(
      'learned',
      10_000,
      () => text.err.includes('bay-1 ist USB-Anschluss 1-1.2'),
      () => text.err,
    );
    program.stdin.write('\n');
    expect(await ended).toBe(0);
    const wanted = { bays: [{ id: 'bay-1', usb_port: '1-1.2' }] };
    expect([parse(text.out), parse(await readFile(out, 'utf8'))]).toEqual([wanted, wanted]);
    const again = await runProgram(BODYDOCK, ['bays', '--sys', sys.root, '--json']);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout.trim())).toMatchObject({
      usb_ports: [{ port: '1-1.2' }, { port: '2-1' }],
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
