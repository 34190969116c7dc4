import { mkdir, rm } from 'node:fs/promises';
import { buildRandomVault } from './fakes/manipulations/random-vault.ts';
import { judgeWithPython, judgeWithProduct, codesOf } from './fakes/manipulations/judges.ts';
const from = Number(process.argv[2]), to = Number(process.argv[3]);
for (let s = from; s <= to; s++) { const root=`/tmp/mk/q${s}`; await rm(root, {recursive:true, force:true}); await mkdir(root, {recursive:true}); await buildRandomVault(root, s, 12);
 const trust={keys: root+'/keys'}; const [p]=await judgeWithPython([root+'/vault'],trust); const [t]=await judgeWithProduct([root+'/vault'],trust);
 if (!p!.good || !t!.good || Object.values(p!.stations).some(x=>x.differences.length>0)) console.log(s, JSON.stringify(p!.findings), JSON.stringify(t!.findings), JSON.stringify(p!.stations)); else await rm(root,{recursive:true}); }
