import { writeFileSync } from 'node:fs';
import { tapeLife } from './tape-life.ts';
import { TapeStates, shownPoint } from './tape-states.ts';
import { tryPoint } from './tape-point.ts';
import { knowSignatures } from '../../fakes/known-signatures.ts';
const life = await tapeLife();
const states = await TapeStates.play(life);
const [name = '', survival = 'nothing', from = '1', to = '60', match = ''] = process.argv.slice(2);
const points = states.points.filter((p) => shownPoint(p).includes(name));
knowSignatures();
let n = 0;
for (let seed = 1; seed < 60; seed++)
  for (const point of points)
    for (let again = Number(from); again <= Number(to); again++) {
      const wanted = { point, survival: (Number(survival) || survival) as never, again, seed };
      const problems = await tryPoint(life, states, wanted);
      n++;
      if (problems.some((p) => p.includes(match))) {
        console.log(n, seed, again, shownPoint(point), problems);
        const lines: string[] = [];
        await tryPoint(life, states, wanted, (line) => lines.push(line));
        writeFileSync('/tmp/trace.txt', lines.join('\n'));
        process.exit(0);
      }
    }
console.log(n);
