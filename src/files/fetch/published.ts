/** A file of a published set. */
export interface PublishedFile {
  readonly name: string;
  /** Of the file as it was published, in hexadecimal. */
  readonly sha256: string;
  /** Of what a gzipped file holds, where that is known: other mirrors may have compressed it anew. */
  readonly contentSha256?: string;
}

/** A set of data that is published. */
export interface PublishedSet {
  readonly name: string;
  /** Where its files are, ending in a slash. */
  readonly from: string;
  readonly files: readonly PublishedFile[];
  /** What is taken out of the only file, an archive, and how many bytes it has. */
  readonly unpack?: readonly { readonly name: string; readonly bytes: number }[];
  /** Bytes that are sent. */
  readonly bytes: number;
}

/** A file of CIFAR-10: 10000 records of a label and 3072 pixels. */
const batch = (name: string): { readonly name: string; readonly bytes: number } => ({
  name,
  bytes: 30_730_000,
});

/**
 * The sets that `data fetch` knows. The checksums of MNIST, Fashion-MNIST and CIFAR-10 are those of the files that their authors publish,
 * whose MD5 (for MNIST f68b3c2d…, d53e105e…, 9fb629c4…, ec29112d…, for CIFAR-10 c32a1d4a…) torchvision and the home page of CIFAR-10 give.
 */
export const publishedSets: readonly PublishedSet[] = [
  {
    name: 'mnist',
    from: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
    bytes: 11_594_722,
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
        contentSha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
        contentSha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
        contentSha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
        contentSha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      },
    ],
  },
  {
    name: 'fashion-mnist',
    from: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    bytes: 30_878_645,
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      },
    ],
  },
  {
    name: 'cifar10',
    from: 'https://www.cs.toronto.edu/~kriz/',
    bytes: 170_052_171,
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      },
    ],
    unpack: [1, 2, 3, 4, 5]
      .map((index) => batch(`data_batch_${index}.bin`))
      .concat(batch('test_batch.bin')),
  },
];
