import { activation, type Nonlinearity } from '../../activation/index.ts';

/** The activation that a person named, such as `leaky_relu:0.2`. */
export async function readActivation(text: string): Promise<Nonlinearity> {
  return activation(text);
}
