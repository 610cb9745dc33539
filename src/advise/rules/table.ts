import type { Role } from '../../network/index.ts';
import { attentionOutputRule, attentionRule } from './attention.ts';
import { embeddingRule, positionRule, tokenRule } from './embeddings.ts';
import { recurrentBiasRule, recurrentHiddenRule, recurrentInputRule } from './recurrent.ts';
import type { Rule } from './rule.ts';
import {
  biasRule,
  constantRule,
  layerScaleRule,
  normScaleRule,
  normShiftRule,
  normStatisticRule,
  slopeRule,
  stateRule,
} from './vectors.ts';
import { weightRule } from './weights.ts';

/** One rule per role: the type demands that none is left out. */
const RULES: { readonly [R in Role]: Rule } = {
  dense: weightRule,
  conv: weightRule,
  grouped_conv: weightRule,
  depthwise_conv: weightRule,
  transposed_conv: weightRule,
  recurrent_input: recurrentInputRule,
  recurrent_hidden: recurrentHiddenRule,
  recurrent_bias: recurrentBiasRule,
  embedding: embeddingRule,
  positional_embedding: positionRule,
  token: tokenRule,
  attention_query: attentionRule,
  attention_key: attentionRule,
  attention_value: attentionRule,
  attention_packed: attentionRule,
  attention_output: attentionOutputRule,
  norm_scale: normScaleRule,
  norm_shift: normShiftRule,
  norm_mean: normStatisticRule,
  norm_variance: normStatisticRule,
  bias: biasRule,
  layer_scale: layerScaleRule,
  activation_slope: slopeRule,
  initial_state: stateRule,
  constant: constantRule,
  unused: constantRule,
  unknown: constantRule,
};

/** The rule for a role. */
export function ruleFor(role: Role): Rule {
  return RULES[role];
}
