export { jaxNormal, jaxTruncatedNormal, jaxUniform } from './random.ts';
export { jaxBits, jaxFoldIn, jaxKey, jaxSplit, type JaxKey } from './threefry.ts';
