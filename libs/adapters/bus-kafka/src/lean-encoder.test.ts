import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const Original = require('kafkajs/src/protocol/encoder.js') as new () => Any;
await import('./client-patches.ts');
const Lean = require('kafkajs/src/protocol/encoder.js') as new () => Any;

interface Any {
  [method: string]: (value: unknown) => Any;
}

/** A program of encoder calls; `nest` encodes the calls below it by an encoder of its own. */
type Step = { readonly call: string; readonly value: unknown } | { readonly nest: readonly Step[] };

function encode(Encoder: new () => Any, steps: readonly Step[]): Any {
  const encoder = new Encoder();
  for (const step of steps) {
    if ('nest' in step) encoder['writeEncoder']!(encode(Encoder, step.nest));
    else encoder[step.call]!(step.value);
  }
  return encoder;
}

const bytes = fc.uint8Array({ maxLength: 5000, size: 'max' }).map((array) => Buffer.from(array));
const call = (name: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Step> =>
  value.map((v) => ({ call: name, value: v }));
const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 6 }),
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    call('writeInt32', fc.integer()),
    call('writeInt8', fc.integer({ min: -128, max: 127 })),
    call('writeString', fc.string()),
    call('writeVarInt', fc.integer()),
    call('writeBytes', fc.oneof(bytes, fc.string({ maxLength: 3000, size: 'max' }), fc.constant(null))),
    call('writeVarIntBytes', fc.oneof(bytes, fc.constant(null))),
    call('writeBuffer', bytes),
    tie('steps').map((nest) => ({ nest })),
  ),
}));

it('encodes every request to the bytes of the encoder that it replaces, and tells the same size', () => {
  expect(Lean).not.toBe(Original);
  fc.assert(
    fc.property(steps, (program) => {
      const [was, is] = [encode(Original, program), encode(Lean, program)];
      expect(is['size']!(undefined)).toBe(was['size']!(undefined));
      const found = (is as unknown as { buffer: Buffer }).buffer;
      expect(found.equals((was as unknown as { buffer: Buffer }).buffer)).toBe(true);
      // Reading it does not end it: kafkajs asks for the size, then for the bytes.
      expect(is['size']!(undefined)).toBe(found.length);
      is['writeInt8']!(7);
      expect((is as unknown as { buffer: Buffer }).buffer.equals(Buffer.concat([found, Buffer.of(7)]))).toBe(
        true,
      );
    }),
    { numRuns: 500 },
  );
});
