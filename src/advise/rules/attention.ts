import type { ParameterInfo } from '../../network/index.ts';
import { branchShare, GLOROT, shown, type Advice } from './rule.ts';

const VASWANI = 'Vaswani et al. 2017, arXiv:1706.03762';

/** Projections of attention: Glorot, for each of query, key and value by itself where they are packed. */
export function attentionRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  const fanOut = parameter.fanOut ?? 1;
  const std = Math.sqrt(2 / (fanIn + fanOut));
  const packed = parameter.role === 'attention_packed' && parameter.blocks.length > 1;
  const reason = packed
    ? `${parameter.blocks.length} projections in one tensor, each drawn by itself with its own fans (${shown(fanIn)} in, ${shown(fanOut)} out, std ${shown(std)}); Glorot on the packed shape would make them ${shown(std / Math.sqrt(2 / (fanIn + parameter.blocks.length * fanOut)))} times too small.`
    : `A projection of attention has no activation: Glorot's variance 2/(fan_in + fan_out) (${shown(fanIn)} in, ${shown(fanOut)} out, std ${shown(std)}) keeps both directions, and scores of unit variance keep the softmax soft.`;
  return { scheme: 'glorot_uniform', options: {}, reason, reference: `${GLOROT}; ${VASWANI}` };
}

/** The projection back into the residual stream: Glorot, over √L where it ends a branch. */
export function attentionOutputRule(parameter: ParameterInfo): Advice {
  const fanIn = parameter.fanIn ?? 1;
  const fanOut = parameter.fanOut ?? 1;
  const end = parameter.branchEnd;
  const share = end !== null && end.closedBy === null ? branchShare(end) : null;
  const factor = share?.factor ?? 1;
  const std = Math.sqrt(2 / (fanIn + fanOut)) * factor;
  return {
    scheme: 'glorot_uniform',
    options: share === null ? {} : { gain: factor },
    reason:
      share === null
        ? `The output projection has no activation: Glorot (${shown(fanIn)} in, ${shown(fanOut)} out, std ${shown(std)}) keeps both directions.`
        : `The output projection ends ${share.place}: Glorot times ${share.formula} = ${shown(factor)} (std ${shown(std)}), so that ${share.purpose}.`,
    reference: share === null ? `${GLOROT}; ${VASWANI}` : `${GLOROT}; Radford et al. 2019, §2.3`,
  };
}
