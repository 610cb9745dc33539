import type { AxisRole, DType, Tensor } from '../tensor/index.ts';
import type { View } from './box.ts';

/** What a stored tensor is to its network. */
export type Role =
  | 'dense'
  | 'conv'
  | 'grouped_conv'
  | 'depthwise_conv'
  | 'transposed_conv'
  | 'recurrent_input'
  | 'recurrent_hidden'
  | 'recurrent_bias'
  | 'embedding'
  | 'positional_embedding'
  | 'token'
  | 'attention_query'
  | 'attention_key'
  | 'attention_value'
  | 'attention_packed'
  | 'attention_output'
  | 'norm_scale'
  | 'norm_shift'
  | 'norm_mean'
  | 'norm_variance'
  | 'bias'
  | 'layer_scale'
  | 'activation_slope'
  | 'initial_state'
  | 'constant'
  | 'unused'
  | 'unknown';

/** A box of a parameter that is a linear map of its own: one gate of one direction, one projection. */
export interface Block {
  /** `forward/forget`, `query`, … */
  readonly name: string;
  readonly start: readonly number[];
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
}

/** A residual branch that a layer ends: the `index`-th of `count` in the network. */
export interface BranchEnd {
  readonly index: number;
  readonly count: number;
  /** How many of these branches the same stored tensor ends. */
  readonly times: number;
  /** What stands between the layer and the sum and could be zero instead of the layer itself. */
  readonly closedBy: 'norm_scale' | 'layer_scale' | null;
}

/** One stored tensor, what it is, and where it stands in the network. */
export interface ParameterInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly role: Role;
  /** The node that uses it first, `null` if none does. */
  readonly node: string | null;
  readonly operator: string | null;
  /** How often the stored tensor is used; exporters store equal tensors once. */
  readonly uses: number;
  /** One role per axis; empty if the tensor is no linear map. */
  readonly layout: readonly AxisRole[];
  readonly groups: number;
  /** Inputs that each output sums over, in the forward pass; per gate or projection where it has blocks. */
  readonly fanIn: number | null;
  /** Outputs that each input reaches, which the backward pass sums over; an average where strides make it vary. */
  readonly fanOut: number | null;
  /** Empty if the tensor is one map. */
  readonly blocks: readonly Block[];
  /** The activation that feeds the layer, such as `relu` or `leaky_relu:0.2`. */
  readonly precededBy: string | null;
  /** `E f(z)²`, z ~ N(0, 1), of an activation `custom` that feeds the layer; `null` otherwise. */
  readonly precededMoment: number | null;
  /** What the layer's input is made by, behind pooling, reshaping and the like. */
  readonly fedBy: 'activation' | 'layer' | 'norm' | 'input' | 'other' | null;
  /** The activation that the layer feeds. */
  readonly followedBy: string | null;
  /** Whether a normalisation of the output makes the scale of this weight irrelevant to the signal. */
  readonly normalised: boolean;
  /** `head` if no other weight follows, `first` if none precedes. */
  readonly position: 'first' | 'hidden' | 'head' | null;
  readonly branchEnd: BranchEnd | null;
  /** Why the role is `unknown`, in one sentence. */
  readonly problem: string | null;
}

/** Two layers in a row with only a positively homogeneous activation between them. */
export interface Link {
  /** The weight of the second layer. */
  readonly parameter: string;
  /** Outputs of the first and of the second layer. */
  readonly from: string;
  readonly to: string;
}

/** What a residual branch is made of. */
export interface Branch {
  /**
   * Its weights in order: `layers[i]` are those with at most i layers of the branch before them, several
   * where it has parallel paths; the query, key and value of attention are one step, its output the next.
   */
  readonly layers: readonly (readonly string[])[];
  /** The part of an encoder with a decoder that it belongs to; `null` where no attention reads a memory. */
  readonly stack: 'encoder' | 'decoder' | null;
  /** Whether it attends to something else than its own stream. */
  readonly crosses: boolean;
}

/** The weights around one attention, by parameter name, where it is one stored tensor; else `null`. */
export interface Attention {
  readonly query: string | null;
  readonly key: string | null;
  readonly value: string | null;
  readonly output: string | null;
  /** Heads, each with a key of its own; `null` where that is not known. */
  readonly heads: number | null;
}

/** One tensor that a layer reads, and the boxes of stored tensors that it is made from. */
export interface LayerPart extends View {
  readonly role: Role;
  /** The input of the node that it is; -1 of what is added behind the node. */
  readonly slot: number;
  /** One role per axis; empty if it is no linear map. */
  readonly layout: readonly AxisRole[];
  /** What is stored, of an embedding alone: a row of zeros is that of the padding. */
  readonly read?: () => Tensor;
}

/** A layer as it was put together: its node, and everything stored that it reads, the weight first. */
export interface LayerParts {
  readonly node: string;
  readonly operator: string;
  readonly groups: number;
  readonly parts: readonly LayerPart[];
}

/** How one layer's weight is mirrored, so that the network looks linear. */
export interface Mirror {
  readonly parameter: string;
  readonly node: string;
  /** Inputs in each half of a mirrored block, `null` where the inputs have no halves. */
  readonly halfIn: number | null;
  /** Outputs in each half of a mirrored block, `null` where nothing needs them mirrored. */
  readonly halfOut: number | null;
  /** `(φ(x) - φ(-x)) / x` of the activation that feeds it, 1 without one. */
  readonly slope: number;
}

/** How the weights of a network can be mirrored so that it looks linear. */
export interface Mirrors {
  /** The layers in the order of the nodes; none where there is a problem. */
  readonly layers: readonly Mirror[];
  /** Whether no maximum is taken on the way: the network is then linear, and otherwise odd. */
  readonly isAdditive: boolean;
  /** Why it cannot look linear, in a sentence that names a node; `null` if it can. */
  readonly problem: string | null;
}

/** What a graph means: its parameters in the order of their first use, and its shape as a whole. */
export interface Network {
  readonly parameters: readonly ParameterInfo[];
  /** Weighted layers on the longest path from an input to an output. */
  readonly depth: number;
  /** Hidden layers in a row whose signal scales in proportion, in the order of the nodes. */
  readonly links: readonly Link[];
  /** What it takes for the network to look linear. */
  readonly mirrors: Mirrors;
  /** Number of residual branches. */
  readonly branches: number;
  /** The residual branches, in the order of their sums. */
  readonly residuals: readonly Branch[];
  /** Every attention, in the order of the nodes. */
  readonly attentions: readonly Attention[];
  /** Whether any normalisation stands in the network. */
  readonly normalised: boolean;
  /** Activations that occur, by name, `custom` for those without a name here. */
  readonly activations: readonly string[];
  /** Layers and embeddings with all that they have stored, in the order of the nodes. */
  readonly layers: readonly LayerParts[];
  /** Names of everything stored, in the order of the file. */
  readonly stored: readonly string[];
}
