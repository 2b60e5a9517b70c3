import { unified } from '../convert.ts';
import { equal } from '../comparison.ts';
import {
  BOOL,
  constantTerm,
  type Evaluate,
  folded,
  STRING,
  SpecialValue,
  type Term,
  TIMESTAMPTZ,
  type Value,
} from '../term.ts';
import { type FunctionSpec, specify, table } from './signature.ts';

export const PRESENCE = table([
  // A special value is there, although nothing can be computed with it.
  test('has(value)', (evaluate) => (row) => unlessSpecial(() => evaluate(row) !== null)),
  test('isSpecial(column)', (evaluate) => (row) => unlessSpecial(() => (evaluate(row), false))),
  specify('coalesce(value, ...)', (args, call) => {
    const terms = unified(args, `${call.usage} wants one type, not`);
    const evaluate: Evaluate = (row) => {
      let value: Value = null;
      for (const term of terms) {
        value = term.evaluate(row);
        if (value !== null) break;
      }
      return value;
    };
    const nullable = terms.every((term) => term.nullable);
    return folded({ type: terms[0]!.type, nullable, evaluate, start: call.start, end: call.end }, terms);
  }),
  specify('nullIf(value, other)', ([a, b], call) => {
    const same = equal(a!, b!, true, call).evaluate;
    const value = a!.evaluate;
    const evaluate: Evaluate = (row) => (same(row) === true ? null : value(row));
    return folded({ type: a!.type, nullable: true, evaluate, start: call.start, end: call.end }, [a!, b!]);
  }),
  specify('runTime()', (_, call) => constantTerm(TIMESTAMPTZ, call.scope.run.startedAt, call)),
  specify('runId()', (_, call) => constantTerm(STRING, call.scope.run.id, call)),
]);

function test(usage: string, make: (evaluate: Evaluate) => Evaluate): FunctionSpec {
  return specify(usage, ([x], call) => {
    const term: Term = {
      type: BOOL,
      nullable: false,
      evaluate: make(x!.evaluate),
      start: call.start,
      end: call.end,
    };
    return folded(term, [x!]);
  });
}

function unlessSpecial(find: () => boolean): boolean {
  try {
    return find();
  } catch (error) {
    if (error instanceof SpecialValue) return true;
    throw error;
  }
}
