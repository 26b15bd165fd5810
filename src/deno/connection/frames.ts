/** A message of Jupyter's kernel protocol. */
export interface IFrame {
  readonly channel: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly parent_header: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The server's framing that splits a message without parsing it. */
export const V1 = 'v1.kernel.websocket.jupyter.org';

/** Channel, header, parent header, metadata, content; buffers come after them. */
const PARTS = 5;
const OFFSET_BYTES = 8;

/** `frame` as it is sent; `protocol` is what the server chose, empty for its older framing. */
export function encodeFrame(
  frame: IFrame,
  protocol: string
): string | ArrayBuffer {
  if (protocol !== V1) {
    return JSON.stringify({ ...frame, buffers: [] });
  }
  const { channel, header, parent_header, metadata, content } = frame;
  const encoder = new TextEncoder();
  const parts = [
    encoder.encode(channel),
    ...[header, parent_header, metadata, content].map(part =>
      encoder.encode(JSON.stringify(part))
    )
  ];
  const offsets = [OFFSET_BYTES * (PARTS + 2)];
  for (const part of parts) {
    offsets.push((offsets[offsets.length - 1] ?? 0) + part.length);
  }
  const bytes = new Uint8Array(offsets[PARTS] ?? 0);
  const view = new DataView(bytes.buffer);
  [PARTS + 1, ...offsets].forEach((figure, index) =>
    view.setBigUint64(index * OFFSET_BYTES, BigInt(figure), true)
  );
  parts.forEach((part, index) => bytes.set(part, offsets[index]));
  return bytes.buffer;
}

/** What the server sent; null where it is no message. Buffers are left out. */
export function decodeFrame(data: unknown): IFrame | null {
  try {
    const frame =
      data instanceof ArrayBuffer ? fromBytes(data) : fromText(data);
    const isWhole = [frame.header, frame.parent_header, frame.content].every(
      part => typeof part === 'object' && part !== null
    );
    return isWhole && typeof frame.channel === 'string' ? frame : null;
  } catch {
    return null;
  }
}

function fromText(data: unknown): IFrame {
  return JSON.parse(String(data)) as IFrame;
}

function fromBytes(data: ArrayBuffer): IFrame {
  const view = new DataView(data);
  const decoder = new TextDecoder();
  const offset = (index: number): number =>
    Number(view.getBigUint64((index + 1) * OFFSET_BYTES, true));
  const text = (index: number): string =>
    decoder.decode(data.slice(offset(index), offset(index + 1)));
  const json = (index: number): Record<string, unknown> =>
    JSON.parse(text(index)) as Record<string, unknown>;
  return {
    channel: text(0),
    header: json(1),
    parent_header: json(2),
    metadata: json(3),
    content: json(4)
  };
}
