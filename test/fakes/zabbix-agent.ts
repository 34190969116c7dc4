// Debian's own Zabbix agent 2 as a process that asks one server what to watch.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from './stock-tools.ts';

/** PEM files of a client of the broker. */
export interface ClientFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Runs until it is stopped. */
export class ZabbixAgent {
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.#folder = folder;
    this.#process = process;
  }

  /** Debian's 7.0.22 dies of an item at a broker where these files are not named, also where the broker has no TLS. */
  static async start(serverPort: number, { caFile, certFile, keyFile }: ClientFiles): Promise<ZabbixAgent> {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-zabbix-'));
    const lines = [
      `ServerActive=127.0.0.1:${serverPort}`,
      'Hostname=bodydock',
      'BufferSend=1',
      `Plugins.MQTT.Default.TLSCAFile=${caFile}`,
      `Plugins.MQTT.Default.TLSCertFile=${certFile}`,
      `Plugins.MQTT.Default.TLSKeyFile=${keyFile}`,
      `LogType=file`,
      `LogFile=${join(folder, 'log')}`,
      `PidFile=${join(folder, 'pid')}`,
      `ControlSocket=${join(folder, 'control')}`,
      `PluginSocket=${join(folder, 'plugin')}`,
    ];
    const file = join(folder, 'zabbix_agent2.conf');
    await writeFile(file, `${lines.join('\n')}\n`);
    const child = spawn(requireTool('zabbix_agent2'), ['-f', '-c', file], { stdio: 'ignore' });
    return new ZabbixAgent(folder, child);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
