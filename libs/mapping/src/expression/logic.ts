import { condition } from './comparison.ts';
import { unified } from './convert.ts';
import { apply, BOOL, type Evaluate, folded, type Place, RowFailure, type Term, type Value } from './term.ts';

/**
 * `a && b` and `a || b` with three values, as SQL has them: what decides, decides, whatever the other side is, even where the other
 * side cannot be computed; else null is the answer where one side is null.
 */
export function both(a: Term, b: Term, deciding: boolean, place: Place): Term {
  const [left, right] = [condition(a), condition(b)];
  const [first, second] = [left.evaluate, right.evaluate];
  const evaluate: Evaluate = (row) => {
    let one: Value;
    try {
      one = first(row);
    } catch (error) {
      if (!(error instanceof RowFailure) || second(row) !== deciding) throw error;
      return deciding;
    }
    if (one === deciding) return deciding;
    const two = second(row);
    if (two === deciding) return deciding;
    return one === null || two === null ? null : !deciding;
  };
  const nullable = left.nullable || right.nullable;
  return folded({ type: BOOL, nullable, evaluate, start: place.start, end: place.end }, [left, right]);
}

/** `!a`: null of null. */
export function inverse(term: Term, place: Place): Term {
  return apply(place, BOOL, [condition(term)], (value: boolean) => !value);
}

/** `test ? a : b`: null counts as false. */
export function choice(test: Term, a: Term, b: Term, place: Place): Term {
  const [left, right] = unified([a, b], 'The two values of ? : must have one type, not');
  const [decide, first, second] = [condition(test).evaluate, left!.evaluate, right!.evaluate];
  const evaluate: Evaluate = (row) => (decide(row) === true ? first(row) : second(row));
  const nullable = left!.nullable || right!.nullable;
  return folded({ type: left!.type, nullable, evaluate, start: place.start, end: place.end }, [
    test,
    left!,
    right!,
  ]);
}
