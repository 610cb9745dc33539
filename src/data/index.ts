export { arrayData, type ArrayDataOptions } from './array-data.ts';
export { decodeCifar10 } from './cifar10.ts';
export { dataSets, type DataSetInfo } from './data-sets.ts';
export { examplesFor, type ExampleOptions, type Examples } from './examples.ts';
export { fitTo, type Fit, type ImageShape } from './fit.ts';
export {
  defaultData,
  generatedData,
  generators,
  isGenerated,
  treeModes,
  treeProperties,
  type GeneratedOptions,
  type Generator,
  type Tree,
  type TreeMode,
} from './generated/index.ts';
export { drawGlyphs, type Glyphs } from './glyphs.ts';
export { decodeIdx } from './idx.ts';
export { imageData, type ImageDataOptions } from './image-data.ts';
export type { ImageSet, Split } from './image-set.ts';
export { withFirstOutput } from './inputs.ts';
export type { LearningBatch, LearningData, LearningSet } from './learning-set.ts';
export { decodeMnist, fashionMnist, type MnistNames, type NamedBytes } from './mnist.ts';
export { pixelStatistics, type PixelStatistics } from './statistics.ts';
export { tableData } from './table-data.ts';
