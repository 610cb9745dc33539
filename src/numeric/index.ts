export { brent } from './brent.ts';
export { erf, erfc, erfcx } from './erf.ts';
export { addLn2, cosSmall, exactExp, exactLn, exactPow2, lnNearOne, sinSmall } from './exact.ts';
export { gaussLegendre, type Quadrature } from './gauss-legendre.ts';
export { gaussianMean, type GaussianMeanOptions } from './gaussian-mean.ts';
export { sigmoid, softplus } from './logistic.ts';
export { normalCdf, normalPdf } from './normal.ts';
