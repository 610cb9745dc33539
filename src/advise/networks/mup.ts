import { scheme } from '../../init/index.ts';
import {
  buildArchitecture,
  describeNetwork,
  type Network,
  type ParameterInfo,
  type Role,
} from '../../network/index.ts';
import { KEEP, type Choice } from '../plan.ts';
import { ruleFor, shown, steady, type Advice } from '../rules/index.ts';
import { specOfParameter, stdOf } from '../spec.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';
import { isWeight, zerosFor } from './parts.ts';

const YANG = 'Yang et al. 2022 (Tensor Programs V), table 3, arXiv:2203.03466';

/** How many times wider than in the base network a parameter is, by its inputs and by its outputs. */
interface Widths {
  readonly inputs: number;
  readonly outputs: number;
}

/** The rules at the widths of a base network, carried over to these widths. */
export const mup: NetworkScheme = defineNetworkScheme({
  name: 'mup',
  formula:
    'against a base network: hidden weights σ_base / √m, the readout σ_base / m, all else σ_base; m = fan_in over that of the base',
  use: 'networks whose learning rates were found on a narrower one (--base); the reasons give the factor on the rate of each parameter',
  reference: YANG,
  options: { base: '', readout: 'scaled' },
  choices: { readout: ['scaled', 'zero'] },
  comparesWidths: true,
  plan: (network, { base: text, readout }, given) => {
    const base = baseOf(text, given);
    const narrow = new Map(base.parameters.map((parameter) => [parameter.name, parameter]));
    checkNames(network, base);
    const advices = new Map(
      network.parameters.map((parameter) => {
        const other = narrow.get(parameter.name) ?? parameter;
        return [parameter.name, carriedOver(parameter, other, network, base, readout)] as const;
      }),
    );
    return ({ name }) => advices.get(name) ?? null;
  },
});

function baseOf(text: string, given: Network | undefined): Network {
  if (given !== undefined && text !== '') {
    throw new RangeError(`mup: the base network must be given once, got --base and base=${text}`);
  }
  if (given !== undefined) return given;
  if (text !== '') return describeNetwork(buildArchitecture(text));
  throw new RangeError(
    'mup: a base network of other widths must be given with --base MODEL or mup(base=mlp:…), got none',
  );
}

/** Roles of what is no parameter; its names are those of an exporter. */
const FIXED: ReadonlySet<Role> = new Set<Role>(['constant', 'unused', 'unknown']);

function checkNames(network: Network, base: Network): void {
  const own = new Set(network.parameters.map(({ name }) => name));
  const others = new Set(base.parameters.map(({ name }) => name));
  const isLearned = ({ role }: ParameterInfo): boolean => !FIXED.has(role);
  const missing =
    network.parameters.find((one) => isLearned(one) && !others.has(one.name)) ??
    base.parameters.find((one) => isLearned(one) && !own.has(one.name));
  if (missing === undefined) return;
  const where = own.has(missing.name) ? 'in this network alone' : 'in the base alone';
  throw new RangeError(
    `mup: the base network must have parameters of the same names, got ${missing.name} ${where}`,
  );
}

function widthsOf(parameter: ParameterInfo, base: ParameterInfo): Widths {
  const { name, shape, layout, role } = parameter;
  if (shape.length !== base.shape.length || role !== base.role) {
    const [own, other] = [parameter, base].map((one) => `${one.role} [${one.shape.join(', ')}]`);
    throw new RangeError(
      `${name}: mup: it must have the role and rank that it has in the base, got ${own} and ${other}`,
    );
  }
  const ratio = (isOf: (axis: number) => boolean): number =>
    shape.reduce((all, extent, axis) => (isOf(axis) ? (all * extent) / base.shape[axis] : all), 1);
  const kernel = shape.findIndex(
    (extent, axis) => layout[axis] === 'kernel' && extent !== base.shape[axis],
  );
  if (kernel >= 0 || !Number.isFinite(ratio(() => true))) {
    throw new RangeError(
      `${name}: mup: only widths may differ from the base, got [${shape.join(', ')}] and [${base.shape.join(', ')}]`,
    );
  }
  if (role === 'embedding') {
    const last = shape.length - 1;
    return { inputs: 1, outputs: ratio((axis) => axis === last) };
  }
  if (layout.length === 0) return { inputs: 1, outputs: ratio(() => true) };
  return {
    inputs: ratio((axis) => layout[axis] === 'in'),
    outputs: ratio((axis) => layout[axis] === 'out'),
  };
}

