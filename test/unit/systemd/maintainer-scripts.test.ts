import { expect, test } from 'vitest';
import { maintainerScripts } from '../../../systemd/packaging/maintainer-scripts.ts';
import { AGENT } from '../../../systemd/packaging/parts.ts';

test('an upgrade starts agent and helpers again in one go, so that systemd has the agent let go of a camera before its helper', () => {
  const { postinst = '' } = maintainerScripts(AGENT);
  const calls = postinst.split('\n').filter((line) => line.includes('try-restart'));
  expect(calls.map((line) => line.trim())).toEqual([
    `deb-systemd-invoke try-restart ${AGENT.units.join(' ')} || true`,
  ]);
});
