/**
 * The derivatives of all models at hand, one line each: the directional derivative of a weighted sum of
 * the outputs, along a random direction of all parameters and inputs at once, against central differences
 * in float64; and the gradients that onnxruntime computes in float32 against those of the float64
 * reference. Writes bench/results/differentiation.md. `node bench/differentiation.ts [NAME…]` takes the
 * models whose names contain one of these, and keeps the lines of the others.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { advise, applyPlan } from '../src/advise/index.ts';
import {
  cotangentName,
  evaluate,
  gradientName,
  upgraded,
  vjp,
  type Numbers,
} from '../src/autodiff/index.ts';
import { readModelFile } from '../src/files/index.ts';
import { encodeModel, modelOf, type Constant, type Graph } from '../src/graph/index.ts';
import { makeInputs } from '../src/measure/index.ts';
import { describeNetwork } from '../src/network/index.ts';
import { fillNormal, fold, key, type Key } from '../src/random/index.ts';
import { openSession } from '../src/runtime/index.ts';
import { isFloat, sizeOf, toFloat64, type Tensor } from '../src/tensor/index.ts';

const RESULTS = resolve(import.meta.dirname, 'results');
const MODELS = resolve(import.meta.dirname, '../../shared/models');
/** A small step crosses the fewest corners of rectifiers; a larger one does not drown in rounding. */
const STEPS = [1e-9, 1e-8, 1e-7, 1e-6];
/** No larger step is tried where differences come as near as this. */
const ENOUGH = 1e-6;
const SEED = 1;

function normals(from: Key, name: string, size: number): Float64Array {
  const data = new Float64Array(size);
  fillNormal(fold(from, name), data, 0, 1);
  return data;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index] * b[index];
  return sum;
};

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));

function withConstants(graph: Graph, values: ReadonlyMap<string, Tensor>): Graph {
  const constants = new Map<string, Constant>(graph.constants);
  for (const [name, tensor] of values) {
    const { dtype, shape } = tensor;
    constants.set(name, { name, dtype, shape, source: 'initializer', read: () => tensor });
  }
  return { ...graph, constants };
}

/**
 * The network of a file with drawn weights. Tensors of zeros get small random values: where all a unit
 * sees is 0 and its bias too, it would sit on the corner of its rectifier, where there is no derivative.
 */
function drawn(file: string): Graph {
  const { graph } = readModelFile(join(MODELS, file));
  const network = describeNetwork(graph);
  const plan = advise(network, { model: file, seed: SEED });
  return withConstants(
    graph,
    new Map([...applyPlan(plan, network)].map(([name, draw]) => [name, offZero(name, draw())])),
  );
}

function offZero(name: string, tensor: Tensor): Tensor {
  const isZero = toFloat64(tensor).every((value) => value === 0);
  if (!isZero || tensor.dtype !== 'float32') return tensor;
  const { shape } = tensor;
  const small = normals(key(SEED), `zero ${name}`, sizeOf(shape)).map((value) => 0.01 * value);
  return { dtype: 'float32', shape, data: Float32Array.from(small) };
}

function displaced(tensor: Tensor, direction: Float64Array, by: number): Tensor {
  const data = toFloat64(tensor).map((value, index) => value + by * direction[index]);
  return { dtype: 'float64', shape: tensor.shape, data };
}

interface Line {
  readonly file: string;
  readonly tensors: number;
  readonly directional: number;
  readonly engine: number;
}

