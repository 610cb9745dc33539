/**
 * Every model below ../shared/models, differentiated and measured with the weights of its plan on two
 * Gaussian examples, one line each, each in a process of its own so that its memory is known. Writes
 * bench/results/measured.md; exits with 1 if one cannot be differentiated or something is not finite.
 * `node bench/measured-models.ts [NAME…]` takes the models whose names contain one of these.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { drawsOfPlan } from '../src/advise/index.ts';
import { vjp } from '../src/autodiff/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { judgeSignal, makeInputs, measureLayers, openProbe } from '../src/measure/index.ts';
import { describeNetwork, layerValues, outputLayers } from '../src/network/index.ts';

const MODELS = resolve(import.meta.dirname, '../../shared/models');
const SEED = 1;
const EXAMPLES = 2;

const shown = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : String(Number(value.toPrecision(3)));

interface Line {
  readonly text: string;
  readonly isGood: boolean;
}

async function lineOf(file: string): Promise<Line> {
  const model = readModelFile(join(MODELS, file));
  const { graph } = model;
  const network = describeNetwork(graph);
  const feeds = makeInputs(graph, { seed: SEED, batch: EXAMPLES });
  const layers = layerValues(graph);
  const names = layers.map(({ name }) => name);
  const marks = [performance.now()];
  const mark = (): number => marks.push(performance.now());
  const product = vjp(graph, {
    of: outputLayers(graph, network, layers),
    keep: names,
    withRespectTo: [...names, ...network.parameters.map(({ name }) => name)],
    whereDependent: true,
  });
  mark();
  const probe = await openProbe(product);
  await probe.close();
  mark();
  const draw = drawsOfPlan(network, { model: file, seed: SEED });
  const spent = process.cpuUsage();
  const measured = await measureLayers(model, { seeds: [SEED], draw }, feeds, { network });
  mark();
  const { user, system } = process.cpuUsage(spent);
  const [toDifferentiate, toLoad, toMeasure] = marks
    .slice(1)
    .map((at, index) => ((at - marks[index]) / 1000).toFixed(2));
  const withGradient = measured.layers.filter((row) => row.gradientSecondMoment !== null);
  const gradients =
    withGradient.length +
    measured.parameters.filter(({ gradientNorm }) => gradientNorm !== null).length;
  const { notDifferentiable, firstNotFinite } = measured;
  const verdict =
    notDifferentiable ??
    (firstNotFinite === null
      ? `signal ${judgeSignal(measured.layers).state}`
      : `not finite from \`${firstNotFinite}\` on`);
  const hidden = measured.layers.filter(({ kind }) => kind === 'linear');
  const moments = [hidden[0], hidden.at(-1)].map((row) => shown(row?.secondMoment));
  const backward = [withGradient[0], withGradient.at(-1)].map((row) =>
    shown(row?.gradientSecondMoment),
  );
  const cells = [
    file,
    measured.layers.length,
    measured.parameters.length,
    gradients,
    toDifferentiate,
    toLoad,
    toMeasure,
    ((user + system) / 1e6).toFixed(2),
    // The kernel counts in KiB.
    (process.resourceUsage().maxRSS / 2 ** 20).toFixed(2),
    moments.join(' → '),
    backward.join(' ← '),
    verdict,
  ];
  return {
    text: `| ${cells.join(' | ')} |`,
    isGood: notDifferentiable === null && firstNotFinite === null,
  };
}

const [first, ...rest] = process.argv.slice(2);
if (!existsSync(MODELS)) {
  console.log(`skipped: ${MODELS} is not there`);
} else if (first === '--one') {
  console.log(JSON.stringify(await lineOf(rest[0])));
} else {
  const wanted = process.argv.slice(2);
  const files = ['torch', 'light']
    .flatMap((set) => readdirSync(join(MODELS, set)).map((name) => join(set, name)))
    .filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)));
  const head = [
    '| model | layers | parameters | gradients | to differentiate, s | to load, s | to measure, s | processor, s | memory, GiB | second moment | of the gradient | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  console.log(head.join('\n'));
  const rows: string[] = [];
  for (const file of files) {
    const text = execFileSync(process.execPath, [import.meta.filename, '--one', file], {
      encoding: 'utf8',
    });
    const line = JSON.parse(text) as Line;
    console.log(line.text);
    rows.push(line.text);
    if (!line.isGood) process.exitCode = 1;
  }
  const page = [
    '# Every shared model, differentiated and measured',
    '',
    `Weights as \`stepzero advise\` draws them, seed ${SEED}, on ${EXAMPLES} Gaussian examples; files of batch 1 are run twice. Gradients: tensors of which one is computed, layers and parameters. To measure: the draw of the weights, shapes, two loads and all runs; processor: the time of all cores together that it took, which other work on the machine does not lengthen. Memory: the most that the process held, with all weights and gradients. Second moments: first → last linear layer; those of gradients with respect to the first ← last layer, relative to the last linear layers.`,
    '',
    ...head,
    ...rows,
    '',
  ].join('\n');
  const path = resolve(import.meta.dirname, 'results/measured.md');
  if (wanted.length === 0) writeFileSync(path, page);
}
