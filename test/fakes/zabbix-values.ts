// What Zabbix's own agent reads from a broker by the template of this project: the value of every item of one station.
import { TestAuthority } from './tls.ts';
import { until } from './until.ts';
import { ZabbixAgent } from './zabbix-agent.ts';
import { ZabbixServer } from './zabbix-server.ts';
import { dependentValue, readZabbixTemplate, withMacros } from './zabbix-template.ts';

/** Values by the keys of the dependent items, of a station at a broker without TLS. Errors: an item that the agent does not support. */
export async function zabbixValues(port: number, station: string): Promise<Map<string, unknown>> {
  const { items } = await readZabbixTemplate();
  const macros = {
    'BODYDOCK.BROKER': `tcp://127.0.0.1:${port}`,
    'BODYDOCK.BASE': 'bodydock',
    'BODYDOCK.STATION': station,
  };
  const masters = items.filter(({ master_item: master }) => master === undefined);
  const keys = masters.map(({ key }) => withMacros(key, macros));
  const server = await ZabbixServer.open(keys);
  const authority = await TestAuthority.open();
  const client = await authority.issue({ commonName: 'monitoring', kind: 'client' });
  const agent = await ZabbixAgent.start(server.port, { ...client, caFile: authority.caFile });
  try {
    const valueOf = (key: string) => server.reported.find((each) => each.key === key);
    await until('each is reported', 30_000, () => keys.every((key) => valueOf(key) !== undefined));
    const refused = server.reported.filter(({ isSupported }) => !isSupported);
    if (refused.length > 0) throw new Error(`the agent does not support ${JSON.stringify(refused)}`);
    return new Map(
      items.flatMap((item) => {
        if (item.master_item === undefined) return [];
        const master = valueOf(withMacros(item.master_item.key, macros))?.value ?? '';
        return [[item.key, dependentValue(item, master)] as const];
      }),
    );
  } finally {
    await agent.stop();
    server.close();
    await authority.close();
  }
}
