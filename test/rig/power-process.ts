// The power helper as a process of its own, as its unit starts it, for one bay at a port of the guest.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { HELPER_SOCKET_NAME } from '../../drivers/helper.ts';
import { helperPower } from '../../drivers/usb/port-power-helper.ts';
import type { CyclePower } from '../../drivers/usb/port-power.ts';
import { parseBayId } from '../../protocol/format/ids.ts';
import { compiled, POWER_HELPER } from '../fakes/program.ts';
import { until } from '../fakes/until.ts';
import { STATION } from '../unit/config/files.ts';

/** The guest is emulated: work takes ten times as long, and clocks do not. */
const WORK_MS = 120_000;

export class PowerProcess {
  readonly cyclePower: CyclePower;
  /** Why it refused. */
  readonly refusals: string[] = [];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, socket: string, portPath: string) {
    this.#child = child;
    this.cyclePower = helperPower({
      socket,
      bayAt: (path) => (path === portPath ? parseBayId('bay-1') : undefined),
      clock: nodeClock(),
      onRefused: (_portPath, code, words) => this.refusals.push(`${code} ${words}`),
    });
  }

  static async start(portPath: string): Promise<PowerProcess> {
    const base = await mkdtemp('/tmp/power-helper-');
    const config = join(base, 'station.yaml');
    const text = STATION.replace('folder: /media/bay-1', `usb_port: ${portPath}`);
    await writeFile(config, text, { mode: 0o644 });
    const folder = join(base, 'run');
    const child = spawn(process.execPath, [compiled(POWER_HELPER), '--config', config, '--folder', folder], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (said += piece));
    const isReady = (): boolean => said.includes('power helper is ready');
    await until('the helper is ready', WORK_MS, isReady, () => said);
    return new PowerProcess(child, join(folder, HELPER_SOCKET_NAME), portPath);
  }

  /** Exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    return code;
  }
}
