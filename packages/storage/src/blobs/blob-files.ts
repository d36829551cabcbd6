import { createHash, randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, opendir, rename, rm, statfs } from "node:fs/promises";
import path from "node:path";
import type { StorageLog } from "../storage-log.ts";
import { toStorageError } from "../storage-error.ts";
import { FilePins } from "./file-pins.ts";
import { writeAll } from "./write-all.ts";

export interface BlobFilesParts {
  /** Made when the first file is. */
  readonly directory: string;
  /** Room that is left on the disk for everything else. */
  readonly diskReserveBytes: number;
  readonly log: StorageLog;
}

/** A file that is whole and on disk, but that no row names yet. */
export interface ReceivedFile {
  readonly file: string;
  readonly sizeBytes: number;
  /** Base64. */
  readonly md5: string;
}

export interface FilePart {
  readonly file: string;
  readonly firstByte: number;
  readonly sizeBytes: number;
}

const PARTIAL = ".part";
/** One write to disk; content comes in smaller portions. */
const WRITE_BYTES = 262_144;
const READ_BYTES = 262_144;
/** So much is written between two looks at the room on the disk. */
const ROOM_CHECK_BYTES = 16 * 1024 ** 2;

/**
 * Content, in files whose names are random: nothing a client says becomes a path. A file has its name once it
 * is whole and on disk. Whoever has recorded it says so by `adopt`; what nobody adopted is swept away.
 */
export class BlobFiles implements AsyncDisposable {
  readonly #parts: BlobFilesParts;
  readonly #pins: FilePins;
  /** Being written, or waiting to be adopted: not in the way of a sweep. */
  readonly #inFlight = new Set<string>();
  readonly #stop = new AbortController();
  #made: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(parts: BlobFilesParts) {
    this.#parts = parts;
    this.#pins = new FilePins((file) => void this.#unlink(file));
  }

  async receive(
    content: AsyncIterable<Uint8Array>,
    { bytesMax }: { bytesMax: number },
  ): Promise<ReceivedFile | "tooLong" | "full"> {
    await this.#makeDirectory();
    const file = randomUUID();
    this.#inFlight.add(file);
    try {
      const written = await this.#write(`${file}${PARTIAL}`, content, bytesMax);
      if (typeof written === "object") {
        await rename(this.#pathOf(`${file}${PARTIAL}`), this.#pathOf(file));
        await this.#syncDirectory(this.#parts.directory);
        return { file, ...written };
      }
      await this.#discardPartial(file);
      return written;
    } catch (error) {
      await this.#discardPartial(file);
      if (isOutOfRoom(error)) return "full";
      throw error;
    }
  }

  /** A row names the file: from now on it goes only by `remove`. */
  adopt(file: string): void {
    this.#inFlight.delete(file);
  }

  /** Best effort, and as soon as nobody reads it any more; the sweep of the next start gets the rest. */
  remove(files: Iterable<string>): void {
    for (const file of files) this.#pins.whenFree(file);
  }

  async discard(file: string): Promise<void> {
    if (!this.#inFlight.has(file)) return;
    await this.#unlink(file);
    this.#inFlight.delete(file);
  }

  /** Keeps files in place until disposed. */
  pin(files: readonly string[]): Disposable {
    return this.#pins.pin(files);
  }

  async *read({ file, firstByte, sizeBytes }: FilePart): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#pathOf(file), "r");
    try {
      for (let done = 0; done < sizeBytes;) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, sizeBytes - done));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, firstByte + done);
        if (bytesRead === 0) throw new Error(`'${this.#pathOf(file)}' is shorter than it was`);
        done += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  /** Removes, in the background, what an earlier run left: partial files and whole ones that no row names. */
  sweep(isNamed: (file: string) => boolean): void {
    this.#sweeping = this.#sweepAll(isNamed).catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, "leftover blob files not swept");
    });
  }

  /** Resolves when the sweep is over. */
  async swept(): Promise<void> {
    await this.#sweeping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.swept();
  }

  async #write(
    name: string,
    content: AsyncIterable<Uint8Array>,
    bytesMax: number,
  ): Promise<{ sizeBytes: number; md5: string } | "tooLong" | "full"> {
    const handle = await open(this.#pathOf(name), "wx", 0o600);
    try {
      const hash = createHash("md5");
      let pending: Uint8Array[] = [];
      let pendingBytes = 0;
      let sizeBytes = 0;
      let roomBytes = 0;
      const flush = async (): Promise<boolean> => {
        if (roomBytes < pendingBytes) roomBytes = await this.#roomBytes();
        if (roomBytes < pendingBytes) return false;
        roomBytes -= pendingBytes;
        await writeAll(handle, pending);
        pending = [];
        pendingBytes = 0;
        return true;
      };
      for await (const chunk of content) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > bytesMax) return "tooLong";
        hash.update(chunk);
        pending.push(chunk);
        pendingBytes += chunk.byteLength;
        if (pendingBytes >= WRITE_BYTES && !(await flush())) return "full";
      }
      if (!(await flush())) return "full";
      await handle.datasync();
      return { sizeBytes, md5: hash.digest("base64") };
    } finally {
      await handle.close();
    }
  }

  /** What may be written before the next look. */
  async #roomBytes(): Promise<number> {
    const { directory, diskReserveBytes } = this.#parts;
    const { bavail, bsize } = await statfs(directory);
    return Math.min(bavail * bsize - diskReserveBytes, ROOM_CHECK_BYTES);
  }

  async #sweepAll(isNamed: (file: string) => boolean): Promise<void> {
    const directory = await opendir(this.#parts.directory).catch((error: unknown) => {
      // Nothing was ever uploaded.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    });
    for await (const { name } of directory) {
      if (this.#stop.signal.aborted) return;
      const file = name.endsWith(PARTIAL) ? name.slice(0, -PARTIAL.length) : name;
      if (!this.#inFlight.has(file) && !isNamed(name)) await this.#unlink(name);
    }
  }

  async #discardPartial(file: string): Promise<void> {
    await this.#unlink(`${file}${PARTIAL}`);
    await this.#unlink(file);
    this.#inFlight.delete(file);
  }

  async #unlink(name: string): Promise<void> {
    try {
      await rm(this.#pathOf(name), { force: true });
    } catch (error) {
      this.#parts.log.warn({ err: error, file: this.#pathOf(name) }, "blob file not removed");
    }
  }

  #makeDirectory(): Promise<void> {
    this.#made ??= this.#make().catch((error: unknown) => {
      this.#made = undefined;
      throw toStorageError(error, this.#parts.directory);
    });
    return this.#made;
  }

  async #make(): Promise<void> {
    const { directory } = this.#parts;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await this.#syncDirectory(path.dirname(directory));
  }

  /** A new name is on disk once its directory is. */
  async #syncDirectory(directory: string): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(directory, "r");
      await handle.sync();
    } catch (error) {
      // Windows has no handles of directories; there, names are on disk with their files.
      if (process.platform !== "win32") throw error;
    } finally {
      await handle?.close();
    }
  }

  #pathOf(name: string): string {
    return path.join(this.#parts.directory, name);
  }
}

function isOutOfRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}
