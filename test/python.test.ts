import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import {
  advise,
  applyPlan,
  specOfParameter,
  type Overrides,
  type Plan,
  type PlanEntry,
} from '../src/advise/index.ts';
import { emitProgram, frameworks } from '../src/emit/index.ts';
import { decodeModel } from '../src/graph/index.ts';
import { scheme } from '../src/init/index.ts';
import { describeNetwork, type Network, type ParameterInfo } from '../src/network/index.ts';
import { encodeSafetensors } from '../src/tensor/index.ts';
import { python, pythonHas } from './python.ts';

const MODULES = ['numpy', 'torch', 'safetensors', 'jax', 'flax', 'keras', 'tensorflow'];
const has = pythonHas(MODULES);
const missing = MODULES.filter((module) => !has.has(module));
if (missing.length > 0) {
  console.warn(
    `Tests that need ${missing.join(', ')} are skipped: ${process.env['STEPZERO_PYTHON'] ?? 'python3'} lacks them (STEPZERO_PYTHON names another Python).`,
  );
}
const needs = (...modules: string[]): { skip: boolean } => ({
  skip: modules.some((module) => !has.has(module)),
});

const golden = JSON.parse(
  readFileSync(new URL('golden/emit_models.json', import.meta.url), 'utf8'),
) as { readonly files: Readonly<Record<string, string>> };

function networkOf(name: string): Network {
  const file = gunzipSync(Buffer.from(golden.files[name], 'base64'));
  return describeNetwork(decodeModel(new Uint8Array(file), { name: `${name}.onnx` }).graph);
}

/** Plans that the programs are tested with; what stands before the dash is the network. */
const CASES: Readonly<Record<string, Overrides>> = {
  mlp: {},
  tanh: {},
  cnn: {},
  tanhcnn: {},
  recurrent: {},
  block: {},
  encoder: {},
  'mlp-slope': { scheme: 'he_uniform(slope=0.2)', set: ['2.weight=identity(gain=0.5)'] },
  'mlp-stored': { set: ['2.weight=truncated_normal(std=1, low=-1, high=3)'] },
  'cnn-stored': {
    set: [
      'conv.weight=truncated_normal(std=1, low=-1, high=3)',
      'dw.weight=truncated_normal(std=1, low=-1, high=3)',
      'up.weight=truncated_normal(std=1, low=-1, high=3)',
    ],
  },
  'cnn-others': {
    set: [
      'conv.weight=dirac(gain=2)',
      'dw.weight=orthogonal(gain=1.2)',
      'up.weight=orthogonal',
      'head.weight=truncated_normal(std=0.1, mean=0.5)',
      'conv.bias=constant(value=0.25)',
      'dw.bias=normal(mean=1, std=0.1)',
      'up.bias=uniform(low=0.1, high=0.2)',
    ],
  },
  'cnn-glorot': { scheme: 'glorot_normal' },
  'encoder-orthogonal': { scheme: 'orthogonal(gain=1.5)' },
};

const LAWS: Readonly<Record<string, string>> = {
  zeros: 'constant',
  ones: 'constant',
  constant: 'constant',
  truncated_normal: 'truncated',
  scaled_orthogonal: 'orthogonal',
};

/** What one box of a parameter must be, from the plan alone. */
function boxOf(info: ParameterInfo, entry: PlanEntry, block?: PlanEntry['blocks'][number]): object {
  const { scheme: name, options } = block ?? entry;
  const record = scheme(name);
  const spec = specOfParameter(info, block);
  const law = LAWS[name] ?? /normal|uniform/.exec(name)?.[0] ?? name;
  return {
    start: block?.start ?? info.shape.map(() => 0),
    shape: block?.shape ?? info.shape,
    kind: law,
    mean: record.mean(spec, options),
    std: record.std(spec, options),
    bound: record.bound(spec, options),
    gain: record.bound(spec, options),
  };
}

/** The matrices of the groups of a depthwise kernel, one by one. */
function groupBoxes(info: ParameterInfo, entry: PlanEntry): object[] {
  const shape = info.shape.with(0, info.shape[0] / info.groups);
  return Array.from({ length: info.groups }, (_, group) => ({
    ...boxOf(info, entry),
    start: info.shape.map((_, axis) => (axis === 0 ? group * shape[0] : 0)),
    shape,
  }));
}

/** Schemes whose values are the same whoever draws them, or come from the file. */
const EXACT = new Set(['dirac', 'identity']);

function expectedOf(plan: Plan, network: Network): object {
  const infos = new Map(network.parameters.map((info) => [info.name, info]));
  const parameters: Record<string, object> = {};
  for (const entry of plan.parameters) {
    const info = infos.get(entry.name);
    if (info === undefined || entry.scheme === 'keep' || entry.name.startsWith('/')) continue;
    const isStored = entry.options['low'] === -1;
    parameters[entry.name] = {
      shape: info.shape,
      layout: info.layout,
      exact: EXACT.has(entry.scheme) || isStored,
      boxes:
        entry.blocks.length > 0
          ? entry.blocks.map((block) => boxOf(info, entry, block))
          : entry.scheme === 'orthogonal' && info.groups > 1
            ? groupBoxes(info, entry)
            : [boxOf(info, entry)],
    };
  }
  return { left: [], parameters };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepzero-python-'));
  folders.push(folder);
  return folder;
}

/** A folder with the programs of every case and what they must draw. */
function emitted(): string {
  const folder = newFolder();
  const expected: Record<string, object> = {};
  for (const [name, overrides] of Object.entries(CASES)) {
    const network = networkOf(name.split('-')[0]);
    const plan = advise(network, { model: `${name}.onnx`, seed: 0, ...overrides });
    expected[name] = expectedOf(plan, network);
    mkdirSync(join(folder, name));
    for (const framework of frameworks) {
      writeFileSync(join(folder, name, `${framework}.py`), emitProgram(plan, network, framework));
    }
    const weights = new Map([...applyPlan(plan, network)].map(([key, draw]) => [key, draw()]));
    writeFileSync(
      join(folder, name, 'weights.safetensors'),
      Buffer.concat([...encodeSafetensors(weights)]),
    );
  }
  writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
  return folder;
}

const script = (name: string): string => resolve(import.meta.dirname, 'python', name);

test('programs for torch draw what the plan asks for', needs('torch', 'safetensors'), () => {
  expect(python([script('emit_torch.py'), emitted()])).toBe('\n');
});

test('programs for jax draw what the plan asks for', needs('jax', 'flax', 'safetensors'), () => {
  expect(python([script('emit_jax.py'), emitted()])).toBe('\n');
});

test('programs for flax draw what the plan asks for', needs('flax', 'safetensors'), () => {
  expect(python([script('emit_flax.py'), emitted()])).toBe('\n');
});

test('programs for keras draw what the plan asks for', needs('keras', 'safetensors'), () => {
  const backend = ['jax', 'torch', 'tensorflow'].find((name) => has.has(name)) ?? 'jax';
  expect(python([script('emit_keras.py'), emitted(), backend])).toBe('\n');
});
