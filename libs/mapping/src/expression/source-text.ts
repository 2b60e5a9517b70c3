/** An expression as its parser takes it: parameters outside of texts have become names of the same length. */
export interface SourceText {
  readonly text: string;
  /** Names of parameters by the offset of their `${`. */
  readonly parameters: ReadonlyMap<number, string>;
}

const PARAMETER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/y;

/** Finds `${name}` outside of texts and comments. What is inside of a text is replaced when the text is known: `interpolate`. */
export function sourceText(expression: string): SourceText {
  const parameters = new Map<number, string>();
  let text = '';
  let at = 0;
  while (at < expression.length) {
    const end = endOfOpaque(expression, at);
    if (end > at) {
      text += expression.slice(at, end);
      at = end;
      continue;
    }
    PARAMETER.lastIndex = at;
    const name = PARAMETER.exec(expression)?.[1];
    if (name === undefined) text += expression[at++];
    else {
      parameters.set(at, name);
      // As long as `${name}`, so that every offset stays what it is.
      text += `_p_${name}`;
      at += name.length + 3;
    }
  }
  return { text, parameters };
}

/** Where a text or a comment that begins here ends; `at` itself when none does. */
function endOfOpaque(expression: string, at: number): number {
  if (expression.startsWith('//', at)) {
    const end = expression.indexOf('\n', at);
    return end < 0 ? expression.length : end;
  }
  const quote = expression[at]!;
  if (quote !== '"' && quote !== "'") return at;
  const delimiter = expression.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote;
  let end = at + delimiter.length;
  while (end < expression.length && !expression.startsWith(delimiter, end))
    end += expression[end] === '\\' ? 2 : 1;
  return Math.min(expression.length, end + delimiter.length);
}

/** A text with `${name}` replaced by what `valueOf` answers; `$${name}` stands for `${name}`. */
export function interpolate(text: string, valueOf: (name: string) => string): string {
  if (!text.includes('${')) return text;
  return text.replace(/(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, escape: string, name: string) =>
    escape === '$' ? `\${${name}}` : valueOf(name),
  );
}
