const SURROGATE = /[\ud800-\udfff]/;

/** Signs of a text: Unicode code points, so that no sign is ever cut in two. */
export function signCount(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The signs from one index up to another, which is excluded; what lies outside of the text is left out. */
export function cutSigns(text: string, start: number, end: number): string {
  const from = Math.max(0, start);
  if (end <= from) return '';
  if (!SURROGATE.test(text)) return text.slice(from, end);
  return [...text].slice(from, end).join('');
}

/** The first signs of a text. */
export function afterSigns(text: string, count: number): string {
  return cutSigns(text, 0, count);
}
