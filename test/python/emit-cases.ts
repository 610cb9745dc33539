import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  advise,
  applyPlan,
  specOfParameter,
  type Overrides,
  type Plan,
  type PlanEntry,
} from '../../src/advise/index.ts';
import { emitProgram, frameworks } from '../../src/emit/index.ts';
import { decodeModel } from '../../src/graph/index.ts';
import { scheme } from '../../src/init/index.ts';
import {
  buildArchitecture,
  describeNetwork,
  type Network,
  type ParameterInfo,
} from '../../src/network/index.ts';
import { encodeSafetensors } from '../../src/tensor/index.ts';

const golden = JSON.parse(
  readFileSync(new URL('../golden/emit_models.json', import.meta.url), 'utf8'),
) as { readonly files: Readonly<Record<string, string>> };

/** The file of one of the networks of emit_models.py. */
export function modelFile(name: string): Uint8Array {
  return new Uint8Array(gunzipSync(Buffer.from(golden.files[name], 'base64')));
}

/** What is in it; or, of a name with colons, in the architecture of this name. */
export function networkOf(name: string): Network {
  if (name.includes(':')) return describeNetwork(buildArchitecture(name));
  return describeNetwork(decodeModel(modelFile(name), { name: `${name}.onnx` }).graph);
}

/** A network one of whose weights has four boxes that are maps of their own, divided along both axes. */
function boxed(network: Network): Network {
  const blocks = [0, 1, 2, 3].map((i) => ({
    name: `box${i}`,
    start: [24 * (i >> 1), 32 * (i & 1)],
    shape: [24, 32],
    fanIn: 32,
    fanOut: 24,
  }));
  const parameters = network.parameters.map((parameter) =>
    parameter.name === '2.weight' ? { ...parameter, blocks } : parameter,
  );
  return { ...network, parameters };
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

/** More of them for PyTorch and JAX, whose programs have the names and the layout of the file. */
const MORE: Readonly<Record<string, [Network, Overrides]>> = {
  'file-stack': [networkOf('lstm:v9e3-4x3-2:bi'), {}],
  'file-boxes': [boxed(networkOf('mlp')), { set: ['2.weight=orthogonal'] }],
  'file-others': [
    networkOf('cnn:6x8x8-6x3-8s2-2:relu'),
    {
      set: ['layers.0.weight=delta_orthogonal(gain=2)', 'layers.1.weight=dirac', 'fc.weight=ones'],
    },
  ],
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

/** What every parameter that is drawn must be, for check.py. */
export function expectedOf(plan: Plan, network: Network): object {
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

/** Puts the programs of the cases into a folder, with what they must draw; its path again. */
export function writeCases(folder: string, isAsked: (name: string) => boolean): string {
  const expected: Record<string, object> = {};
  const cases = Object.entries(CASES).map(
    ([name, overrides]) => [name, [networkOf(name.split('-')[0]), overrides]] as const,
  );
  for (const [name, [network, overrides]] of [...cases, ...Object.entries(MORE)]) {
    if (!isAsked(name)) continue;
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
