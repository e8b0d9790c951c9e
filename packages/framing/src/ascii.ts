/** The bytes that this package's grammar is made of. */
export const ASCII = {
  LF: 0x0a,
  CR: 0x0d,
  SPACE: 0x20,
  BANG: 0x21,
  STAR: 0x2a,
  COMMA: 0x2c,
  ZERO: 0x30,
  NINE: 0x39,
  TILDE: 0x7e,
} as const;
