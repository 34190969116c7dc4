// Both roles agree on a policy with stock minisign, and the store sends it to a station, which names it in all that it signs. Then the keeper,
// who has the store's key and the broker, sends policies of his own.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { WrittenEnd } from '../../../agent/receiver/custody/log-end.ts';
import { placePolicy } from '../../../agent/receiver/retention/policies.ts';
import { VaultLayout } from '../../../agent/receiver/vault/vault-layout.ts';
import { VaultLocks } from '../../../agent/receiver/vault/vault-lock.ts';
import {
  inlineSigner,
  parsePublicKey,
  type PublicKey,
  publicKeyLine,
  publicKeyOf,
} from '../../../protocol/documents/minisign.ts';
import type { SignedPolicy } from '../../../protocol/documents/policy.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseReceiverId } from '../../../protocol/format/ids.ts';
import { encodeMessage, messageField } from '../../../protocol/transfer/messages.ts';
import { receiverTopics } from '../../../protocol/transfer/topics.ts';
import { BASE, DockAndStore, STATION } from '../../fakes/dock-and-store.ts';
import { canonical, signWithMinisign } from '../../fakes/forged-log.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { BODYDOCK, runProgram } from '../../fakes/program.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';

const run = promisify(execFile);
const VERIFIER = fileURLToPath(new URL('../../verifier', import.meta.url));
const ROLES = ['officer', 'supervisor'] as const;
const RECEIVER = parseReceiverId('r-a');
const TAKEN_MS = 30_000;

