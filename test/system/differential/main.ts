// `npm run test:differential [-- --seconds N] [--seed N] [--altered N] [--kits] [--passed]`: vaults, or kits, of one seed after the other, each with so many altered copies,
// until the time is over. With `--keep FOLDER` only the world of that seed is made, and stays there. A vault of which the two verifiers do not say the same is printed with its seed and number.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { compareWorld } from '../../fakes/differential/differential.ts';

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      altered: { type: 'string', default: '30' },
      kits: { type: 'boolean', default: false },
      passed: { type: 'boolean', default: false },
      keep: { type: 'string' },
    },
  });
  const what = values.kits ? 'kit' : 'vault';
  if (values.keep !== undefined) {
    const compared = await compareWorld(values.keep, Number(values.seed), Number(values.altered), {
      what,
      keep: true,
    });
    console.log(JSON.stringify(compared.disagreements, null, 2));
    return 0;
  }
  const first = Number(values.seed ?? Buffer.from(nodeRandom().bytes(3)).readUIntBE(0, 3));
  const endMs = performance.now() + Number(values.seconds) * 1000;
  const root = await mkdtemp(join(tmpdir(), 'bodydock-differential-'));
  let [vaults, refused, disagreements] = [0, 0, 0];
  let seed = first;
  try {
    for (; performance.now() < endMs; seed++) {
      const compared = await compareWorld(join(root, `${seed}`), seed, Number(values.altered), { what });
      vaults += compared.vaults;
      refused += compared.refused;
      disagreements += compared.disagreements.length;
      if (values.passed) for (const each of compared.passed) console.log(`seed ${seed}, good number ${each}`);
      for (const { number, what, product, python } of compared.disagreements)
        console.log(
          `seed ${seed}, number ${number}: ${what}\n  bodydock verify: ${product.join(' ') || 'good'}\n  python: ${python.join(' ') || 'good'}`,
        );
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  console.log(
    `seeds ${first} to ${seed - 1}: ${vaults} vaults, ${refused} refused by both, ${disagreements} judged differently`,
  );
  return disagreements === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
