export { decodeCifar10 } from './cifar10.ts';
export { examplesFor, type ExampleOptions, type Examples } from './examples.ts';
export { fitTo, type Fit, type ImageShape } from './fit.ts';
export { drawGlyphs, type Glyphs } from './glyphs.ts';
export { decodeIdx } from './idx.ts';
export type { ImageSet, Split } from './image-set.ts';
export type { LearningBatch, LearningData, LearningSet } from './learning-set.ts';
export { decodeMnist, type NamedBytes } from './mnist.ts';
export { pixelStatistics, type PixelStatistics } from './statistics.ts';
