/** Memory that begins at a page, which reading and writing past the page cache (O_DIRECT) want and Buffer does not give. */

/** Bytes of a page; disks want nothing larger. */
export const PAGE_BYTES = 4096

const WASM_PAGE_BYTES = 65_536

/** The part of WebAssembly that is used here; its types come with the browser's, which Node programs do not load. */
interface WithWebAssembly {
  readonly WebAssembly: {
    readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => {
      readonly buffer: ArrayBuffer | SharedArrayBuffer
    }
  }
}

const memory = (bytes: number, shared: boolean): ArrayBuffer | SharedArrayBuffer => {
  const { WebAssembly } = globalThis as unknown as WithWebAssembly
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared }).buffer
}

/** At least so many bytes; none of it is real before it is used. */
export const alignedBuffer = (bytes: number): Buffer => Buffer.from(memory(bytes, false) as ArrayBuffer)

/** The same for several threads. */
export const alignedSharedMemory = (bytes: number): SharedArrayBuffer =>
  memory(bytes, true) as SharedArrayBuffer

/** Makes every page of this memory real now, so that whoever uses it first does not wait for it. */
export function touchPages(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) bytes[at] = 0
}