describe.skipIf(lacksTools('minisign', 'python3'))(
  'a station with the keys of both roles in its file',
  () => {
    let dock: DockAndStore;
    let agreed: SignedPolicy;
    beforeAll(async () => {
      dock = await DockAndStore.open({ hasFastSigner: true, roles: { officers: [], supervisors: [] } });
      const roles = {
        officers: [await keyOf('ours', 'officer')],
        supervisors: [await keyOf('ours', 'supervisor')],
      };
      Object.assign(dock.options, { roles });
      await keyOf('keeper', 'officer');
      await keyOf('keeper', 'supervisor');
      await dock.startReceiver();
      await dock.startStation();
      agreed = await signed({ number: 2 });
      await place(agreed);
      await dock.until('taken', async () => (await entered()).length > 0, TAKEN_MS);
    }, 60_000);
    afterAll(() => dock.close());

    const keys = (...names: string[]): string => join(dock.folder, 'role-keys', ...names);
    const entered = async (): Promise<unknown[]> =>
      (await dock.custody())
        .filter(({ event }) => event === 'policy')
        .map(({ facts }) => facts['policy_sha256']);
    const refused = (): unknown => dock.conditions.facts('policy.refused')?.['reason'];

    /** Makes a key of a role where there is none yet. */
    async function keyOf(holder: string, role: string): Promise<PublicKey> {
      await mkdir(keys(holder), { recursive: true });
      const file = keys(holder, `${role}.pub`);
      const made = await readFile(file).catch(() => undefined);
      if (made === undefined)
        await run(requireTool('minisign'), ['-G', '-W', '-p', file, '-s', keys(holder, `${role}.key`)]);
      return parsePublicKey((await readFile(file, 'utf8')).split('\n')[1] ?? '');
    }

    /** Signed by the keys of these holders, officer first; `roles` are whose keys it names. */
    async function signed(
      change: Readonly<Record<string, unknown>>,
      roles = 'ours',
      by: readonly [string, string] = [roles, roles],
    ): Promise<SignedPolicy> {
      const text = canonical({
        type: 'policy',
        version: 1,
        vault: await vaultId(),
        days_min: 20,
        days_max: 30,
        documents_days: 90,
        officers: [publicKeyLine(await keyOf(roles, 'officer'))],
        supervisors: [publicKeyLine(await keyOf(roles, 'supervisor'))],
        made_at: '2026-11-25T08:00:00.000Z',
        ...change,
      });
      const sign = (role: string, holder: string) =>
        signWithMinisign(text, keys(holder, `${role}.key`), 'bodydock policy');
      const signatures = {
        officer: await sign('officer', by[0]),
        supervisor: await sign('supervisor', by[1]),
      };
      return { bytes: Buffer.from(text), signatures };
    }

    async function vaultId(): Promise<string> {
      return (
        JSON.parse(await readFile(join(dock.folder, 'vault', 'vault.json'), 'utf8')) as { vault: string }
      ).vault;
    }

    /** As \`bodydock-receiver policy place\` does beside the running receiver. */
    async function place({ bytes, signatures }: SignedPolicy): Promise<void> {
      const vaultPath = join(dock.folder, 'vault');
      const roles = {
        officers: [await keyOf('ours', 'officer')],
        supervisors: [await keyOf('ours', 'supervisor')],
      };
      await placePolicy(
        {
          vaultPath,
          layout: new VaultLayout(vaultPath),
          vault: (await vaultId()) as never,
          locks: new VaultLocks(vaultPath, nodeClock()),
          written: new WrittenEnd(),
          receiver: RECEIVER,
          version: 'test',
          files: nodeFiles(),
          clock: nodeClock(),
          random: nodeRandom(),
          log: new MemoryLog(),
          signer: inlineSigner(dock.storeKey),
          publicKey: publicKeyOf(dock.storeKey),
          bootId: null,
          signal: new AbortController().signal,
          retention: { days: null, documentsDays: null, timerHours: 0 },
          roles,
          evaluators: [],
          stations: new Map(),
          witnesses: [],
          stamps: null,
        },
        bytes,
        signatures,
      );
    }

    /** The keeper sends it to the station, as the store does. */
    async function send({ bytes, signatures }: SignedPolicy): Promise<void> {
      const message = {
        message: 'policy',
        receiver: RECEIVER,
        policy: messageField(bytes),
        ...signatures,
      } as const;
      const client = dock.hub.client('keeper');
      client.start();
      await dock.until('connected', () => client.connected);
      await client.publish(receiverTopics(BASE, RECEIVER).downPolicy(STATION), encodeMessage(message), {
        qos: 1,
      });
      await client.close(true);
    }

    /** What manifest and docking record of a new recording name. */
    async function named(file: string): Promise<(string | undefined)[]> {
      const taken = (await dock.receipted()).size;
      dock.camera.detach();
      await dock.until('taken out', () => dock.bay()['state'] === 'empty');
      dock.camera.put(file, Buffer.from(file));
      dock.camera.attach();
      await dock.until('receipted', async () => (await dock.receipted()).size > taken);
      dock.camera.detach();
      const manifests = [...(await dock.receipted()).values()];
      const manifest = manifests.find(({ original }) => original.sha256 === sha256Hex(Buffer.from(file)));
      const itsRecord = async () =>
        (await dock.dockings()).find(({ docking }) => docking === manifest?.docking);
      await dock.until('its record', async () => (await itsRecord()) !== undefined);
      const record = await itsRecord();
      return [manifest?.policy_sha256, record?.version === 3 ? record.policy_sha256 : undefined];
    }

    test('names the one that both agreed on in what it signs, and its vault is good', async () => {
      const sha256 = sha256Hex(agreed.bytes);
      expect(await named('A.MP4')).toEqual([sha256, sha256]);
      expect(await entered()).toEqual([sha256]);
      await dock.stopStation();
      const folder = join(dock.folder, 'keys');
      await mkdir(folder);
      const put = (name: string, line: string): Promise<void> =>
        writeFile(join(folder, name), `untrusted comment: public key\n${line}\n`);
      await put('station.pub', publicKeyLine(publicKeyOf(dock.stationKey)));
      await put('store.pub', publicKeyLine(publicKeyOf(dock.storeKey)));
      for (const role of ROLES) await put(`${role}.pub`, publicKeyLine(await keyOf('ours', role)));
      const words = ['verify', join(dock.folder, 'vault'), '--keys', folder, '--json'];
      const ran = await runProgram(BODYDOCK, words, { timeoutMs: 60_000 });
      const { remarks } = (JSON.parse(ran.stdout) as { folders: [{ remarks: { kind: string }[] }] })
        .folders[0];
      expect(remarks.filter(({ kind }) => kind === 'finding')).toEqual([]);
      const python = await run(requireTool('python3'), [
        VERIFIER,
        join(dock.folder, 'vault'),
        '--keys',
        folder,
        '--json',
      ]);
      expect((JSON.parse(python.stdout) as { findings: unknown[] }).findings).toEqual([]);
      await dock.startStation();
    }, 90_000);

    test.each<[string, Parameters<typeof signed>, string]>([
      ['by roles of the keeper', [{ number: 3, days_min: 1 }, 'keeper'], 'policy.signature'],
      [
        'with his keys as roles, of which one of ours signed',
        [{ number: 3 }, 'keeper', ['ours', 'keeper']],
        'policy.signature',
      ],
      [
        'with one signature of ours',
        [{ number: 3, days_min: 1 }, 'ours', ['ours', 'keeper']],
        'policy.signature',
      ],
      ['of a lower number', [{ number: 1, days_min: 1 }], 'policy.number'],
      ['of the same number and fewer days', [{ number: 2, days_min: 1 }], 'policy.number'],
    ])(
      'refuses one %s, says so, and names the old one',
      async (what, wish, reason) => {
        dock.conditions.clear('policy.refused', null);
        await send(await signed(...wish));
        await dock.until('refused', () => refused() === reason);
        const sha256 = sha256Hex(agreed.bytes);
        expect(await named(`${what.length}.MP4`)).toEqual([sha256, sha256]);
      },
      60_000,
    );
  },
);
