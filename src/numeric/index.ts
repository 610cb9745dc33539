export { angleBetween, besideCovariance, largestCovariance, sineExcess } from './angle.ts';
export { positiveQ } from './positive-q.ts';
export { bivariateNormalCdf } from './bivariate-normal.ts';
export { brent } from './brent.ts';
export {
  chebyshev,
  chebyshevAt,
  chebyshevDerivative,
  chebyshevIntegral,
  coefficientsAtRoots,
  coefficientsOf,
  type Chebyshev,
} from './chebyshev.ts';
export { erf, erfc, erfcx } from './erf.ts';
export { addLn2, cosSmall, exactExp, exactLn, exactPow2, lnNearOne, sinSmall } from './exact.ts';
export { gaussLegendre, type Quadrature } from './gauss-legendre.ts';
export { gaussianMean, type GaussianMeanOptions } from './gaussian-mean.ts';
export { gaussianRule } from './gaussian-rule.ts';
export { sigmoid, softplus } from './logistic.ts';
export { minimumBetween } from './golden-section.ts';
export {
  bidiagonalLaw,
  golubKahan,
  type Bidiagonal,
  type BlockProduct,
  type DiscreteLaw,
} from './golub-kahan.ts';
export { leadingVectors } from './leading-vectors.ts';
export { singularVectors, type SingularVectors } from './svd.ts';
export { normalCdf, normalPdf } from './normal.ts';
export { productTransposed, transposed } from './product.ts';
export { lanczos, lanczosShortfall, type Ends } from './lanczos.ts';
export { singularValues } from './singular-values.ts';
export { solveLinear } from './solve-linear.ts';
export { symmetricEigenvalues } from './symmetric-eigenvalues.ts';
export {
  subtractProduct,
  tridiagonalForm,
  type RankUpdate,
  type TridiagonalForm,
} from './tridiagonal-form.ts';
export { tridiagonalValues } from './tridiagonal-values.ts';
export { tridiagonalEigen, type TridiagonalEigen } from './tridiagonal.ts';
export { fma32 } from './fma32.ts';
export { transposeSquare } from './transpose-square.ts';
