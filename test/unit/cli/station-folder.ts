// A station as a technician sets it up, made by the commands themselves.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keys } from '../../../agent/cli/program.ts';
import { exchange, put, recipient, STATION, withFolder } from '../config/files.ts';
import { runCommand } from './io-memory.ts';

/** A station with its key and two identities whose recipients its file names. */
export async function withStation<T>(use: (file: string, folder: string) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    await runCommand(keys, 'make', 'station', '--out', at('keys'));
    await runCommand(keys, 'make', 'identity', '--out', at('store'));
    await runCommand(keys, 'make', 'identity', '--name', 'escrow', '--out', at('safe'));
    let text = exchange(STATION, 'mqtts://broker.example.org:8883', 'mqtt://localhost');
    text = text.replace(/ {2}\w+_file: tls.*\n/g, '');
    text = exchange(text, recipient(1), (await readFile(at('store/store.recipient'), 'utf8')).trim());
    text = exchange(text, recipient(2), (await readFile(at('safe/escrow.recipient'), 'utf8')).trim());
    return use(await put(folder, 'station.yaml', text), folder);
  });
}
