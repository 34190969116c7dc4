// Brokers as the contract suite wants them: MQTT.js with a real broker behind a proxy for each client, so that each can be cut alone.
import {
  openMqttBroker,
  type MqttBrokerOptions,
  type StartableBroker,
} from '../../agent/platform/broker-mqtt.ts';
import type { BrokerWill } from '../../agent/platform/broker-endings.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import type { BrokerSubject } from '../contracts/broker-contract.ts';
import { MemoryConditions } from './conditions-memory.ts';
import { MemoryLog } from './log-memory.ts';
import { TcpProxy } from './tcp-proxy.ts';

const UNTIL_MS = 10_000;

/** Polls until the condition holds; throws after ten seconds. */
export async function until(condition: () => boolean, what = 'what the test waits for'): Promise<void> {
  const deadline = Date.now() + UNTIL_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${UNTIL_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Options of an MQTT client for tests: short pauses, everything else as in production. */
export function testBrokerOptions(
  url: string,
  clientId: string,
): MqttBrokerOptions & {
  readonly conditions: MemoryConditions;
  readonly log: MemoryLog;
} {
  return {
    url,
    protocol: 'auto',
    clientId,
    maxPacketBytes: 1024 * 1024,
    reconnect: { minMs: 20, maxMs: 200 },
    clock: nodeClock(),
    random: nodeRandom(),
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
  };
}

/** MQTT clients of a broker that listens on a loopback port. `stop` ends the broker. */
export function mqttSubject(
  port: number,
  protocol: 'auto' | 4 | 5,
  stop: () => Promise<void>,
): BrokerSubject {
  const proxies = new Map<string, TcpProxy>();
  const clients: StartableBroker[] = [];
  const client = async (
    id: string,
    options: { readonly will?: BrokerWill } = {},
  ): Promise<StartableBroker> => {
    const proxy = await TcpProxy.open(port);
    proxies.set(id, proxy);
    const broker = openMqttBroker({
      ...testBrokerOptions(`mqtt://127.0.0.1:${proxy.port}`, id),
      ...options,
      protocol,
    });
    clients.push(broker);
    return broker;
  };
  const refuse = (id: string, refusing: boolean): void => {
    const proxy = proxies.get(id);
    if (proxy === undefined) return;
    proxy.refusing = refusing;
    if (refusing) proxy.cut();
  };
  return {
    client,
    until,
    cut: (id) => proxies.get(id)?.cut(),
    hold: (id) => refuse(id, true),
    release: (id) => refuse(id, false),
    close: async () => {
      await Promise.all(clients.map((broker) => broker.close(true)));
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
      await stop();
    },
  };
}