async function lineOf(file: string): Promise<Line> {
  const graph = drawn(file);
  const outputs = graph.outputs.map(({ name }) => name);
  const product = vjp(graph, { keep: outputs });
  const [inputs] = makeInputs(graph, { seed: SEED });
  const root = key(SEED);
  const cotangents: Record<string, Tensor> = {};
  for (const { name, shape } of product.inputs) {
    if (name in inputs || shape === null) continue;
    const data = Float32Array.from(normals(root, name, sizeOf(shape.map(Number))));
    cotangents[name] = { dtype: 'float32', shape: shape.map(Number), data };
  }
  const feeds = { ...inputs, ...cotangents };
  const found = evaluate(product, feeds);

  const forward = upgraded(graph);
  const directions = new Map<string, Float64Array>();
  let derivative = 0;
  const floats = new Map<string, Tensor>();
  for (const [name, tensor] of Object.entries(inputs)) {
    if (isFloat(tensor.dtype)) floats.set(name, tensor);
  }
  for (const [name, constant] of graph.constants) {
    if (found.has(gradientName(name))) floats.set(name, constant.read());
  }
  for (const [name, tensor] of floats) {
    const gradient = found.get(gradientName(name));
    if (gradient === undefined) continue;
    const values = toFloat64(tensor);
    const rms = norm(values) / Math.sqrt(values.length);
    const scale = rms > 0 ? rms : 1;
    const direction = normals(root, `direction ${name}`, values.length).map(
      (value) => value * scale,
    );
    directions.set(name, direction);
    derivative += dot(gradient.data, direction);
  }
  const value = (by: number): number => {
    const moved = new Map(
      [...directions].map(([name, direction]) => [
        name,
        displaced(floats.get(name) ?? inputs[name], direction, by),
      ]),
    );
    const constants = new Map([...moved].filter(([name]) => graph.constants.has(name)));
    const given = Object.entries(inputs).map(([name, tensor]) => [name, moved.get(name) ?? tensor]);
    const made = evaluate(withConstants(forward, constants), Object.fromEntries(given));
    let sum = 0;
    for (const [name, { data }] of made) {
      sum += dot(data, toFloat64(cotangents[cotangentName(name)]));
    }
    return sum;
  };
  let directional = Infinity;
  for (const step of STEPS) {
    const difference = (value(step) - value(-step)) / (2 * step);
    const apart = Math.abs(derivative - difference) / Math.abs(derivative);
    directional = Math.min(directional, apart);
    if (directional < ENOUGH) break;
  }
  const session = await openSession(encodeModel(modelOf(product)), { optimisation: 'basic' });
  const ran = await session.run(feeds);
  await session.close();
  return {
    file,
    tensors: directions.size,
    directional,
    engine: Math.max(...[...found].map(([name, own]) => distance(ran[name], own))),
  };
}

/** `‖a - b‖ / ‖b‖`. */
function distance(a: Tensor, b: Numbers): number {
  const own = toFloat64(a);
  const size = norm(b.data);
  return size === 0 ? norm(own) : norm(own.map((value, index) => value - b.data[index])) / size;
}

if (!existsSync(MODELS)) {
  console.log(`skipped: ${MODELS} is not there`);
} else {
  const names = process.argv.slice(2);
  const files = ['torch', 'light']
    .flatMap((set) => readdirSync(join(MODELS, set)).map((name) => join(set, name)))
    .filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  const path = join(RESULTS, 'differentiation.md');
  // Lines of models that are not looked at stay as they are.
  const rows = new Map<string, string>();
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const [row, file] of before.matchAll(/^\| (\S+\.onnx) .*$/gm)) rows.set(file, row);
  for (const file of files) {
    const { tensors, directional, engine } = await lineOf(file);
    const row = `| ${file} | ${tensors} | ${directional.toExponential(1)} | ${engine.toExponential(1)} |`;
    console.log(row);
    rows.set(file, row);
  }
  const table = [
    '# Derivatives of the models at hand',
    '',
    `Weights as \`stepzero advise\` draws them, seed ${SEED}, zeros moved a little. Directional: relative distance of the derivative along a random direction of all tensors at once from the central difference in float64, the first of the steps ${STEPS.join(', ')} that comes within ${ENOUGH}, else the best. Engine: the largest relative distance (of norms) of a gradient, or output, that onnxruntime computes in float32 from the float64 reference. Where it is large, float32 has decided otherwise for which element of a window is the largest, or for the sign before a rectifier.`,
    '',
    '| model | gradients | directional | engine |',
    '| --- | --- | --- | --- |',
    ...rows.values(),
    '',
  ].join('\n');
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(path, table);
}
