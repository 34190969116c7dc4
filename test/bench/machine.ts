// The machine that a result belongs to: figures of another one are not comparable.
import { cpus, release, totalmem } from 'node:os';

const MIB = 1024 * 1024;

/** As it stands in the result for machines; snake_case like every document of the project. */
export interface Machine {
  readonly cpu_model: string;
  readonly cores: number;
  readonly memory_mib: number;
  readonly architecture: string;
  readonly kernel: string;
  readonly node_version: string;
  /** What Node computes with. */
  readonly openssl_version: string;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu_model: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memory_mib: Math.round(totalmem() / MIB),
    architecture: process.arch,
    kernel: release(),
    node_version: process.version,
    openssl_version: process.versions.openssl,
  };
}
