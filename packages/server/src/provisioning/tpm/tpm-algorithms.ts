/** [TPM 2.0 part 2, 6.3] */
export const TPM_ALG = {
  rsa: 0x0001,
  hmac: 0x0005,
  aes: 0x0006,
  keyedHash: 0x0008,
  sha256: 0x000b,
  null: 0x0010,
  cfb: 0x0043,
} as const;
