import { createRequire } from 'node:module';
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { ExpressionError, type Place } from './term.ts';

const load = createRequire(import.meta.url);

/** The most that one expression may be; the same on every way into the product. */
export const MAX_LENGTH = 4000;
export const MAX_DEPTH = 100;
const MAX_NODES = 1000;

let grammar: Environment | undefined;

/** The grammar of CEL; types, functions and evaluation are ours. It is loaded by the first expression: most programs have none. */
function celGrammar(): Environment {
  if (grammar !== undefined) return grammar;
  const cel = load('@marcbachmann/cel-js') as typeof import('@marcbachmann/cel-js');
  grammar = new cel.Environment({
    limits: {
      maxAstNodes: MAX_NODES,
      maxDepth: MAX_DEPTH,
      maxListElements: MAX_NODES,
      maxMapEntries: 1,
      maxCallArguments: 32,
    },
  });
  return grammar;
}

/** What people who know SQL write, and what it is here. */
const SQL_WORDS: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  not: '!',
  is: '== null or != null',
  like: 'matches(...), startsWith(...) or contains(...)',
  between: 'a >= low && a <= high',
  case: 'condition ? a : b',
};
const SIGNS: Readonly<Record<string, string>> = {
  '=': 'Two values are compared by ==.',
  '&': 'Both of two conditions is written &&.',
  '|': 'One of two conditions is written ||; texts are joined by +.',
  $: 'A parameter is written ${name}, with letters, digits and _.',
  ';': 'An expression has no ; at its end.',
  '`': 'A column whose name is no plain word is written row["name"].',
};

/** The tree of an expression. Throws ExpressionError with the place and what to do. */
export function parseExpression(text: string): ASTNode {
  if (text.length > MAX_LENGTH)
    throw new ExpressionError(`The expression is longer than ${MAX_LENGTH} characters.`, {
      start: MAX_LENGTH,
      end: text.length,
    });
  if (!text.isWellFormed())
    throw new ExpressionError('The expression holds half of a character.', { start: 0, end: text.length });
  try {
    return celGrammar().parse(text).ast;
  } catch (error) {
    throw syntaxError(error as ParseFault, text);
  }
}

interface ParseFault {
  readonly code?: string;
  readonly summary?: string;
  readonly message: string;
  readonly range?: Place;
}

function syntaxError(fault: ParseFault, text: string): ExpressionError {
  const start = Math.min(fault.range?.start ?? 0, text.length);
  const end = Math.max(start, Math.min(fault.range?.end ?? start, text.length));
  return new ExpressionError(say(fault, text, start), { start, end });
}

function say(fault: ParseFault, text: string, start: number): string {
  const rest = text.slice(start);
  const word = /^[A-Za-z_]\w*/.exec(rest)?.[0] ?? [...rest][0] ?? '';
  switch (fault.code) {
    case 'limit_exceeded':
      return `The expression is too large: at most ${MAX_NODES} parts, ${MAX_DEPTH} of them within each other.`;
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
      return 'The text that begins here has no closing quote.';
    case 'newline_in_string':
      return String.raw`A line ends inside a text: write \n, or use three quotes.`;
    case 'reserved_identifier':
      return `${word} is a reserved word; a column of this name is written row["${word}"].`;
    case 'expected_token':
    case 'unexpected_token':
    case 'unexpected_character':
      return unexpected(word, rest);
    default:
      return sentence(fault.summary ?? fault.message.split('\n')[0]!);
  }
}

function unexpected(word: string, rest: string): string {
  if (word === '') return 'The expression ends too early: a value or a closing bracket is missing.';
  if (rest.startsWith('<>') || rest.startsWith('>') || rest.startsWith('=>'))
    return `${word} was not expected here; unequal is written !=, at least >=.`;
  const sql = SQL_WORDS[word.toLowerCase()];
  if (sql !== undefined) return `${word} was not expected here; it is written ${sql}.`;
  const sign = SIGNS[word];
  if (sign !== undefined) return `${word} was not expected here. ${sign}`;
  if (/[^\u0020-\u007e]/.test(word))
    return `${word} was not expected here; a column whose name is no plain word is written row["name"].`;
  return `${word} was not expected here.`;
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
