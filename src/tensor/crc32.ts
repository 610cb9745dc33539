const crcTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return remainder;
});

/** The CRC-32 of zip and gzip over pieces in a row. Reference: RFC 1952, section 8 */
export function crc32(pieces: readonly Uint8Array[]): number {
  let crc = -1;
  for (const bytes of pieces) {
    for (let index = 0; index < bytes.length; index++) {
      crc = crcTable[(crc ^ bytes[index]) & 0xff] ^ (crc >>> 8);
    }
  }
  return (crc ^ -1) >>> 0;
}