/** The rule for a parameter at the widths of the base, brought to its own, with the learning rates. */
function carriedOver(
  parameter: ParameterInfo,
  base: ParameterInfo,
  network: Network,
  narrow: Network,
  readout: string,
): Advice | null {
  const advice = ruleFor(parameter.role)(parameter, network);
  if (advice.scheme === KEEP || parameter.dtype !== base.dtype) return null;
  const widths = widthsOf(parameter, base);
  const { inputs: m, outputs } = widths;
  const isReadout = isWeight(parameter) && m !== 1 && outputs === 1;
  const rates = ratesOf(parameter, widths, headRatio(parameter.name, network, narrow));
  if (isReadout && readout === 'zero') {
    return zerosFor(`The readout starts at 0. ${rates}`, YANG);
  }
  const own = spreadOf(advice, parameter);
  const before = spreadOf(ruleFor(base.role)(base, narrow), base);
  const target = before / (isReadout ? m : Math.sqrt(m));
  const changed = own === 0 ? advice : withStd(advice, own, target);
  const std = shown(own === 0 ? 0 : target);
  const words = !isWeight(parameter)
    ? own === 0
      ? advice.reason
      : `It starts at the std of the base, ${std}, whatever the width.`
    : m === 1
      ? `Its inputs are as many as in the base, so it starts at the std that it has there, ${std}.`
      : isReadout
        ? `The readout has ${shown(m)} times the inputs of the base: std ${shown(before)}/${shown(m)} = ${std}, so that its outputs do not grow with the width as they are trained.`
        : `A hidden weight with ${shown(m)} times the inputs of the base: std ${shown(before)}/√${shown(m)} = ${std}.`;
  return { ...changed, reason: `${words} ${rates}`, reference: YANG };
}

/** The std of the choice of a whole parameter, or of its first block. */
function spreadOf(advice: Advice, parameter: ParameterInfo): number {
  const [block] = parameter.blocks;
  const choice: Choice =
    advice.blockChoices === undefined ? advice : { scheme: 'zeros', options: {} };
  const spec = specOfParameter(parameter, block && { ...block, ...choice });
  return stdOf(choice, spec, parameter.name);
}

/** A choice with another std, where it has one that can be chosen. */
function withStd(advice: Advice, own: number, target: number): Advice {
  const { options: known } = scheme(advice.scheme);
  const { options } = advice;
  if ('gain' in known) {
    const gain = (Number(options['gain'] ?? known['gain']) * target) / own;
    return { ...advice, options: { ...options, gain: steady(gain) } };
  }
  return 'std' in known ? { ...advice, options: { ...options, std: steady(target) } } : advice;
}

/** How many times more heads there are than in the base around a query; 1 where that is not known. */
function headRatio(name: string, network: Network, base: Network): number {
  const [own, other] = [network, base].map(
    ({ attentions }) => attentions.find(({ query }) => query === name)?.heads ?? null,
  );
  return own === null || other === null ? 1 : own / other;
}

/** The factors on the learning rate of the base, and what the network itself has to do, as sentences. */
function ratesOf(
  { role, uses }: ParameterInfo,
  { inputs, outputs }: Widths,
  heads: number,
): string {
  const rates = `Learning rates against the base: Adam × ${shown(1 / inputs)}, SGD × ${shown(outputs / inputs)}.`;
  if (role === 'embedding' && uses > 1 && outputs !== 1) {
    return `${rates} Where the table is also the head, the network has to divide the logits by ${shown(outputs)}.`;
  }
  const scores = role === 'attention_query' || role === 'attention_packed';
  return scores && outputs !== heads
    ? `${rates} Heads are ${shown(outputs / heads)} times wider, so the scores are to be divided by that rather than by its root, which is for the network to do.`
    : rates;
}
