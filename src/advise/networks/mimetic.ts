import type { Attention, Network, ParameterInfo } from '../../network/index.ts';
import type { Choice } from '../plan.ts';
import { shown, type Advice } from '../rules/index.ts';
import { unfitFor } from '../spec.ts';
import { defineNetworkScheme, type NetworkScheme } from './network-scheme.ts';

const TROCKMAN = 'Trockman & Kolter 2023, section 3, arXiv:2305.09828';

type Part = 'query' | 'key' | 'value' | 'output';

/** Attention whose products are near the identity: `W_Q W_Kᵀ ≈ α Z/√d + β I` per head, `W_V W_O ≈ α Z/√d - β I`. */
export const mimetic: NetworkScheme = defineNetworkScheme({
  name: 'mimetic',
  formula:
    'per head W_Q W_Kᵀ = alpha Z/√d + beta I to the rank of a head, W_V W_O = alpha_v Z/√d - beta_v I',
  use: 'vision transformers on small data: attention begins as it looks after training',
  reference: TROCKMAN,
  options: { alpha: 0.7, beta: 0.7, alpha_v: 0.4, beta_v: 0.4 },
  problem: (options) => {
    const bad = Object.entries(options).find(([, value]) => !Number.isFinite(value));
    return bad === undefined ? null : `${bad[0]} must be finite, got ${bad[1]}`;
  },
  plan: (network, { alpha, beta, alpha_v, beta_v }) => {
    const choices = choicesFor(network, { alpha, beta }, { alpha: alpha_v, beta: -beta_v });
    if (choices.size === 0) {
      const got = network.attentions.length;
      throw new RangeError(
        `mimetic: the network must have attention whose queries and keys have heads of one width on one stream, got ${got === 0 ? 'no attention' : `${got} of another kind`}`,
      );
    }
    return ({ name, fanIn }): Advice | null => {
      const advice = choices.get(name);
      if (advice === undefined) return null;
      const { parts, heads } = advice;
      const words = [
        ...(parts.has('query') || parts.has('key')
          ? [
              `each of ${heads} heads has W_Q W_Kᵀ = ${shown(alpha)} Z/√${fanIn ?? 1} + ${shown(beta)} I, as well as its rank allows, so that a token looks first at what is like it`,
            ]
          : []),
        ...(parts.has('value') || parts.has('output')
          ? [
              `values and outputs multiply to ${shown(alpha_v)} Z/√d - ${shown(beta_v)} I, against the skip beside them`,
            ]
          : []),
      ].join('; ');
      return {
        ...advice.choice,
        ...(advice.blocks === null ? {} : { blockChoices: advice.blocks }),
        reason: `${words.charAt(0).toUpperCase()}${words.slice(1)}. The factors come from one singular value decomposition, so they are drawn from one stream.`,
        reference: TROCKMAN,
      };
    };
  },
});

interface Numbers {
  readonly alpha: number;
  readonly beta: number;
}

/** What one tensor gets, whole or by its blocks, and which parts of attention it holds. */
interface Found {
  readonly choice: Choice;
  readonly blocks: Readonly<Record<string, Choice>> | null;
  readonly parts: ReadonlySet<Part>;
  readonly heads: number;
}

function choicesFor(network: Network, scores: Numbers, mixed: Numbers): Map<string, Found> {
  const infos = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const found = new Map<string, Found>();
  for (const attention of network.attentions) {
    for (const pair of [['query', 'key'] as const, ['value', 'output'] as const]) {
      const isScore = pair[0] === 'query';
      const numbers = isScore ? scores : mixed;
      const heads = isScore ? attention.heads : 1;
      const stream = `mimetic/${attention.query}/${isScore ? 'scores' : 'values'}`;
      if (heads === null || !haveOneWidth(infos, attention, pair)) continue;
      const both = pair.map((part) =>
        placed(infos.get(attention[part] ?? ''), part, heads, { ...numbers, stream }),
      );
      if (both.includes(null)) continue;
      for (const [index, part] of pair.entries()) {
        const name = attention[part] ?? '';
        const own = both[index];
        const known = found.get(name);
        if (own === null || known?.parts.has(part) === true) continue;
        const { choice } = own;
        const blocks =
          own.blocks === null
            ? null
            : { ...(known?.blocks ?? glorot(infos.get(name))), ...own.blocks };
        const parts = new Set([...(known?.parts ?? []), part]);
        found.set(name, { choice, blocks, parts, heads: attention.heads ?? 1 });
      }
    }
  }
  return found;
}

/** The parts of a packed tensor that are not placed stay Glorot. */
function glorot(info: ParameterInfo | undefined): Record<string, Choice> {
  const choice: Choice = { scheme: 'glorot_uniform', options: {} };
  return Object.fromEntries(info?.blocks.map(({ name }) => [name, choice]) ?? []);
}

/** Whether the two parts read or write streams of the same width. */
function haveOneWidth(
  infos: ReadonlyMap<string, ParameterInfo>,
  attention: Attention,
  pair: readonly Part[],
): boolean {
  const [left, right] = pair.map((part) => {
    const info = infos.get(attention[part] ?? '');
    return part === 'output' ? info?.fanOut : info?.fanIn;
  });
  return left != null && left === right;
}

/** The choice for a part of attention in the tensor that holds it, `null` where it does not fit. */
function placed(
  info: ParameterInfo | undefined,
  part: Part,
  heads: number,
  options: Choice['options'],
): { readonly choice: Choice; readonly blocks: Record<string, Choice> | null } | null {
  if (info === undefined) return null;
  const choiceOf = (count: number, first: number): Choice => ({
    scheme: 'mimetic',
    options: {
      ...options,
      part,
      ...(count === 1 ? {} : { heads: count }),
      ...(first === 0 ? {} : { first }),
    },
  });
  const whole = choiceOf(heads, 0);
  if (info.role !== 'attention_packed') {
    const fits = info.blocks.length === 0 && unfitFor(whole, info) === null;
    return fits ? { choice: whole, blocks: null } : null;
  }
  const own = info.blocks.filter(({ name }) => name.split('/')[0] === part);
  if (own.length !== 1 && own.length !== heads) return null;
  const each = own.length === 1 ? [whole] : own.map((_, index) => choiceOf(1, index));
  const fits = own.every((block, i) => unfitFor(each[i], { ...info, blocks: [block] }) === null);
  if (!fits) return null;
  const blocks = Object.fromEntries(own.map((block, i) => [block.name, each[i]]));
  return { choice: { scheme: 'mimetic', options: {} }, blocks };
}
