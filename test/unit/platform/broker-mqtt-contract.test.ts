import { describe, test } from 'vitest';
import { startEmbeddedBroker } from '../../../agent/platform/broker-embedded.ts';
import { brokerContract } from '../../contracts/broker-contract.ts';
import { mqttSubject } from '../../fakes/broker-subjects.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

describe('MQTT.js with the embedded broker', () => {
  brokerContract({ test }, async () => {
    const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
    return mqttSubject(broker.port, 4, () => broker.close());
  });
});

for (const version of [4, 5] as const) {
  describe.skipIf(lacksTools('mosquitto'))(
    `MQTT.js with mosquitto, MQTT ${version === 4 ? '3.1.1' : '5.0'}`,
    () => {
      brokerContract({ test }, async () => {
        const broker = await Mosquitto.open();
        // Killed first: in order it takes a tenth of a second to end.
        return mqttSubject(broker.port, version, () => broker.kill().then(() => broker.stop()));
      });
    },
  );
}
