import type { FileHandle } from "node:fs/promises";

/** The system may write less than it was given. */
export async function writeAll(handle: FileHandle, chunks: Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await handle.writev(chunks);
  const totalBytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  if (bytesWritten === totalBytes) return;
  let rest = Buffer.concat(chunks).subarray(bytesWritten);
  while (rest.length > 0) {
    const next = await handle.write(rest);
    rest = rest.subarray(next.bytesWritten);
  }
}
