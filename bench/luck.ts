/**
 * How far the second moment of a deep ReLU chain wanders from one draw to the next, as drawn by He's
 * rule and after calibration: the ratio of the last to the first hidden layer over many seeds, on
 * inputs that the calibration has not seen. Writes bench/results/luck.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { advise, applyPlan, calibrate, type Plan } from '../src/advise/index.ts';
import { modelOf } from '../src/graph/index.ts';
import { makeInputs, measureSignal } from '../src/measure/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';

const SPEC = 'mlp:784-128x19-10:relu';
const DRAWS = 200;

const model = modelOf(buildArchitecture(SPEC));
const network = describeNetwork(model.graph);

async function moments(plan: Plan, seed: number): Promise<Map<string, number>> {
  const values = new Map([...applyPlan(plan, network)].map(([name, draw]) => [name, draw()]));
  const rows = await measureSignal(model, makeInputs(model.graph, { seed }), { values });
  return new Map(rows.map((row) => [row.name, row.secondMoment ?? NaN]));
}

async function ratioOf(plan: Plan): Promise<number> {
  const found = await moments(plan, 1_000_000 + plan.seed);
  return (found.get('layers.18_output') ?? NaN) / (found.get('layers.0_output') ?? NaN);
}

const drawn: number[] = [];
const calibrated: number[] = [];
for (let seed = 0; seed < DRAWS; seed++) {
  const plan = advise(network, { model: SPEC, seed });
  const found = await moments(plan, seed);
  drawn.push(await ratioOf(plan));
  calibrated.push(
    await ratioOf(calibrate(plan, network, (name) => found.get(name) ?? null) ?? plan),
  );
}

const row = (what: string, ratios: readonly number[]): string => {
  const sorted = [...ratios].sort((a, b) => a - b);
  const at = (share: number): string =>
    sorted[Math.floor(share * (sorted.length - 1))].toPrecision(3);
  const within = ratios.filter((ratio) => ratio > 0.5 && ratio < 2).length;
  return `| ${what} | ${at(0)} | ${at(0.05)} | ${at(0.5)} | ${at(0.95)} | ${at(1)} | ${((100 * within) / ratios.length).toFixed(0)} % |`;
};
const table = [
  '# The luck of the draw',
  '',
  `Second moment of the last hidden layer over that of the first in \`${SPEC}\`, ${DRAWS} seeds, on inputs that the calibration has not seen.`,
  '',
  '| weights | least | 5 % | median | 95 % | most | within a factor 2 |',
  '| --- | --- | --- | --- | --- | --- | --- |',
  row('He, as drawn', drawn),
  row('calibrated', calibrated),
  '',
].join('\n');
const results = resolve(import.meta.dirname, 'results');
mkdirSync(results, { recursive: true });
writeFileSync(join(results, 'luck.md'), table);
console.log(table);
