/** A zip of a few small files, stored as they are. */

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});
/** Names are UTF-8. */
const UTF8 = 0x800;
/** 1980-01-01: nobody needs the time, and the same files make the same zip. */
const DATE = 0x21;

/** Packs texts under their names; a name that is there already gets a number. */
export function zip(files: readonly { readonly name: string; readonly text: string }[]): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const { name, text } of files) {
    const [title, content] = [unused(names, name), text].map((value) => new TextEncoder().encode(value)) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
    const common = [20, UTF8, 0, 0, DATE];
    const sizes = [crc32(content), content.length, content.length];
    parts.push(record(0x04034b50, common, sizes, [title.length, 0]), title, content);
    directory.push(record(0x02014b50, [20, ...common], sizes, [title.length, 0, 0, 0, 0, 0, 0], [offset]), title);
    offset += 30 + title.length + content.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const count = files.length;
  const end = record(0x06054b50, [0, 0, count, count], [length, offset], [0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function unused(names: Set<string>, name: string): string {
  const dot = name.lastIndexOf(".");
  let free = name;
  for (let n = 2; names.has(free.toLowerCase()); n++) free = `${name.slice(0, dot)}-${n}${name.slice(dot)}`;
  names.add(free.toLowerCase());
  return free;
}

/** A signature, then 16-bit, 32-bit, 16-bit and 32-bit numbers, little endian. */
function record(signature: number, ...groups: number[][]): Uint8Array<ArrayBuffer> {
  const numbers = groups.flatMap((group, index) => group.map((value) => [value, index % 2 === 0 ? 2 : 4] as const));
  const bytes = new Uint8Array(4 + numbers.reduce((sum, [, size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [value, size] of numbers) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
